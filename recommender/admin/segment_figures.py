"""What a segment's shoppers do and like, counted over thirty days."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from catalog.ids import uuid7_floor
from catalog.models import Shop
from catalog.money import money_text
from catalog.titles import titles_read
from recommender.data.learned_segments import LearnedSegment
from users.kinds import CLICK_SQL, Kind
from users.profiles import names_read

COUNTED = timedelta(days=30)
TOP = 5

_OPENED = f"""
SELECT count(*) FILTER (WHERE kind = ANY(%(looks)s)),
       count(*) FILTER (WHERE kind = ANY(%(looks)s) AND shopper_id = ANY(%(members)s)),
       count(DISTINCT (impression, item_id))
           FILTER (WHERE {CLICK_SQL} AND impression IS NOT NULL AND shopper_id = ANY(%(members)s))
FROM users_interaction WHERE shop_id = %(shop)s AND id >= %(floor)s::uuid AND occurred_at >= %(since)s
"""  # noqa: S608 - our own condition
_SEEN = """
SELECT coalesce(sum((SELECT count(*) FROM unnest(seen) AS s(visible) WHERE visible)), 0)
FROM recommender_impression
WHERE shop_id = %(shop)s AND shopper_id = ANY(%(members)s) AND id >= %(floor)s::uuid AND shown_at >= %(since)s
"""
_TOP_ITEMS = """
SELECT item_id, count(*) FROM users_interaction
WHERE shop_id = %(shop)s AND shopper_id = ANY(%(members)s) AND item_id IS NOT NULL AND kind = ANY(%(looks)s)
  AND id >= %(floor)s::uuid AND occurred_at >= %(since)s
GROUP BY item_id ORDER BY 2 DESC, 1 LIMIT %(top)s
"""


@dataclass(frozen=True)
class Deeds:
    """Counts of thirty days."""

    looks: int  # of everybody: items opened
    theirs: int  # of members
    clicked: int  # cards that members opened, of those …
    seen: int  # … that they saw


def deeds_read(shop: Shop, members: Sequence[int], now: datetime) -> Deeds:
    """What members do beside everybody."""
    parameters = _parameters(shop, members, now)
    with connection.cursor() as cursor:
        cursor.execute(_OPENED, parameters)
        looks, theirs, clicked = cursor.fetchone()
        cursor.execute(_SEEN, parameters)
        return Deeds(looks, theirs, clicked, int(cursor.fetchone()[0]))


def top_items_read(shop: Shop, members: Sequence[int], now: datetime) -> list[tuple[str, int]]:
    """Titles of what members opened most, and how often."""
    with connection.cursor() as cursor:
        cursor.execute(_TOP_ITEMS, _parameters(shop, members, now) | {"top": TOP})
        top = cursor.fetchall()
    titles = titles_read(item for item, _n in top)
    return [(titles.get(item, str(item)), n) for item, n in top]


def _parameters(shop: Shop, members: Sequence[int], now: datetime) -> dict[str, Any]:
    since = now - COUNTED
    looks = [int(Kind.VIEW), int(Kind.CLICK)]
    return {
        "shop": shop.pk,
        "members": list(members),
        "since": since,
        "floor": str(uuid7_floor(since)),
        "looks": looks,
    }


def portrait_words(segment: LearnedSegment, currency: str) -> list[str]:
    """What sets a learned segment apart, a phrase each."""
    wanted: dict[str, list[str]] = {"departments": [], "tags": []}
    for one in segment.likings:
        wanted[one.facet].append(str(one.id))
    names = names_read(wanted, get_language() or "en", ())
    return [*_likings(segment, names), *_prices(segment, currency)]


def _likings(segment: LearnedSegment, names: dict[tuple[str, str], str]) -> Iterable[str]:
    words = _("%(what)s: %(percent).0f %% of what they like, %(lift).1f times everybody's share")
    for one in segment.likings:
        if name := names.get((one.facet, str(one.id))):
            yield words % {"what": name, "percent": 100 * one.share, "lift": one.lift}


def _prices(segment: LearnedSegment, currency: str) -> Iterable[str]:
    if segment.price is not None:
        low, middle, high = (money_text(minor, currency) for minor in segment.price)
        yield _("usual price %(middle)s, for half of them between %(low)s and %(high)s") % {
            "low": low,
            "middle": middle,
            "high": high,
        }
