"""Behaviour tables as they stood before each period of logged pages.

Tables that were counted on everything know the very clicks a ranker is to predict: an item-kNN learned from a click
recognises it. So pages are read period by period with rules, neighbours and popularity counted on earlier facts only,
as far as a nightly bundle would have been behind.
"""

from dataclasses import fields, replace
from typing import Any, cast

import numpy as np

from recommender.collaborative.models import models_fit
from recommender.collaborative.tables import behaviour_tables
from recommender.data.event_weights import DeedWeights
from recommender.data.learned import LearnedArrays
from recommender.data.sequences import Sequences, sequences_of
from recommender.data.snapshot import ImpressionTable, InteractionTable, Snapshot
from recommender.data.types import DAY_US, Ints
from recommender.encoders.config import LearningConfig

PERIODS = 3
LEAD_SHARE = 0.5
"""Share of pages, the earliest, that only feed the models of the past."""


def page_times(impressions: ImpressionTable) -> Ints:
    """(q,) time of each page that shows something."""
    return impressions.at_us[np.unique(impressions.page, return_index=True)[1]]


def explained_since(impressions: ImpressionTable) -> int:
    """Moment from which pages are explained; what happened before is what explains them."""
    return int(np.quantile(page_times(impressions), LEAD_SHARE))


def sequences_before(snapshot: Snapshot, until_us: int) -> Sequences:
    """Behaviour before a moment.

    Facts are cut before runs of one item are merged: a merged run bears its last time, which may be later.
    """
    facts = snapshot.interactions
    kept = {field.name: getattr(facts, field.name)[facts.at_us < until_us] for field in fields(facts)}
    return sequences_of(InteractionTable(**kept), n_users=len(snapshot.shopper_ids), n_items=len(snapshot.items))


class RollingTables:
    """The bundle's arrays with tables of the past, for a moment that only moves forward."""

    def __init__(
        self,
        snapshot: Snapshot,
        impressions: ImpressionTable,
        arrays: LearnedArrays,
        learning: LearningConfig,
        deeds: DeedWeights | None = None,
    ) -> None:
        """Set the periods.

        Args:
            snapshot: whose facts are counted.
            impressions: the logged pages.
            arrays: whose vectors and attributes are kept.
            learning: how the tables are counted.
            deeds: what the kinds of deeds weigh in them, as in the bundle's own.
        """
        self.arrays, self.learning, self.deeds = arrays, learning, deeds
        self.snapshot = snapshot
        shares = np.linspace(LEAD_SHARE, 1.0, PERIODS + 1)[:-1]
        self.begins = np.quantile(page_times(impressions), shares).astype(np.int64)  # (PERIODS,)
        self.until_us = snapshot.until_us
        self.period = -1

    def at(self, now_us: int) -> LearnedArrays:
        """Arrays for a page shown at ``now_us`` ≥ ``explained_since``."""
        period = max(int(np.searchsorted(self.begins, now_us, side="right")) - 1, 0)
        if period != self.period:
            self.period, self.current = period, self._before(int(self.begins[period]))
        return self.current

    def _before(self, until_us: int) -> LearnedArrays:
        past, config = sequences_before(self.snapshot, until_us), self.learning
        counted = behaviour_tables(past, config, until_us=until_us, deeds=self.deeds).arrays()
        scale = np.float32(self._span(self.until_us) / self._span(until_us))
        # BundleArrays and its stand-ins are dataclasses, which a Protocol cannot say.
        tables: LearnedArrays = replace(
            cast(Any, self.arrays),
            **{**counted, "popularity": counted["popularity"] * scale},
            models=models_fit(tuple(self.arrays.models), past, config, until_us=until_us),
        )
        return tables

    def _span(self, until_us: int) -> float:
        """Microseconds that popularity counts, so that a shorter past gives counts of the same size."""
        first = int(self.snapshot.interactions.at_us.min(initial=until_us))
        return float(min(max(until_us - first, DAY_US), self.learning.popularity.window_days * DAY_US))
