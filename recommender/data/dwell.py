"""How long people stay with what a shown card led to: measured stays, or the time until they turn to something else."""

from dataclasses import fields

import numpy as np
import numpy.typing as npt

from recommender.data.snapshot import ImpressionTable, InteractionTable
from recommender.data.types import Bools, Floats, Ints
from users.kinds import Kind

WITHIN_US = 3600 * 1_000_000
"""A stay counts for a page if it began within an hour of it; later the shopper came back by another way."""

LONGEST_SECONDS = 1800.0
"""Beyond it somebody left the page open."""

LEAST_MEASURED = 0.1
"""Share of clicks whose stay must be measured for measured stays to be the instrument of a shop."""


def with_stays(impressions: ImpressionTable, interactions: InteractionTable) -> ImpressionTable:
    """The same impressions with ``stayed_seconds`` filled in."""
    columns = {one.name: getattr(impressions, one.name) for one in fields(impressions)}
    return ImpressionTable(**{**columns, "stayed_seconds": stays_of(impressions, interactions)})


def stays_of(impressions: ImpressionTable, interactions: InteractionTable) -> Floats:
    """(k,) seconds spent on the product after a card was clicked, at most ``LONGEST_SECONDS``; NaN where unknown.

    A shop that measures stays (``Kind.DWELL`` with a value) is believed: a click without one is unknown. Elsewhere a
    stay lasts until the shopper's next deed with another item. The two are never mixed, for a label made by two
    instruments tells them apart and not the stays.

    Args:
        impressions: clicks in ``clicked``.
        interactions: of the same shoppers and items, sorted by (shopper, time).
    """
    clicked = np.flatnonzero(impressions.clicked)
    stays = np.full(len(impressions), np.nan, np.float32)
    measured = _after(impressions, clicked, interactions, interactions.kind == Kind.DWELL, interactions.value)
    if np.isfinite(measured).sum() >= LEAST_MEASURED * max(len(clicked), 1):
        stays[clicked] = measured
    else:
        looks = np.isin(interactions.kind, (Kind.CLICK, Kind.VIEW))
        stays[clicked] = _after(impressions, clicked, interactions, looks, _until_another_item(interactions))
    return stays


def _after(
    impressions: ImpressionTable,
    clicked: Ints,
    interactions: InteractionTable,
    wanted: Bools,
    values: npt.NDArray[np.floating],
) -> Floats:
    """(q,) value of each clicked card's first ``wanted`` deed with its item within ``WITHIN_US`` of the page."""
    deeds = np.flatnonzero(wanted & np.isfinite(values))
    shopper = np.concatenate([impressions.shopper[clicked], interactions.shopper[deeds]])
    item = np.concatenate([impressions.item[clicked], interactions.item[deeds]])
    at_us = np.concatenate([impressions.at_us[clicked], interactions.at_us[deeds]])
    is_deed = np.arange(len(at_us)) >= len(clicked)
    order = np.lexsort((is_deed, at_us, item, shopper))
    place = np.where(is_deed[order], np.arange(len(order)), len(order))
    following = np.minimum.accumulate(place[::-1])[::-1]  # place in ``order`` of the next deed
    found = np.full(len(clicked), np.nan, np.float32)
    mine = np.flatnonzero(~is_deed[order] & (following < len(order)))
    row, deed = order[mine], order[following[mine]]
    fits = (shopper[row] == shopper[deed]) & (item[row] == item[deed]) & (at_us[deed] - at_us[row] <= WITHIN_US)
    seconds = values[deeds[deed[fits] - len(clicked)]]
    found[row[fits]] = np.minimum(seconds, LONGEST_SECONDS)
    return found


def _until_another_item(interactions: InteractionTable) -> npt.NDArray[np.float64]:
    """(m,) seconds from each deed to the shopper's next one with another item; NaN if none follows soon."""
    shopper, item, at_us = interactions.shopper, interactions.item, interactions.at_us
    m = len(at_us)
    begins = np.flatnonzero((np.diff(shopper, prepend=-1) != 0) | (np.diff(item, prepend=-2) != 0))
    following = np.append(begins, m)[np.searchsorted(begins, np.arange(m), side="right")]
    there = np.minimum(following, m - 1)
    seconds = (at_us[there] - at_us) / 1e6
    soon = (following < m) & (shopper[there] == shopper) & (seconds <= LONGEST_SECONDS)
    return np.where(soon, seconds, np.nan)
