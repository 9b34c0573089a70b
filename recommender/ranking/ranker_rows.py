"""What a ranker learns from: rows of logged pages as models of the past saw them, with examination by place."""

from dataclasses import dataclass

import numpy as np

from recommender.data.absent import Absent
from recommender.data.event_weights import DeedWeights
from recommender.data.learned import LearnedArrays
from recommender.data.reward import long_stay_seconds
from recommender.data.snapshot import ImpressionTable, Snapshot
from recommender.data.types import Encoder, Floats, Ints
from recommender.encoders.config import LearningConfig
from recommender.encoders.trained import Progress
from recommender.ranking.examination import Examination, examination_fit
from recommender.ranking.past_models import PastModels, past_models
from recommender.ranking.ranker_config import RankerConfig
from recommender.ranking.rolling_tables import RollingTables, explained_since
from recommender.ranking.training_rows import Components, Fuse, PoolRows, TrainingRows, training_rows

NO_PAGES = "no shown pages are logged yet; the fusion ranks until shoppers have seen pages"
FEW_PAGES = (
    "%(pages)d shown pages with %(clicks)d clicks are too few to learn from (%(needed)d and %(needed_clicks)d are"
    " needed); the fusion ranks until then"
)


@dataclass(frozen=True)
class RankerRows:
    """Rows and what is fixed before anything is learned from them."""

    rows: TrainingRows
    offset: Floats  # (n,) examination where each card stood
    examination: Examination
    pools: PoolRows
    pool_shopper: Ints  # (q,) whose page each pool is of
    long_stay: float  # seconds beyond which a stay is long, NaN where stays are unknown


def ranker_rows(
    snapshot: Snapshot,
    arrays: LearnedArrays,
    encode_state: Encoder,
    components: Components,
    *,
    fuse: Fuse | None,
    config: RankerConfig,
    learning: LearningConfig,
    deeds: DeedWeights | None,
    encoder_saw_pages: bool,
    seed: int,
    device: str,
    progress: Progress,
) -> RankerRows | Absent:
    """Rows of at most ``config.max_pages`` pages, or why there are none.

    Args: as of ``multi_task_training.ranker_train``.
    """
    missing = _too_little(snapshot, config)
    if missing is not None or snapshot.impressions is None:
        return missing or Absent(NO_PAGES)
    impressions = snapshot.impressions
    examination = examination_fit(impressions)
    since_us = explained_since(impressions)
    models = PastModels(arrays, encode_state)
    if encoder_saw_pages:
        models = past_models(snapshot, models, learning, since_us=since_us, seed=seed, device=device)
    tables = RollingTables(snapshot, impressions, models.arrays, learning, deeds)
    pages = _pages_choose(impressions, since_us, config, seed)

    def step(done: int) -> None:
        if done % 100 == 0:
            progress(done, len(pages), float("nan"))

    rows, pools = training_rows(snapshot, tables, models.encode_state, components, pages=pages, fuse=fuse, step=step)
    offset = examination.at(impressions.section[rows.impression], impressions.slot[rows.impression])
    pool_shopper = impressions.shopper[np.searchsorted(impressions.page, pools.page)]
    return RankerRows(rows, offset, examination, pools, pool_shopper, long_stay_seconds(impressions))


def _too_little(snapshot: Snapshot, config: RankerConfig) -> Absent | None:
    impressions = snapshot.impressions
    if impressions is None or len(impressions) == 0:
        return Absent(NO_PAGES)
    pages, clicks = len(impressions.pool_start) - 1, int(impressions.clicked.sum())
    if pages < config.min_pages or clicks < config.min_clicks:
        needed = {"needed": config.min_pages, "needed_clicks": config.min_clicks}
        return Absent(FEW_PAGES, {"pages": pages, "clicks": clicks, **needed})
    return None


def _pages_choose(impressions: ImpressionTable, since_us: int, config: RankerConfig, seed: int) -> Ints:
    """At most ``max_pages`` pages at random among those since ``since_us``."""
    pages = np.unique(impressions.page[impressions.at_us >= since_us])
    if len(pages) <= config.max_pages:
        return pages
    return np.sort(np.random.default_rng(seed).choice(pages, config.max_pages, replace=False))
