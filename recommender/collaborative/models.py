"""The explicit list of collaborative models: name → how it is learned (reaches torch and implicit: for training alone).

A new model is one file, one line here and one configuration in ``encoders.config.LearningConfig``. If bundles may carry
it, it also is one line in ``data.types.Source``, ``retrieval.sources.MODEL_SOURCES`` and ``ranking.components``.
``tests/contracts/test_item_models.py`` holds every line of this list to the same promises.
"""

from collections.abc import Callable, Sequence

from recommender.collaborative.als_training import als_fit
from recommender.collaborative.ease import ease_fit
from recommender.collaborative.fitting import Fitting, Progress, no_progress
from recommender.collaborative.gan_training import gan_fit
from recommender.collaborative.graph_training import graph_fit
from recommender.collaborative.item_knn import item_knn_fit
from recommender.collaborative.popularity import popularity_fit, recent_popularity_fit, segment_popularity_fit
from recommender.collaborative.sequential_rules import sequential_rules_fit
from recommender.collaborative.vae_training import vae_fit
from recommender.data.factors import FactorModel, popularity_model
from recommender.data.item_model import Asking, ItemModel, TableModel
from recommender.data.relations import Triples
from recommender.data.sequences import Sequences
from recommender.encoders.config import LearningConfig

Fit = Callable[[Sequences, LearningConfig, Fitting], ItemModel]


def _popular(train: Sequences, config: LearningConfig, fitting: Fitting) -> FactorModel:
    return popularity_model(popularity_fit(train, config.popularity, until_us=fitting.until_us))


def _recent(train: Sequences, config: LearningConfig, fitting: Fitting) -> FactorModel:
    return popularity_model(recent_popularity_fit(train, config.popularity, until_us=fitting.until_us))


def _segments(train: Sequences, config: LearningConfig, fitting: Fitting) -> FactorModel:
    return segment_popularity_fit(train, fitting.department, config.popularity, until_us=fitting.until_us)


def _rules(train: Sequences, config: LearningConfig, fitting: Fitting) -> TableModel:
    asking = Asking(config.rules.history, config.rules.decay, once=False)
    return TableModel(sequential_rules_fit(train, config.rules), asking)


def _item_knn(train: Sequences, config: LearningConfig, fitting: Fitting) -> TableModel:
    asking = Asking(config.item_knn.history, config.item_knn.decay, once=False)
    return TableModel(item_knn_fit(train, config.item_knn), asking)


MODELS: dict[str, Fit] = {
    "popular": _popular,
    "recent_popular": _recent,
    "segment_popular": _segments,
    "rules": _rules,
    "item_knn": _item_knn,
    "ease": lambda train, config, fitting: ease_fit(train, config.ease, fitting),
    "als": lambda train, config, fitting: als_fit(train, config.als, fitting),
    "vae": lambda train, config, fitting: vae_fit(train, config.vae, fitting),
    "graph": lambda train, config, fitting: graph_fit(train, config.graph, fitting),
    "gan": lambda train, config, fitting: gan_fit(train, config.gan, fitting),
}


def models_fit(
    names: Sequence[str],
    train: Sequences,
    config: LearningConfig,
    *,
    seed: int = 0,
    until_us: int = 0,
    triples: Triples | None = None,
    progress: Progress = no_progress,
) -> dict[str, ItemModel]:
    """Several models of the list.

    Args:
        names: which of them.
        train: behaviour.
        config: of all models.
        seed: of everything random.
        until_us: end of behaviour, 0 where it has no times.
        triples: what the catalogue says of the items.
        progress: called with (thousandths done, thousandths), over all of them.

    Raises:
        DataError: there is nothing to learn from.
    """
    found: dict[str, ItemModel] = {}
    for place, name in enumerate(names):

        def report(done: int, total: int, place: int = place) -> None:
            progress(int(1000 * (place + done / max(total, 1)) / len(names)), 1000)

        fitting = Fitting(seed=seed, until_us=until_us, triples=triples, progress=report)
        found[name] = MODELS[name](train, config, fitting)
    return found
