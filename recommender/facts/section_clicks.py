"""How often cards of each section of the homepage were seen and clicked lately, by those who allow learning."""

from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from catalog.ids import uuid7_floor
from catalog.models import Shop
from users.kinds import CLICK_SQL
from users.learnable import LEARNABLE, PEOPLE

WINDOW = timedelta(days=28)
PAGES = 5_000
"""Newest pages that are counted."""

_COUNTS = f"""
WITH {PEOPLE},
pages AS (
    SELECT fact.id, fact.section_of, fact.sections, fact.seen FROM recommender_impression fact {LEARNABLE}
    WHERE fact.shop_id = %(shop)s AND fact.surface = 'homepage' AND fact.id >= %(floor)s::uuid
      AND fact.shown_at <= %(decided_by)s
    ORDER BY fact.id DESC LIMIT %(pages)s),
cards AS (
    SELECT pages.id, slot.n - 1 AS position, pages.sections -> slot.section::int ->> 'code' AS code
    FROM pages, unnest(pages.section_of, pages.seen) WITH ORDINALITY AS slot(section, seen, n) WHERE slot.seen),
clicked AS (
    SELECT DISTINCT impression, position FROM users_interaction
    WHERE shop_id = %(shop)s AND id >= %(floor)s::uuid AND {CLICK_SQL} AND impression IN (SELECT id FROM pages))
SELECT cards.code, count(*), count(clicked.position)
FROM cards LEFT JOIN clicked ON clicked.impression = cards.id AND clicked.position = cards.position
WHERE cards.code IS NOT NULL GROUP BY 1
"""  # noqa: S608 - all parts are constants


def section_clicks(shop: Shop, now: datetime) -> dict[str, tuple[int, int]]:
    """Section code → (cards seen, of these clicked) up to ``now``."""
    parameters: dict[str, Any] = {
        "shop": shop.pk,
        "consent_required": shop.consent_required,
        "decided_by": now,
        "floor": str(uuid7_floor(now - WINDOW)),
        "pages": PAGES,
    }
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS, parameters)
        return {code: (seen, clicks) for code, seen, clicks in cursor.fetchall()}
