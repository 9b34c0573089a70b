"""The policy that made the demo shop's past homepages, known exactly, so that its pages can be learned from.

A pool of at most 120 items is scored by popularity, the shopper's departments and freshness. Slots are drawn in page
order without replacement:

    p_t(a) = (1 - ε) · softmax(s / τ)(a) + ε / |A_t|,   a in A_t

``A_t`` is the pool less what is placed; in the department row it is cut to the row's department, in the row of new
things to what came out within ``NEW_DAYS``. Both cuts can be read from the logged subject and the items' dates.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recommender.data.synthetic.catalogue import Catalogue
from recommender.data.types import DAY_US, Bools, ChosenSection, Floats, Ints, Section

TEMPERATURE = 0.5
EPSILON = 0.1
POOL = 120
NEW_DAYS = 21
_POPULAR, _NEW, _DEPARTMENT = 60, 24, 18
_ROWS = ((Section.TOP_PICKS, 8), (Section.DEPARTMENT_TREND, 6), (Section.NEW_FOR_YOU, 6))
_FEWEST = 4  # a row with less to choose from than its cards and these is left out

Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True)
class LoggedPage:
    """A page as it was drawn. ``s`` slots, ``a`` items in the pool."""

    items: Ints  # (s,)
    section_of: Ints  # (s,)
    sections: tuple[ChosenSection, ...]
    propensities: Doubles  # (s,)
    scores: Doubles  # (s,)
    pool: Ints  # (a,)


def slot_probabilities(scores: Doubles, allowed: Bools, temperature: float, epsilon: float) -> Doubles:
    """(a,) chance of each item for one slot: a softmax over the allowed ones mixed with an even draw.

    Args:
        scores: (a,) slot scores.
        allowed: (a,) True where the item may still be placed; at least one is.
        temperature: τ, above 0.
        epsilon: ε, share of the even draw.
    """
    raised = np.where(allowed, np.exp((scores - scores[allowed].max()) / temperature), 0.0)
    return np.asarray((1 - epsilon) * raised / raised.sum() + epsilon * allowed / allowed.sum(), np.float64)


@dataclass
class LoggingPolicy:
    """Draws pages; what it knows of the shop is renewed once a day."""

    catalogue: Catalogue
    in_stock: Bools  # (n,)

    def begin_day(self, popularity: Floats, now_us: int) -> None:
        """Take the day's popularity and what is on sale by now; choose the shared part of every pool."""
        catalogue = self.catalogue
        self._available = self.in_stock & (catalogue.published_us <= now_us)
        warmth = np.log1p(popularity)
        self._popularity = (warmth - warmth.mean()) / (warmth.std() + 1e-9)
        age_days = (now_us - catalogue.published_us) / DAY_US
        self._is_new = (age_days >= 0) & (age_days < NEW_DAYS)
        self._freshness = np.where(age_days >= 0, np.exp2(-age_days / 14), 0.0)
        by_popularity = self._one_per_group(np.argsort(-self._popularity, kind="stable"))
        newest = self._one_per_group(np.argsort(age_days, kind="stable"))
        self._shared = np.concatenate([by_popularity[:_POPULAR], newest[self._is_new[newest]][:_NEW]])
        n_departments = int(catalogue.department.max()) + 1
        of = catalogue.department[by_popularity]
        self._leading = tuple(by_popularity[of == d][:_DEPARTMENT] for d in range(n_departments))

    def _one_per_group(self, order: Ints) -> Ints:
        """Available items in ``order``, the first of each variant group."""
        order = order[self._available[order]]
        _, first = np.unique(self.catalogue.group[order], return_index=True)
        return order[np.sort(first)]

    def pool(self, affinity: Floats, served: Ints) -> Ints:
        """(a,) items a page for this shopper is drawn from: one per variant group, none served before.

        Args:
            affinity: (departments,) share of the shopper's looks, all 0 for a stranger.
            served: items of earlier pages of the same visit; their groups are left out too.
        """
        favourites = [self._leading[int(d)] for d in np.argsort(-affinity, kind="stable")[:2] if affinity[d] > 0]
        items = np.concatenate([self._shared, *favourites])
        groups = self.catalogue.group[items]
        items = items[~np.isin(groups, self.catalogue.group[served])]
        _, first = np.unique(self.catalogue.group[items], return_index=True)
        return items[np.sort(first)][:POOL]

    def scores(self, pool: Ints, affinity: Floats) -> Doubles:
        """(a,) slot scores: popularity, the shopper's departments and freshness."""
        department = affinity[self.catalogue.department[pool]]
        return np.asarray(0.5 * self._popularity[pool] + 2.0 * department + 0.4 * self._freshness[pool], np.float64)

    def draw(self, affinity: Floats, served: Ints, rng: np.random.Generator) -> LoggedPage:
        """One page with the exact probability of every slot."""
        pool = self.pool(affinity, served)
        scores = self.scores(pool, affinity)
        free = np.ones(len(pool), np.bool_)
        chosen: list[int] = []
        chances: list[float] = []
        section_of: list[int] = []
        sections: list[ChosenSection] = []
        for section, allowed in self._cuts(pool, affinity):
            length = dict(_ROWS)[Section(section.code)]
            if (free & allowed).sum() < length + _FEWEST:
                continue
            for _ in range(length):
                chances_now = slot_probabilities(scores, free & allowed, TEMPERATURE, EPSILON)
                row = min(int(np.searchsorted(np.cumsum(chances_now), rng.random(), side="right")), len(pool) - 1)
                chosen.append(row)
                chances.append(float(chances_now[row]))
                section_of.append(len(sections))
                free[row] = False
            sections.append(section)
        rows = np.array(chosen, np.int64)
        return LoggedPage(
            pool[rows], np.array(section_of, np.int64), tuple(sections), np.array(chances), scores[rows], pool
        )

    def _cuts(self, pool: Ints, affinity: Floats) -> list[tuple[ChosenSection, Bools]]:
        """The rows of a page with what may stand in them; the department row's subject is the department's number."""
        favourite = int(np.argmax(affinity))
        cuts = [(ChosenSection(Section.TOP_PICKS.value), np.ones(len(pool), np.bool_))]
        if affinity[favourite] > 0:
            cuts.append(
                (
                    ChosenSection(Section.DEPARTMENT_TREND.value, subject=favourite),
                    self.catalogue.department[pool] == favourite,
                )
            )
        cuts.append((ChosenSection(Section.NEW_FOR_YOU.value), self._is_new[pool]))
        return cuts
