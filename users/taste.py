"""What a shopper leans towards: weights of departments, brands, tags and colours that fade with time.

    w(f, t) = Σ over deeds  g(kind) · 2^(−(t − t_deed) / 30 days)     for each facet f of the deed's item

Beside them, over the deeds that speak for an item and with the same weights: how much they weigh together, the sums of
log price and of its square (a price band), and how much of it went to things that were new in the shop. The profile
holds everything at the time of its last deed, so a new deed scales once and adds.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from catalog.facets import ItemFacets
from users.kinds import Kind

HALF_LIFE_US = 30 * 86_400_000_000
KEPT_PER_FACET = 50
FACETS = ("departments", "brands", "tags", "colours")
PRICE, NOVELTY = "price", "novelty"  # [weight, Σ w·ln p, Σ w·(ln p)²] and [weight of new things, weight of all]
_SUMS = {PRICE: 3, NOVELTY: 2}
NEW_US = 30 * 86_400_000_000
"""So long after it was published an item is new to the shop."""

_WEIGHT: Mapping[int, float] = {
    Kind.VIEW: 1.0,
    Kind.CLICK: 1.0,
    Kind.DWELL: 0.5,
    Kind.LIKE: 3.0,
    Kind.DISLIKE: -3.0,
    Kind.FAVOURITE: 4.0,
    Kind.CART: 4.0,
    Kind.REMOVE: -1.0,
    Kind.PURCHASE: 6.0,
    Kind.RETURN: -4.0,
    Kind.SHARE: 3.0,
}
_MIDDLE_RATING = 3.0

Taste = dict[str, Any]  # {"at": µs, "departments": {id: weight}, "brands": …, "price": […]…}; ids are text, as in JSON


def deed_weight(kind: int, value: float) -> float:
    """How much a deed says about taste; a rating counts by its distance from the middle."""
    if kind == Kind.RATE:
        return value - _MIDDLE_RATING if value == value else 0.0
    return _WEIGHT.get(kind, 0.0)


class TasteDeed(NamedTuple):
    """A deed with an item whose facets are known."""

    facets: ItemFacets
    kind: int
    value: float
    at_us: int


def taste_after(taste: Taste, deeds: Sequence[TasteDeed]) -> Taste:
    """The profile after more deeds, none older than the profile's last."""
    telling = [(deed, weight) for deed in deeds if (weight := deed_weight(deed.kind, deed.value))]
    if not telling:
        return taste
    now_us = max(deed.at_us for deed, _ in telling)
    fade = faded(now_us - taste.get("at", now_us))
    weights = {name: {key: value * fade for key, value in taste.get(name, {}).items()} for name in FACETS}
    sums = {name: [value * fade for value in taste.get(name, [0.0] * n)] for name, n in _SUMS.items()}
    for deed, weight in telling:
        share = weight * faded(now_us - deed.at_us)
        for name in FACETS:
            for key in facet_keys(deed.facets, name):
                weights[name][key] = weights[name].get(key, 0.0) + share
        for name, values in amounts(deed).items() if share > 0 else ():
            sums[name] = [before + share * value for before, value in zip(sums[name], values, strict=True)]
    return {"at": now_us, **{name: _strongest(weights[name]) for name in FACETS}, **sums}


def faded(age_us: int) -> float:
    """What is left of a deed's weight after a time."""
    return float(0.5 ** (age_us / HALF_LIFE_US))


def facet_keys(facets: ItemFacets, name: str) -> list[str]:
    """What of one of ``FACETS`` an item has."""
    if name == "tags":
        return [str(tag) for tag in facets.tags]
    key = {"departments": facets.department, "brands": facets.brand, "colours": facets.colour}[name]
    return [str(key)] if key else []


def price_middle(taste: Taste) -> float | None:
    """The middle of the price band in minor units, None where no price is known."""
    weight, total, _squares = taste.get(PRICE, (0.0, 0.0, 0.0))
    return math.exp(total / weight) if weight > 0 else None


def is_new(facets: ItemFacets, at_us: int) -> bool:
    """Whether an item was new in the shop at a time."""
    return at_us - facets.published_us < NEW_US


def amounts(deed: TasteDeed) -> dict[str, tuple[float, ...]]:
    """What a deed that speaks for an item adds to the sums, per unit of its weight."""
    found: dict[str, tuple[float, ...]] = {}
    if deed.facets.price_minor > 0:
        log = math.log(deed.facets.price_minor)
        found[PRICE] = (1.0, log, log * log)
    if deed.facets.published_us:
        found[NOVELTY] = (float(is_new(deed.facets, deed.at_us)), 1.0)
    return found


def _strongest(weights: dict[str, float]) -> dict[str, float]:
    if len(weights) <= KEPT_PER_FACET:
        return weights
    kept = sorted(weights, key=lambda key: (-abs(weights[key]), key))[:KEPT_PER_FACET]
    return {key: weights[key] for key in kept}
