"""Segments of a shop in its ruleset: those that rules in force are limited to, with their conditions or their key."""

from typing import Any

from catalog.models import Shop
from recommender.models import Rule, Segment
from users.segments import Conditions, SegmentValue


def segments_compile(shop: Shop) -> dict[str, Any]:
    """The part of a ruleset's content about segments; nothing where no enabled rule names one of the shop's."""
    named = Rule.objects.of(shop).filter(enabled=True).exclude(segment="").values_list("segment", flat=True)
    found = Segment.objects.of(shop).filter(name__in=set(named)).order_by("name")
    segments = [
        {"name": one.name, "conditions": one.asked.to_json()} | ({"learned": one.learned} if one.learned else {})
        for one in found
    ]
    return {"segments": segments} if segments else {}


def segments_value(content: dict[str, Any]) -> tuple[SegmentValue, ...]:
    """The segments of a ruleset's content."""
    return tuple(
        SegmentValue(one["name"], Conditions.from_json(one["conditions"]), one.get("learned", ""))
        for one in content.get("segments", ())
    )
