"""What a shopper leans towards: weights of departments, brands and tags that fade with time.

    w(f, t) = Σ over deeds  g(kind) · 2^(−(t − t_deed) / 30 days)     for each facet f of the deed's item

The profile holds the weights at the time of its last deed, so a new deed scales once and adds.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from catalog.facets import ItemFacets
from users.kinds import Kind

HALF_LIFE_US = 30 * 86_400_000_000
KEPT_PER_FACET = 50
FACETS = ("departments", "brands", "tags")

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

Taste = dict[str, Any]  # {"at": µs, "departments": {id: weight}, "brands": …, "tags": …}; ids are text, as JSON has it


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
    fade = _fade(now_us - taste.get("at", now_us))
    weights = {name: {key: value * fade for key, value in taste.get(name, {}).items()} for name in FACETS}
    for deed, weight in telling:
        share = weight * _fade(now_us - deed.at_us)
        for name, keys in _keys(deed.facets):
            for key in keys:
                weights[name][key] = weights[name].get(key, 0.0) + share
    return {"at": now_us} | {name: _strongest(weights[name]) for name in FACETS}


def _fade(age_us: int) -> float:
    return 0.5 ** (age_us / HALF_LIFE_US)


def _keys(facets: ItemFacets) -> tuple[tuple[str, list[str]], ...]:
    department = [str(facets.department)] if facets.department else []
    brand = [str(facets.brand)] if facets.brand else []
    return ("departments", department), ("brands", brand), ("tags", [str(tag) for tag in facets.tags])


def _strongest(weights: dict[str, float]) -> dict[str, float]:
    if len(weights) <= KEPT_PER_FACET:
        return weights
    kept = sorted(weights, key=lambda key: (-abs(weights[key]), key))[:KEPT_PER_FACET]
    return {key: weights[key] for key in kept}
