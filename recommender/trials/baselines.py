"""The baselines our lists are compared with: untrained or counted, each scoring every item of the vocabulary."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from recommender.collaborative.models import models_fit
from recommender.collaborative.tables import behaviour_tables
from recommender.data.item_model import ItemModel
from recommender.data.relations import Triples
from recommender.data.sequences import Sequences
from recommender.data.types import Floats, Ints
from recommender.encoders.config import LearningConfig

Scorer = Callable[[Ints], Floats]
"""(h,) a shopper's items, oldest first → (n,) scores."""


@dataclass(frozen=True)
class Baseline:
    """A named scorer."""

    name: str
    score: Scorer


MODEL_NAMES = {"ease": "EASE", "als": "ALS", "vae": "Mult-VAE", "graph": "graph", "gan": "CFGAN"}
"""What tables call the models of ``collaborative.models`` that are no untrained counts."""


def baselines_fit(
    train: Sequences,
    config: LearningConfig,
    *,
    now_us: int = 0,
    models: Sequence[str] = (),
    triples: Triples | None = None,
    seed: int = 0,
) -> tuple[Baseline, ...]:
    """Popular, recency-popular, own frequency, sequential rules and item-kNN, fitted on ``train``, and learned models.

    Own frequency breaks its many ties by recent popularity, the best of the tie-breaks we tried; without one it would
    look much worse than it is.

    Args:
        train: behaviour.
        config: of rules, item-kNN and popularity: the same as ours.
        now_us: end of ``train``, 0 where it has no times.
        models: further models of ``collaborative.models`` by name.
        triples: what the catalogue says, for models that read it.
        seed: of what they draw.
    """
    tables = behaviour_tables(train, config, until_us=now_us)
    recent, rules, knn = tables.recent_popularity, tables.rules, tables.knn
    tie_break = 0.5 * recent / max(float(recent.max()), 1.0)

    def own(items: Ints) -> Floats:
        return (np.bincount(items, minlength=train.n_items) + tie_break).astype(np.float32)

    def by_rules(items: Ints) -> Floats:
        newest = items[::-1][: config.rules.history]
        return rules.scores(newest, config.rules.decay ** np.arange(len(newest), dtype=np.float32))

    def by_neighbours(items: Ints) -> Floats:
        newest = items[::-1][: config.item_knn.history]
        return knn.scores(newest, config.item_knn.decay ** np.arange(len(newest), dtype=np.float32))

    learned = models_fit(models, train, config, seed=seed, until_us=now_us, triples=triples)
    return (
        Baseline("popular", lambda items: tables.popularity),
        Baseline("recency-popular", lambda items: recent),
        Baseline("own frequency", own),
        Baseline("sequential rules", by_rules),
        Baseline("item-kNN", by_neighbours),
        *(Baseline(MODEL_NAMES.get(name, name), _scorer(model)) for name, model in learned.items()),
    )


def _scorer(model: ItemModel) -> Scorer:
    return lambda items: model.scores([items[::-1]])[0]
