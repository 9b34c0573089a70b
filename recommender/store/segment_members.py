"""Who is in a segment now, whether staff defined it or a training found it."""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache

from catalog.models import Shop
from recommender.data.learned_segments import LearnedSegment
from recommender.data.ruleset import RuleValue
from recommender.facts.context import Asked, context_read
from recommender.models import Segment
from recommender.store.live import serving_read
from users.models import Shopper
from users.segment_members import members_count, members_read, tastes_read
from users.segments import SegmentValue

_KEPT_SECONDS = 60
"""For so long the members of learned segments are kept: a list of segments asks for all of them."""


def segment_size(segment: Segment, now: datetime) -> int:
    """How many belong now."""
    if segment.learned:
        return len(_learned_members(segment, now))
    return members_count(segment.shop, segment.asked, now)


def segment_members(segment: Segment, now: datetime, n: int | None = None) -> list[int]:
    """Ids of members, the latest to do something first; all of them, or at most ``n``."""
    if segment.learned:
        return list(_learned_members(segment, now)[:n])
    return members_read(segment.shop, segment.asked, now, n)


def portrait_of(segment: Segment) -> LearnedSegment | None:
    """What the bundle that serves says of a learned segment; None where it does not know it."""
    learned = serving_read(segment.shop_id).learned_segments
    return next((one for one in learned.segments if one.key == segment.learned), None) if learned else None


def segments_gone(shop: Shop) -> frozenset[str]:
    """Names of learned segments that the bundle that serves does not know: nobody belongs to them."""
    learned = serving_read(shop.pk).learned_segments
    rows = Segment.objects.of(shop).exclude(learned="").exclude(learned__in=learned.keys if learned else ())
    return frozenset(rows.values_list("name", flat=True))


def segments_joined(shop: Shop, shopper: Shopper, now: datetime) -> list[str]:
    """Names of all segments, of rules or not, that a shopper belongs to now."""
    rows = Segment.objects.of(shop).order_by("name")
    segments = [SegmentValue(one.name, one.asked, one.learned) for one in rows]
    asked = Asked(surface="homepage", session="", now=now)
    return list(context_read(shop, shopper, asked, segments, serving_read(shop.pk).learned_segments).segments)


def rules_without_members(shop: Shop, rules: Sequence[RuleValue]) -> tuple[RuleValue, ...]:
    """Those rules that are limited to a learned segment which was not found again."""
    limited = [rule for rule in rules if rule.segment]
    gone = segments_gone(shop) if limited else frozenset()
    return tuple(rule for rule in limited if rule.segment in gone)


def _learned_members(segment: Segment, now: datetime) -> Sequence[int]:
    serving = serving_read(segment.shop_id)
    period = int(now.timestamp() // _KEPT_SECONDS)
    fingerprint = serving.bundle.fingerprint if serving.bundle else ""
    return _all_members(segment.shop, fingerprint, period).get(segment.learned, ())


@lru_cache(maxsize=2)
def _all_members(shop: Shop, fingerprint: str, period: int) -> dict[str, list[int]]:
    """Members by key, the latest to do something first; the bundle and the minute make the key of what is kept."""
    learned = serving_read(shop.pk).learned_segments
    found: dict[str, list[int]] = {}
    if learned is not None:
        for shopper_id, taste in tastes_read(shop):
            found.setdefault(learned.key_of(taste), []).append(shopper_id)
    return found
