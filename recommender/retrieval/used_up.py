"""What was bought and is used up by now: soap comes back when it is due, a sofa does not.

A thing is used up if people buy it again. How long one lasts is the usual interval between purchases, where the bundle
has learned one and at least ``CONSUMABLE`` of the buyers came back; else what the item's attribute ``lasts_days`` says;
where neither tells, it lasts for good.
"""

import numpy as np

from recommender.data.learned import LearnedArrays
from recommender.data.types import DAY_US, Bools, Context, Floats, Ints
from users.kinds import Kind

CONSUMABLE = 0.2
"""Share of buyers who buy again from which on a thing counts as used up."""

_MEAN_LOG_DAYS, _SHARE = 0, 2  # columns of ``LearnedArrays.replenishment``


def bought_days(context: Context) -> tuple[Ints, Floats]:
    """Items that were bought, (k,) sorted, and days since the last time (k,).

    Of purchases from before the history only the order is kept: they are taken to be as old as its oldest deed.
    """
    history = context.history
    bought = history.kinds == Kind.PURCHASE
    oldest = int(history.times_us[0]) if len(history) else context.now_us
    before = context.purchased_ids
    ids = np.concatenate([before, history.item_ids[bought]])  # of an item that is in both, the last entry counts
    at_us = np.concatenate([np.full(len(before), oldest, np.int64), history.times_us[bought]])
    distinct, from_the_end = np.unique(ids[::-1], return_index=True)
    days = (context.now_us - at_us[::-1][from_the_end]) / DAY_US
    return distinct, np.maximum(days, 0.0).astype(np.float32)


def lasting_days(arrays: LearnedArrays | None, index: Ints, told: Ints) -> Floats:
    """(k,) days that one of an item lasts, infinite for good.

    Args:
        arrays: of the bundle, None where there is none.
        index: (k,) vocabulary indices, -1 unknown.
        told: (k,) attribute ``lasts_days``, 0 none.
    """
    days = np.where(told > 0, told, np.inf).astype(np.float32)
    if arrays is None or not len(arrays.replenishment):
        return days
    learned = arrays.replenishment[index]
    usual = (index >= 0) & (learned[:, _SHARE] >= CONSUMABLE)
    return np.where(usual, np.exp(learned[:, _MEAN_LOG_DAYS]), days).astype(np.float32)


def used_up(days: Floats, lasting: Floats, replenish: float) -> Bools:
    """(k,) whether ``replenish`` of the time that one lasts has gone by since it was bought; never at 0."""
    return np.asarray((days >= np.float32(replenish) * lasting) & (replenish > 0))
