"""What trended before a moment, counted as ``recommender.trends`` counts for a request.

    count(i) = Σ over people and kinds of weight · ½ ** (age of the person's latest such deed / half-life)

over the last two weeks. A request reads the counts of the last refresh, minutes before it; here they are of the moment
itself. What fills up the trend of a shop with hardly any deeds is left out.
"""

import numpy as np

from recommender.data.snapshot import Snapshot
from recommender.data.trend import HALF_LIFE_DAYS, TREND_WEIGHTS, WINDOW_DAYS
from recommender.data.types import DAY_US, Floats
from users.kinds import Kind

_HALF_LIFE_US, _WINDOW_US = HALF_LIFE_DAYS * DAY_US, WINDOW_DAYS * DAY_US
_WEIGHT = np.zeros(max(Kind) + 1)
_WEIGHT[list(TREND_WEIGHTS)] = list(TREND_WEIGHTS.values())


class PastTrend:
    """Decayed counts of every item at a moment that only moves forward.

    A deed adds its weight; the person's next deed of its kind with the item takes back what is left of it, or else the
    end of the window does. All of these are amounts at a time, so that counting is one decayed sum.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        facts = snapshot.interactions
        rows = np.flatnonzero((_WEIGHT[facts.kind] > 0) & (facts.item >= 0))
        shopper, item, kind, at_us = (one[rows] for one in (facts.shopper, facts.item, facts.kind, facts.at_us))
        order = np.lexsort((at_us, kind, item, shopper))
        shopper, item, kind, at_us = (one[order] for one in (shopper, item, kind, at_us))
        weight = _WEIGHT[kind]
        again = (np.diff(shopper) == 0) & (np.diff(item) == 0) & (np.diff(kind) == 0)
        until = at_us + _WINDOW_US
        until[:-1] = np.where(again, np.minimum(until[:-1], at_us[1:]), until[:-1])
        left = weight * 0.5 ** ((until - at_us) / _HALF_LIFE_US)
        times, items = np.concatenate([at_us, until]), np.concatenate([item, item])
        order = np.argsort(times, kind="stable")
        self.times, self.item, self.amount = times[order], items[order], np.concatenate([weight, -left])[order]
        self.counts = np.zeros(len(snapshot.items), np.float64)
        self.position, self.now_us = 0, int(self.times[0]) if len(self.times) else 0

    def at(self, now_us: int) -> Floats:
        """(n,) counts just before ``now_us``, which is never less than in an earlier call."""
        until = int(np.searchsorted(self.times, now_us, side="left"))
        self.counts *= 0.5 ** ((now_us - self.now_us) / _HALF_LIFE_US)
        news = slice(self.position, until)
        amount = self.amount[news] * 0.5 ** ((now_us - self.times[news]) / _HALF_LIFE_US)
        self.counts += np.bincount(self.item[news], amount, len(self.counts))
        self.position, self.now_us = until, now_us
        return np.maximum(self.counts, 0.0).astype(np.float32)
