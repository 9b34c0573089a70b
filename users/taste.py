"""What a shopper leans towards: weights of departments, brands and tags that fade with time.

    w(f, t) = Σ over deeds  g(kind) · 2^(−(t − t_deed) / 30 days)     for each facet f of the deed's item

The profile holds the weights at the time of its last deed, so a new deed scales once and adds.
"""

from collections.abc import Mapping
from typing import Any

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


def taste_add(taste: Taste, facets: ItemFacets, kind: int, value: float, at_us: int) -> Taste:
    """The profile after one more deed, which must not be older than the profile's last."""
    weight = deed_weight(kind, value)
    if weight == 0.0:
        return taste
    fade = 0.5 ** ((at_us - taste.get("at", at_us)) / HALF_LIFE_US)
    keys = {
        "departments": [facets.department] if facets.department else [],
        "brands": [facets.brand] if facets.brand else [],
        "tags": list(facets.tags),
    }
    return {"at": at_us} | {name: _faded(taste.get(name, {}), fade, keys[name], weight) for name in FACETS}


def _faded(weights: Mapping[str, float], fade: float, keys: list[int], weight: float) -> dict[str, float]:
    result = {key: value * fade for key, value in weights.items()}
    for key in keys:
        result[str(key)] = result.get(str(key), 0.0) + weight
    if len(result) > KEPT_PER_FACET:
        strongest = sorted(result, key=lambda key: (-abs(result[key]), key))[:KEPT_PER_FACET]
        result = {key: result[key] for key in strongest}
    return result
