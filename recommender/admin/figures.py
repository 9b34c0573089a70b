"""The figures of the Today page, each from rows: totals by day in the shop's time zone, and intervals."""

import math
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection

from catalog.ids import uuid7_floor
from catalog.models import Shop
from users.kinds import CLICK_SQL

DAYS = 14
_Z = 1.96

_PAGES = """
SELECT (shown_at AT TIME ZONE %(zone)s)::date AS day, count(*),
       sum((SELECT count(*) FROM unnest(seen) AS s(visible) WHERE visible)),
       percentile_cont(0.5) WITHIN GROUP (ORDER BY latency_ms),
       percentile_cont(0.95) WITHIN GROUP (ORDER BY latency_ms),
       count(*) FILTER (WHERE degraded <> '')
FROM recommender_impression
WHERE shop_id = %(shop)s AND shown_at >= %(since)s AND shown_at < %(until)s
GROUP BY 1
"""
_COVERAGE = """
SELECT (shown_at AT TIME ZONE %(zone)s)::date AS day, count(DISTINCT item)
FROM recommender_impression, unnest(item_ids) AS item
WHERE shop_id = %(shop)s AND shown_at >= %(since)s AND shown_at < %(until)s
GROUP BY 1
"""
_DEEDS = f"""
SELECT (occurred_at AT TIME ZONE %(zone)s)::date AS day, count(*),
       count(DISTINCT (impression, item_id)) FILTER (WHERE {CLICK_SQL} AND impression IS NOT NULL),
       count(DISTINCT (impression, item_id)) FILTER (WHERE kind = 8 AND impression IS NOT NULL),
       count(*) FILTER (WHERE kind = 10), coalesce(sum(price_minor * quantity) FILTER (WHERE kind = 10), 0)
FROM users_interaction
WHERE shop_id = %(shop)s AND id >= %(first)s AND occurred_at >= %(since)s AND occurred_at < %(until)s
GROUP BY 1
"""  # noqa: S608 our own condition
_SHOWABLE = "SELECT count(*) FROM catalog_item WHERE shop_id = %s AND status = 'active' AND deleted_at IS NULL"


Rows = dict[date, tuple[Any, ...]]


@dataclass(frozen=True)
class Day:
    """One day of a shop. NaN where nothing was measured."""

    day: date
    events: int = 0
    pages: int = 0
    seen: int = 0
    clicks: int = 0
    carts: int = 0
    purchases: int = 0
    revenue_minor: int = 0
    items_shown: int = 0
    degraded: int = 0
    p50_ms: float = math.nan
    p95_ms: float = math.nan

    @property
    def ctr(self) -> float:
        """Opened cards per visible card; one that is clicked and then looked at is opened once."""
        return self.clicks / self.seen if self.seen else math.nan

    @property
    def cart_rate(self) -> float:
        """Cards whose item went into the basket, per visible card; what was found elsewhere is no card's doing."""
        return self.carts / self.seen if self.seen else math.nan


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """95 % interval of a share.

        (p + z²/2n ± z·sqrt(p(1−p)/n + z²/4n²)) / (1 + z²/n)

    Reference: Wilson, 1927.
    """
    if trials <= 0:
        return math.nan, math.nan
    p, n = min(1.0, successes / trials), trials
    centre, spread = p + _Z**2 / (2 * n), _Z * math.sqrt(p * (1 - p) / n + _Z**2 / (4 * n * n))
    return (centre - spread) / (1 + _Z**2 / n), (centre + spread) / (1 + _Z**2 / n)


def poisson(count: int) -> tuple[float, float]:
    """95 % interval of a count, by the square-root transform: (√count ± z/2)²."""
    root = math.sqrt(count)
    return max(0.0, root - _Z / 2) ** 2, (root + _Z / 2) ** 2


def days_read(shop: Shop, now: datetime, days: int = DAYS) -> list[Day]:
    """The last ``days`` days, today last, in the shop's time zone."""
    zone = ZoneInfo(shop.time_zone)
    today = now.astimezone(zone).date()
    first = today - timedelta(days=days - 1)
    since = datetime.combine(first, datetime.min.time(), tzinfo=zone)
    parameters = {
        "zone": shop.time_zone,
        "shop": shop.pk,
        "since": since,
        "until": now,
        "first": str(uuid7_floor(since)),
    }
    pages, coverage, deeds = (_by_day(query, parameters) for query in (_PAGES, _COVERAGE, _DEEDS))
    return [_day(first + timedelta(days=offset), pages, coverage, deeds) for offset in range(days)]


def by_this_time_yesterday(shop: Shop, now: datetime) -> Day:
    """The day before, from its midnight to the same time of day: what a day that goes on is compared with."""
    return days_read(shop, now - timedelta(days=1), days=1)[0]


def _by_day(query: str, parameters: dict[str, Any]) -> Rows:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return {row[0]: row[1:] for row in cursor.fetchall()}


def _day(day: date, pages: Rows, coverage: Rows, deeds: Rows) -> Day:
    shown = pages.get(day, (0, 0, None, None, 0))
    done = deeds.get(day, (0, 0, 0, 0, 0))
    return Day(
        day=day,
        events=done[0],
        clicks=done[1],
        carts=done[2],
        purchases=done[3],
        revenue_minor=int(done[4]),
        pages=shown[0],
        seen=int(shown[1] or 0),
        p50_ms=math.nan if shown[2] is None else shown[2],
        p95_ms=math.nan if shown[3] is None else shown[3],
        degraded=shown[4],
        items_shown=coverage.get(day, (0,))[0],
    )


def showable_count(shop: Shop) -> int:
    """Items that could be shown."""
    with connection.cursor() as cursor:
        cursor.execute(_SHOWABLE, [shop.pk])
        return int(cursor.fetchone()[0])
