"""What the demo shop's made-up people really want, from the file that only evaluation opens."""

from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from recommender.data.synthetic.appraisal import Aspects, Judge, aspects_of
from recommender.data.synthetic.catalogue import Catalogue, generate_catalogue
from recommender.data.synthetic.shoppers import Population
from recommender.data.synthetic.vocabulary import load_vocabulary
from recommender.data.types import DataError, Floats, Ints


@dataclass(frozen=True)
class TrueTastes:
    """Worth of every item for every shopper.

    worth(u, a) = needs per day of a's kind · pleasing aspects of a, 0 where a is ruled out
    """

    catalogue: Catalogue
    population: Population
    aspects: Aspects
    last_day: int

    @property
    def external_ids(self) -> list[str]:
        """(n,) of the catalogue's items."""
        return [product.external_id for product in self.catalogue.products]

    def worth(self, shopper: int) -> Floats:
        """(n,) how much the shopper wants each item now.

        Who minds prices is taken to rule out, on average, the share of dear items that they would.
        """
        people = self.population
        nobody = np.zeros(int(self.aspects.brand.max(initial=-1)) + 1, np.int64)
        judge = Judge(self.aspects, people, shopper, nobody)
        everything = np.arange(len(self.catalogue))
        pleasing = np.mean([np.maximum(self._levels(judge, everything, seed), 0) for seed in range(8)], axis=0)
        has_drifted = self.last_day >= people.drift_day[shopper]
        rates = (people.later_need_rate if has_drifted else people.need_rate)[shopper]
        return np.asarray(rates[self.catalogue.kind] * pleasing, np.float32)

    def _levels(self, judge: Judge, items: Ints, seed: int) -> Ints:
        return judge.levels(items, self.last_day, np.random.default_rng(seed))


def true_tastes_read(file: Path, *, days: int) -> TrueTastes:
    """The tastes of a loaded demo shop.

    Args:
        file: ``demo_shop.load.truth_file``.
        days: length of the history that was generated.
    Raises: DataError if today's generator makes another catalogue from the file's seed.
    """
    with np.load(file, allow_pickle=False) as truth:
        seed, until_us = int(truth["seed"]), int(truth["until_us"])
        catalogue = generate_catalogue(seed=seed, n_products=len(truth["quality"]), until_us=until_us)
        if [product.external_id for product in catalogue.products] != truth["external_ids"].tolist():
            raise DataError(f"{file.name} was written by another generator; load the demo shop again")
        population = Population(**{column.name: truth[column.name] for column in fields(Population)})
    aspects = aspects_of(catalogue, tuple(load_vocabulary().styles))
    return TrueTastes(catalogue, population, aspects, days - 1)


def graded_ndcg(shown: Floats, ideal: Floats, n: int) -> float:
    """NDCG@n with worth as gain: Σ worth(i) / log2(i + 1) over that of the best order.

    >>> graded_ndcg(np.array([1.0, 3.0]), np.array([3.0, 1.0, 0.0]), 2) < 1
    True

    Args:
        shown: (k,) worth of what is shown, in its order.
        ideal: (m,) worth of everything that could have been shown.
        n: length looked at.
    Returns: 0 where nothing is worth anything.
    """
    best = np.sort(ideal)[::-1][:n]
    whole = _discounted(best)
    return _discounted(shown[:n]) / whole if whole > 0 else 0.0


def _discounted(gains: Floats) -> float:
    return float((gains / np.log2(np.arange(len(gains)) + 2.0)).sum())
