"""Logged pages as rows a ranker learns from, and the pools of their first slots as rows a judge scores."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from recommender.data.learned import LearnedArrays
from recommender.data.profile import profile_of
from recommender.data.reward import outcomes
from recommender.data.snapshot import Snapshot
from recommender.data.types import Context, DataError, Encoder, Floats, Gathered, Ints
from recommender.encoders.inputs import encoder_inputs, state_encode
from recommender.ranking.examination import exploration_weights
from recommender.ranking.features import features
from recommender.ranking.logged_pages import LoggedPage, logged_pages
from recommender.ranking.rolling_tables import RollingTables


class Components(Protocol):
    """``ranking.components.components_compute``."""

    def __call__(
        self, context: Context, gathered: Gathered, arrays: LearnedArrays, *, history_index: Ints, state: Floats
    ) -> Floats:
        """(c, K) component scores."""
        ...


Fuse = Callable[[Floats], Floats]
"""(c, K) component scores → (c,) fused score: ``FusionWeights.fuse``."""


@dataclass(frozen=True)
class PageRows:
    """What one logged page gives."""

    page: LoggedPage
    state: Floats  # (d,)
    features: Floats  # (c, F) of the pool and everything shown
    components: Floats  # (c, K)


@dataclass(frozen=True)
class TrainingRows:
    """Shown cards of many pages, in time order."""

    features: Floats  # (n, F)
    labels: Floats  # (n, 5) NaN for a stay of unknown length
    fused: Floats  # (n,) score of the fusion, NaN where none was given
    impression: Ints  # (n,) row in the impression table
    page: Ints  # (n,)
    shopper: Ints  # (n,)
    at_us: Ints  # (n,)
    exploration: Floats  # (n,) weight as exploration

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True)
class PoolRows:
    """Allowed sets of pages' first slots, CSR by position in ``page``."""

    page: Ints  # (q,)
    start: Ints  # (q+1,)
    features: Floats  # (P, F)
    item: Ints  # (P,) vocabulary index


@dataclass(frozen=True)
class LoggedPools:
    """Allowed sets of pages' first slots as a ranker that never met their shoppers scores them, CSR by page."""

    page: Ints  # (q,)
    start: Ints  # (q+1,)
    item: Ints  # (P,) vocabulary index
    score: Floats  # (P,) base score, nats
    value: Floats  # (P,) expected reward at the reference place, clicks


def page_rows_make(page: LoggedPage, arrays: LearnedArrays, encode_state: Encoder, components: Components) -> PageRows:
    """Features of one page by the functions that serve: profile, state, components, features.

    Args:
        page: rebuilt from the log.
        arrays: of the bundle being made.
        encode_state: its state encoder.
        components: ``components_compute``.
    """
    profile = profile_of(page.context, page.history_index)
    length = int(getattr(encode_state, "max_length", 50))
    state = state_encode(encode_state, encoder_inputs(profile, arrays.item_vectors, max_length=length))
    matrix = components(page.context, page.gathered, arrays, history_index=page.history_index, state=state)
    columns = features(page.context, page.gathered, arrays, page.history_index, matrix)
    return PageRows(page, state, columns, matrix)


def training_rows(
    snapshot: Snapshot,
    tables: RollingTables,
    encode_state: Encoder,
    components: Components,
    *,
    pages: Ints,
    fuse: Fuse | None,
    step: Callable[[int], None],
) -> tuple[TrainingRows, PoolRows]:
    """Rows of ``pages``.

    Args:
        snapshot: with impressions.
        tables: arrays of the bundle being made, with tables of each page's past.
        encode_state: its state encoder.
        components: ``components_compute``.
        pages: (q,) pages to use.
        fuse: the fusion, to be compared with.
        step: told how many pages are done.
    """
    shown: list[tuple[Floats, Floats, Ints]] = []
    pools: list[tuple[int, Floats, Ints]] = []
    for done, page in enumerate(logged_pages(snapshot, tables.arrays, pages)):
        made = page_rows_make(page, tables.at(page.context.now_us), encode_state, components)
        fused = np.full(len(made.components), np.nan, np.float32) if fuse is None else fuse(made.components)
        shown.append((made.features[page.shown_row], fused[page.shown_row], page.shown))
        pools.append((page.page, made.features[page.pool_row], page.gathered.index[page.pool_row]))
        step(done + 1)
    return _shown_rows(snapshot, shown), _pool_rows(pools)


def _shown_rows(snapshot: Snapshot, shown: list[tuple[Floats, Floats, Ints]]) -> TrainingRows:
    impressions = snapshot.impressions
    if impressions is None or not shown:
        raise DataError("no logged page could be used; log pages first")
    rows = np.concatenate([one[2] for one in shown])
    return TrainingRows(
        features=np.concatenate([one[0] for one in shown]),
        labels=outcomes(impressions)[rows],
        fused=np.concatenate([one[1] for one in shown]),
        impression=rows,
        page=impressions.page[rows],
        shopper=impressions.shopper[rows],
        at_us=impressions.at_us[rows],
        exploration=exploration_weights(impressions)[rows],
    )


def _pool_rows(pools: list[tuple[int, Floats, Ints]]) -> PoolRows:
    start = np.concatenate([[0], np.cumsum([len(one[2]) for one in pools])]).astype(np.int64)
    return PoolRows(
        page=np.array([one[0] for one in pools], np.int64),
        start=start,
        features=np.concatenate([one[1] for one in pools]),
        item=np.concatenate([one[2] for one in pools]),
    )
