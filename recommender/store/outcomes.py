"""What came of pages within a short time: which of their cards were seen, clicked and bought."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from catalog.models import Shop
from users.kinds import CLICK_SQL, Kind
from users.learnable import LEARNABLE, PEOPLE

CREDIT = timedelta(hours=1)
"""For so long a click or a purchase counts for the page it came from; younger pages are left out."""


@dataclass(frozen=True)
class SlotOutcome:
    """A seen slot of a page."""

    slot: int  # 0-based, in the impression's arrays
    clicked: bool
    revenue: int  # minor units bought of it


# As in ``facts.snapshot_sql``: a deed that names its page counts for that page; a purchase that names none counts for
# the last seen slot in which the person had met the item. What bots and floods saw is left out with what they did.
_OUTCOMES = f"""
WITH {PEOPLE},
pages AS (
    SELECT people.person, fact.* FROM recommender_impression fact {LEARNABLE}
    WHERE fact.shop_id = %(shop)s AND fact.id = ANY(%(pages)s) AND fact.shown_at <= %(until)s),
slots AS (
    SELECT p.id, p.person, p.shown_at, s.item_id, s.place - 1 AS slot,
           CASE WHEN true = ANY(p.seen) THEN coalesce(s.seen, false) ELSE s.section = 0 END AS seen
    FROM pages p, unnest(p.item_ids, p.section_of::int[], p.dropped, p.seen)
        WITH ORDINALITY AS s(item_id, section, dropped, seen, place)
    WHERE NOT coalesce(s.dropped, false)),
deeds AS (
    SELECT fact.id, people.person, item_id, impression, occurred_at, {CLICK_SQL} AS clicked,
           CASE WHEN kind = %(purchase)s THEN coalesce(price_minor, 0) * greatest(quantity, 1) ELSE 0 END AS revenue
    FROM users_interaction fact {LEARNABLE}
    WHERE fact.shop_id = %(shop)s AND kind = ANY(%(kinds)s) AND occurred_at >= (SELECT min(shown_at) FROM pages)
      AND occurred_at <= (SELECT max(shown_at) FROM pages) + %(credit)s
      AND fact.id NOT IN (SELECT undoes FROM users_interaction WHERE shop_id = %(shop)s AND undoes IS NOT NULL)),
named AS (
    SELECT s.id AS page, s.slot, d.clicked, d.revenue FROM slots s JOIN deeds d
        ON d.impression = s.id AND d.item_id = s.item_id AND d.person = s.person
        AND d.occurred_at BETWEEN s.shown_at AND s.shown_at + %(credit)s),
unnamed AS (
    SELECT DISTINCT ON (d.id) s.id AS page, s.slot, false AS clicked, d.revenue FROM slots s JOIN deeds d
        ON d.impression IS NULL AND d.revenue > 0 AND d.person = s.person AND d.item_id = s.item_id AND s.seen
        AND d.occurred_at BETWEEN s.shown_at AND s.shown_at + %(credit)s
    ORDER BY d.id, s.shown_at DESC, s.slot),
earned AS (
    SELECT page, slot, bool_or(clicked) AS clicked, sum(revenue) AS revenue
    FROM (SELECT * FROM named UNION ALL SELECT * FROM unnamed) counted GROUP BY page, slot)
SELECT s.id, s.slot, coalesce(e.clicked, false), coalesce(e.revenue, 0)
FROM slots s LEFT JOIN earned e ON e.page = s.id AND e.slot = s.slot
WHERE s.seen OR e.page IS NOT NULL
ORDER BY s.id, s.slot
"""  # noqa: S608 - all parts are constants


def outcomes_read(shop: Shop, pages: Sequence[UUID], now: datetime) -> dict[UUID, list[SlotOutcome]]:
    """The seen slots of those of ``pages`` that are older than ``CREDIT``, with what came of them within it."""
    parameters: dict[str, Any] = {
        "shop": shop.pk,
        "consent_required": shop.consent_required,
        "decided_by": now,
        "pages": list(pages),
        "until": now - CREDIT,
        "credit": CREDIT,
        "purchase": int(Kind.PURCHASE),
        "kinds": [int(kind) for kind in (Kind.CLICK, Kind.VIEW, Kind.PURCHASE)],
    }
    found: dict[UUID, list[SlotOutcome]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_OUTCOMES, parameters)
        for page, slot, clicked, revenue in cursor.fetchall():
            found.setdefault(page, []).append(SlotOutcome(int(slot), bool(clicked), int(revenue)))
    return found
