"""What the second stage reads beside the component scores: who proposed a candidate, its price, the shopper's past."""

from collections.abc import Sequence

import numpy as np

from recommender.data.profile import Profile
from recommender.data.types import DAY_US, Floats, Ints, Source
from recommender.ranking.candidate_tables import CandidateTables
from recommender.ranking.versions import Versions

SOURCES_READ = (
    Source.STATE_VECTOR,
    Source.SEQUENTIAL_RULES,
    Source.ITEM_KNN,
    Source.SIMILAR_TEXT,
    Source.TRENDING,
    Source.BUY_AGAIN,
)
"""Sources that the exact gather of a training and the gather of a request both ask."""

FACTS = (
    *(f"by_{source.word}" for source in SOURCES_READ),
    "sources",  # how many of them proposed it
    "price_known",
    "price_gap",  # log price minus the mean log price of the newest twenty items, 0 if unknown
    "history_length",  # log(1 + entries)
    "history_items",  # log(1 + distinct items)
    "history_repeats",  # share of entries that are not their item's first
    "history_age",  # log(1 + days since the newest entry), 0 without times
)

PRICE_HISTORY, PRICE_DECAY = 20, 0.9


def request_facts(versions: Versions, tables: CandidateTables, newest_us: Ints, now_us: int, rows: Ints) -> Floats:
    """Facts of some candidates for b versions of a shopper.

    Args:
        versions: of the shopper, over the items of ``tables``.
        tables: c candidates.
        newest_us: (b,) time of each version's newest entry, 0 where there is none.
        now_us: time of the request, 0 where there are no times.
        rows: (s,) candidates.
    Returns: (b, s, S) float32, columns as ``FACTS``, finite.
    """
    shape = (versions.count, len(rows))
    bits = tables.gathered.sources[rows]
    asked = [((bits >> np.uint32(source)) & np.uint32(1)).astype(np.float32) for source in SOURCES_READ]
    known = (tables.gathered.price_minor[rows] > 0).astype(np.float32)
    columns = [*asked, np.sum(asked, axis=0), known, _price_gap(versions, tables, rows)]
    shopper = [np.broadcast_to(fact[:, None], shape) for fact in _shopper(versions, newest_us, now_us)]
    return np.stack([np.broadcast_to(one, shape) for one in (*columns, *shopper)], axis=2).astype(np.float32)


def newest_of(profiles: Sequence[Profile]) -> Ints:
    """(b,) time of each profile's newest entry, 0 where it has none."""
    return np.array([profile.times_us[0] if len(profile) else 0 for profile in profiles], np.int64)


def _price_gap(versions: Versions, tables: CandidateTables, rows: Ints) -> Floats:
    """(b, s) how much dearer than what the shopper is used to, in logarithms."""
    prices = tables.arrays.price_minor
    asked = tables.gathered.price_minor[rows]
    usual = np.where(tables.index >= 0, prices[tables.index], -1) if len(prices) else np.full(len(tables.index), -1)
    weights = versions.weights(PRICE_HISTORY, PRICE_DECAY) * (usual > 0)  # (b, u)
    total = weights.sum(axis=1, keepdims=True)
    mean = weights @ np.log(np.maximum(usual, 1)) / np.maximum(total[:, 0], 1e-9)
    gap = np.log(np.maximum(asked, 1)) - mean[:, None]
    return np.asarray(np.where((asked > 0) & (total > 0), gap, 0.0), np.float32)


def _shopper(versions: Versions, newest_us: Ints, now_us: int) -> tuple[Floats, ...]:
    """(b,) each: length, distinct items, share of repeats, age."""
    length = np.bincount(versions.owner, minlength=versions.count).astype(np.float32)
    cells = np.unique(versions.owner * max(versions.items, 1) + versions.item)
    distinct = np.bincount(cells // max(versions.items, 1), minlength=versions.count).astype(np.float32)
    repeats = (length - distinct) / np.maximum(length, 1)
    days = np.where(newest_us > 0, np.maximum(now_us - newest_us, 0) / DAY_US, 0.0)
    return tuple(np.asarray(one, np.float32) for one in (np.log1p(length), np.log1p(distinct), repeats, np.log1p(days)))
