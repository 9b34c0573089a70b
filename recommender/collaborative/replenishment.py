"""When a repeat falls due: typical intervals between purchases of an item, and how likely the next one is by now.

Buyers of an item either buy it again, with probability ρ, or never do; an interval between two purchases is lognormal:

    p = ρ · (F(t + H) − F(t)) / (1 − ρ · F(t))        F the distribution of intervals, t days since the last purchase

is the probability of a purchase within the next H days by somebody who has not come back for t days. What is learned
of an item is drawn towards the shop's figures, what a shopper does towards the item's.
"""

import numpy as np
from scipy.special import ndtr

from recommender.data.sequences import Sequences
from recommender.data.types import DAY_US, Floats, Ints
from users.kinds import Kind

HORIZON_DAYS = 28.0
ITEM_INTERVALS, ITEM_BUYERS = 5.0, 20.0
"""Intervals, and buyers, that the shop's figures count as beside an item's own."""

OWN_INTERVALS = 2.0
"""Intervals that the item's figures count as beside a shopper's own."""

COLUMNS = ("mean of log days", "spread of log days", "share of buyers who buy again")


def replenishment_fit(sequences: Sequences) -> Floats:
    """Learn intervals between purchases of one item by one shopper, at least a day apart.

    Args:
        sequences: behaviour with times; only purchases are read.
    Returns: (n, 3) float32, columns as ``COLUMNS``; (0, 3) where nobody bought anything twice.
    """
    bought = (sequences.kind == Kind.PURCHASE) & (sequences.item >= 0) & (sequences.at_us > 0)
    pair = sequences.user[bought] * np.int64(max(sequences.n_items, 1)) + sequences.item[bought]
    at_us, item = sequences.at_us[bought], sequences.item[bought]
    order = np.lexsort((at_us, pair))
    pair, at_us, item = pair[order], at_us[order], item[order]
    again = pair[1:] == pair[:-1]
    days = np.diff(at_us) / DAY_US
    counted = again & (days >= 1)
    if not counted.any():
        return np.zeros((0, len(COLUMNS)), np.float32)
    logs, of_item, n = np.log(days[counted]), item[1:][counted], sequences.n_items
    intervals = np.bincount(of_item, minlength=n)
    mean = (np.bincount(of_item, logs, n) + ITEM_INTERVALS * logs.mean()) / (intervals + ITEM_INTERVALS)
    apart = (logs - mean[of_item]) ** 2
    variance = (np.bincount(of_item, apart, n) + ITEM_INTERVALS * apart.mean()) / (intervals + ITEM_INTERVALS)
    repeaters = np.bincount(np.unique(pair[1:][counted]) % n, minlength=n)
    buyers = np.bincount(np.unique(pair) % n, minlength=n)
    share = (repeaters + ITEM_BUYERS * repeaters.sum() / buyers.sum()) / (buyers + ITEM_BUYERS)
    return np.stack([mean, np.sqrt(np.maximum(variance, 0.01)), share], axis=1).astype(np.float32)


def due_probability(learned: Floats, own_intervals: Ints, own_log_days: Floats, days_since: Floats) -> Floats:
    """Probability that somebody who bought an item buys it again within ``HORIZON_DAYS``.

    Args:
        learned: (e, 3) rows of ``replenishment_fit``.
        own_intervals: (e,) intervals of this shopper with the item.
        own_log_days: (e,) sum of their log days.
        days_since: (e,) since the last purchase.
    Returns: (e,) float32.
    """
    mean, spread, share = learned.T.astype(np.float64)
    mean = (own_log_days + OWN_INTERVALS * mean) / (own_intervals + OWN_INTERVALS)
    share = (own_intervals + OWN_INTERVALS * share) / (own_intervals + OWN_INTERVALS)

    def by(days: Floats) -> Floats:
        return np.asarray(share * ndtr((np.log(np.maximum(days, 1.0)) - mean) / spread))

    past = by(days_since)
    return np.asarray((by(days_since + HORIZON_DAYS) - past) / np.maximum(1.0 - past, 1e-9), np.float32)
