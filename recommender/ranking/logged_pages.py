"""Logged pages as they looked to the shop when they were shown: contexts and candidates rebuilt from a snapshot."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from recommender.data.coarse import coarse_counts, coarse_times
from recommender.data.learned import LearnedArrays
from recommender.data.snapshot import ImpressionTable, Snapshot
from recommender.data.types import Context, DataError, Floats, Gathered, History, Ints
from recommender.ranking.past_fatigue import PastFatigue
from recommender.ranking.past_trend import PastTrend

HISTORY = 100
"""Interactions a shopper's state keeps."""


@dataclass(frozen=True)
class LoggedPage:
    """One page with the state of the world before it was shown."""

    page: int
    context: Context
    gathered: Gathered  # the pool of the first slot, everything shown, all else where logged; ``index`` is sorted
    history_index: Ints  # (h,)
    shown: Ints  # (s,) rows of the impression table
    shown_row: Ints  # (s,) their rows in ``gathered``
    pool_row: Ints  # (a,) rows of the pool in ``gathered``, in the pool's order


def page_rows(impressions: ImpressionTable) -> Ints:
    """(p+1,) where each page's rows begin in the impression table.

    Raises: DataError if the table is not sorted by page.
    """
    if (np.diff(impressions.page) < 0).any():
        raise DataError("impressions are not sorted by page; sort rows by (page, slot)")
    return np.searchsorted(impressions.page, np.arange(len(impressions.pool_start)))


def logged_pages(snapshot: Snapshot, arrays: LearnedArrays, pages: Ints) -> Iterator[LoggedPage]:
    """Walk through pages in time order.

    Histories, fatigue and trend are as of the page's time. Prices, dates and departments are those of the snapshot.

    Args:
        snapshot: with impressions, whose items are the vocabulary of ``arrays``.
        arrays: of the bundle being made.
        pages: (q,) pages wanted; fatigue is counted over all pages.
    Raises: DataError if the snapshot's items are not the vocabulary.
    """
    impressions = snapshot.impressions
    if impressions is None:
        raise DataError("the snapshot has no impressions; log pages first")
    if not np.array_equal(snapshot.items.ids, arrays.item_ids):
        raise DataError("the snapshot's items are not the bundle's vocabulary; make both from one snapshot")
    start = page_rows(impressions)
    wanted = np.zeros(len(start) - 1, np.bool_)
    wanted[pages] = True
    first = start[:-1][np.diff(start) > 0]
    ordered = first[np.argsort(impressions.at_us[first], kind="stable")]
    past = _Past(snapshot)
    for page in impressions.page[ordered].tolist():
        rows = np.arange(start[page], start[page + 1])
        if wanted[page]:
            yield past.page(page, rows)
        past.show(rows)


class _Past:
    """What is known of shoppers and items just before a moment that only moves forward."""

    def __init__(self, snapshot: Snapshot) -> None:
        if snapshot.impressions is None:
            raise DataError("the snapshot has no impressions; log pages first")
        self.snapshot, self.impressions, self.facts = snapshot, snapshot.impressions, snapshot.interactions
        self.first = np.searchsorted(self.facts.shopper, np.arange(len(snapshot.shopper_ids) + 1))
        self.fatigue, self.trend = PastFatigue(snapshot.interactions, self.first), PastTrend(snapshot)

    def show(self, rows: Ints) -> None:
        """Count what was shown."""
        impressions = self.impressions
        shopper, at_us = int(impressions.shopper[rows[0]]), int(impressions.at_us[rows[0]])
        self.fatigue.show(shopper, at_us, impressions.item[rows].tolist(), impressions.clicked[rows].tolist())

    def page(self, page: int, rows: Ints) -> LoggedPage:
        """The page as it was asked for."""
        impressions, at_us = self.impressions, int(self.impressions.at_us[rows[0]])
        shopper = int(impressions.shopper[rows[0]])
        pool = impressions.pool_items[impressions.pool_start[page] : impressions.pool_start[page + 1]]
        shown = impressions.item[rows]
        gathered_then = impressions.pool_gathered[slice(*impressions.pool_gathered_start[page : page + 2])]
        index = np.unique(np.concatenate([pool, shown, gathered_then]))
        history_index, history = self._history(shopper, at_us)
        counts = self.fatigue.at(shopper, at_us)
        context = Context(
            shop_id=self.snapshot.shop_id,
            shopper_id=int(self.snapshot.shopper_ids[shopper]),
            session="",
            surface="homepage",
            now_us=at_us,
            history=history,
            fatigue_ids=self.snapshot.items.ids[np.fromiter(counts, np.int64, len(counts))],
            fatigue_counts=np.fromiter(counts.values(), np.int64, len(counts)),
        )
        gathered = gathered_of(self.snapshot, index, coarse_counts(self.trend.at(at_us)[index]))
        gathered = replace(gathered, published_us=coarse_times(gathered.published_us, at_us))
        return LoggedPage(
            page, context, gathered, history_index, rows, np.searchsorted(index, shown), np.searchsorted(index, pool)
        )

    def _history(self, shopper: int, at_us: int) -> tuple[Ints, History]:
        begin, end = self.first[shopper], self.first[shopper + 1]
        until = begin + int(np.searchsorted(self.facts.at_us[begin:end], at_us, side="left"))
        recent = slice(max(begin, until - HISTORY), until)
        index = self.facts.item[recent]
        known = self.snapshot.items.ids[np.maximum(index, 0)]
        ids = np.where(index >= 0, known, 0)
        return index, History(ids, self.facts.kind[recent], self.facts.at_us[recent])


def gathered_of(snapshot: Snapshot, index: Ints, trend: Floats) -> Gathered:
    """Candidates by vocabulary index with the snapshot's facts about them, as a gather would bring them."""
    items, c, nothing = snapshot.items, len(index), np.zeros(0, np.int64)
    return Gathered(
        item_ids=items.ids[index],
        index=index,
        sources=np.zeros(c, np.uint32),
        price_minor=items.price_minor[index],
        list_price_minor=items.list_price_minor[index],
        published_us=items.published_us[index],
        department=items.department[index],
        category=items.category[index],
        brand=items.brand[index],
        group=items.group[index],
        rating=np.full(c, np.nan, np.float32),
        trend=trend,
        fresh_rows=nothing,
        fresh_vectors=np.zeros((0, 0), np.float32),
        fresh_text=np.zeros((0, 0), np.float32),
        evidence_row=nothing,
        evidence_source=nothing,
        evidence_item=nothing,
        tag_ids=nothing,
        tag_rows=nothing,
    )
