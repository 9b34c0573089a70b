"""What is looked at and bought now: decayed counts of the last two weeks, refreshed by a worker."""

from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from catalog.ids import uuid7_floor
from catalog.models import ItemText, Shop
from recommender.data.trend import HALF_LIFE_DAYS, TREND_WEIGHTS, WINDOW_DAYS
from recommender.facts.section_clicks import section_clicks
from recommender.models import Live, TrendSnapshot
from recommender.store.live import serving_read
from users.learnable import LEARNABLE, PEOPLE
from users.models import Interaction
from users.segment_members import tastes_read

WINDOW = timedelta(days=WINDOW_DAYS)
HALF_LIFE = timedelta(days=HALF_LIFE_DAYS)
ITEMS = 1_000
ITEMS_OF_SEGMENT = 60
ENOUGH = 40
"""Items touched lately that make a trend by themselves: with fewer the past fills up, so that a shop's first visitors
do not make its page."""

KEEP = 24  # refreshes kept for staff to look back on

MOST_PROFILES = 20_000
"""Active shoppers whose learned segment is looked up for its trend: always the same ones, drawn by their ids."""

# One person adds at most one count per item and kind, so that nobody makes a trend alone.
_COUNTS = f"""
WITH {PEOPLE}
SELECT item_id, sum(count) FROM (
    SELECT fact.item_id, people.person, fact.kind,
           max(w.weight * power(0.5::float8,
                                extract(epoch FROM %(now)s - fact.occurred_at)::float8 / %(half_life)s)) AS count
    FROM users_interaction fact
        JOIN unnest(%(kinds)s::int[], %(weights)s::float8[]) AS w(kind, weight) ON w.kind = fact.kind
        {LEARNABLE}
    WHERE fact.shop_id = %(shop)s AND fact.item_id IS NOT NULL AND fact.occurred_at BETWEEN %(since)s AND %(now)s
      AND fact.id >= %(floor)s::uuid
    GROUP BY 1, 2, 3) counted
GROUP BY item_id ORDER BY sum(count) DESC, item_id LIMIT %(items)s
"""  # noqa: S608 - all parts are constants

# The same counts by the segments of the person, the shop's word and the learned one's key; only the first items of each
# are kept.
_BY_SEGMENT = f"""
WITH {PEOPLE}
SELECT segment, item_id FROM (
    SELECT segment, item_id, row_number() OVER (PARTITION BY segment ORDER BY sum(count) DESC, item_id) AS place FROM (
        SELECT p.segment, fact.item_id, people.person, fact.kind,
               max(w.weight * power(0.5::float8,
                                    extract(epoch FROM %(now)s - fact.occurred_at)::float8 / %(half_life)s)) AS count
        FROM users_interaction fact
            JOIN unnest(%(kinds)s::int[], %(weights)s::float8[]) AS w(kind, weight) ON w.kind = fact.kind
            {LEARNABLE}
            JOIN (SELECT id, segment::text FROM users_shopper WHERE shop_id = %(shop)s AND segment <> '' UNION ALL
                  SELECT * FROM unnest(%(members)s::bigint[], %(learned)s::text[])) AS p(id, segment)
              ON p.id = people.person
        WHERE fact.shop_id = %(shop)s AND fact.item_id IS NOT NULL AND fact.occurred_at BETWEEN %(since)s AND %(now)s
          AND fact.id >= %(floor)s::uuid
        GROUP BY 1, 2, 3, 4) counted
    GROUP BY segment, item_id) ranked
WHERE place <= %(items)s ORDER BY segment, place
"""  # noqa: S608 - likewise


def trend_refresh(shop: Shop, *, now: datetime | None = None) -> TrendSnapshot:
    """Count again, and let the next request read the new counts.

    count(i) = now(i) + max(0, 1 − n / ENOUGH) · past(i)
    now(i)   = Σ over people and kinds of weight · ½ ** (age / half-life)

    n is how many items anybody touched in the last two weeks. past(i) is the sum over the last two weeks before them
    in which something was done, with ages from their end: what an imported shop, or one after a long holiday, goes by.
    """
    now = now or timezone.now()
    counts = _counts(shop, now, now)
    thin = 1.0 - len(counts) / ENOUGH
    if thin > 0 and (last := _last_deed(shop, now - WINDOW)) is not None:
        for item, count in _counts(shop, last, now).items():
            counts[item] = counts.get(item, 0.0) + thin * count
    counted = sorted(counts.items(), key=lambda row: (-row[1], row[0]))[:ITEMS]
    with transaction.atomic():
        trend = TrendSnapshot.objects.create(
            shop=shop,
            at=now,
            item_ids=[item for item, _ in counted],
            counts=[count for _, count in counted],
            segments=_by_segment(shop, now),
            sections=section_clicks(shop, now),
            foreign_texts=_foreign_texts(shop),
        )
        Live.objects.get_or_create(shop=shop)
        Live.objects.filter(shop=shop).update(trend=trend, changed_at=timezone.now())
        old = TrendSnapshot.objects.of(shop).order_by("-at", "-pk").values_list("pk", flat=True)[KEEP:]
        TrendSnapshot.objects.filter(pk__in=list(old)).delete()
    return trend


def _counts(shop: Shop, until: datetime, decided_by: datetime) -> dict[int, float]:
    """Item → decayed count of the two weeks up to ``until``, among those who may be learnt from by ``decided_by``."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS, _parameters(shop, until, decided_by))
        return dict(cursor.fetchall())


def _foreign_texts(shop: Shop) -> bool:
    """Whether some item has texts, and none in the shop's language."""
    texts = ItemText.objects.filter(shop=shop)
    own = texts.filter(item=OuterRef("item"), language=shop.language)
    return texts.exclude(language=shop.language).filter(~Exists(own)).exists()


def _by_segment(shop: Shop, now: datetime) -> dict[str, list[int]]:
    """Segment, or key of a learned one → items its people want most now."""
    found: dict[str, list[int]] = {}
    learned = serving_read(shop.pk).learned_segments
    tastes = tastes_read(shop, since=now - WINDOW, sample=MOST_PROFILES) if learned else ()
    keys = {person: learned.key_of(taste) for person, taste in tastes} if learned else {}
    members = {"members": list(keys), "learned": list(keys.values())}
    with connection.cursor() as cursor:
        cursor.execute(_BY_SEGMENT, _parameters(shop, now, now) | members | {"items": ITEMS_OF_SEGMENT})
        for segment, item in cursor.fetchall():
            found.setdefault(segment, []).append(item)
    found.pop("", None)
    return found


def _last_deed(shop: Shop, now: datetime) -> datetime | None:
    ids = Interaction.objects.of(shop).filter(pk__lte=uuid7_floor(now)).order_by("-pk")
    return ids.values_list("occurred_at", flat=True).first()


def _parameters(shop: Shop, now: datetime, decided_by: datetime) -> dict[str, Any]:
    return {
        "shop": shop.pk,
        "consent_required": shop.consent_required,
        "decided_by": decided_by,
        "now": now,
        "since": now - WINDOW,
        "floor": str(uuid7_floor(now - WINDOW)),
        "half_life": HALF_LIFE.total_seconds(),
        "kinds": [int(kind) for kind in TREND_WEIGHTS],
        "weights": list(TREND_WEIGHTS.values()),
        "items": ITEMS,
    }
