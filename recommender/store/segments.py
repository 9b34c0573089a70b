"""Segments of a shop in its ruleset: those that rules in force are limited to, with their conditions or their key."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

from catalog.models import Shop
from recommender.data.types import Context
from recommender.models import Rule, Segment
from users.segments import Conditions, SegmentValue


def segments_compile(shop: Shop) -> dict[str, Any]:
    """The part of a ruleset's content about segments; nothing where no enabled rule names one of the shop's."""
    named = Rule.objects.of(shop).filter(enabled=True).exclude(segment="").values_list("segment", flat=True)
    segments = _compiled(shop, set(named))
    return {"segments": segments} if segments else {}


def segments_with(shop: Shop, content: dict[str, Any], name: str) -> dict[str, Any]:
    """A ruleset's content with one more segment of the shop, which a rule that is not saved yet is limited to."""
    there = content.get("segments", [])
    new = [] if name in {one["name"] for one in there} else _compiled(shop, {name})
    return content | {"segments": [*there, *new]} if new else content


def _compiled(shop: Shop, names: Collection[str]) -> list[dict[str, Any]]:
    return [
        {"name": one.name, "conditions": one.asked.to_json()} | ({"learned": one.learned} if one.learned else {})
        for one in Segment.objects.of(shop).filter(name__in=names).order_by("name")
    ]


def segments_value(content: dict[str, Any]) -> tuple[SegmentValue, ...]:
    """The segments of a ruleset's content."""
    return tuple(
        SegmentValue(one["name"], Conditions.from_json(one["conditions"]), one.get("learned", ""))
        for one in content.get("segments", ())
    )


def segments_then(segments: Sequence[SegmentValue], context: Context) -> Context:
    """A logged request with those of a ruleset's ``segments`` that its shopper belonged to.

    Learned ones are told by the key that was logged, whichever ruleset served then; those that staff define only where
    the ruleset of that day had them.
    """
    names = (
        one.name
        for one in segments
        if (one.learned == context.learned_segment if one.learned else one.name in context.segments)
    )
    return replace(context, segments=tuple(names))
