"""Who belongs to a segment now: the conditions of ``segments`` in SQL, over all shoppers of a shop."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db import connection

from catalog.models import Shop
from catalog.moments import microseconds
from users.consent import GRANTED
from users.models import Consent
from users.segments import Conditions

_SHARE = """
(SELECT coalesce(max(greatest(e.value::float8, 0)) FILTER (WHERE e.key = %(department)s::text)
                 / nullif(sum(greatest(e.value::float8, 0)), 0), 0)
 FROM jsonb_each_text(coalesce(s.taste -> 'departments', '{}')) e) >= %(share)s
"""
_PRICE = "exp((s.taste -> 'price' ->> 1)::float8 / nullif((s.taste -> 'price' ->> 0)::float8, 0))"
_QUIET = "(%(now_us)s - s.recent_times[cardinality(s.recent_times)]) / 86400000000"
_ASKED = {
    "price_from": f"{_PRICE} >= %(price_from)s",
    "price_to": f"{_PRICE} <= %(price_to)s",
    "quiet_from": f"{_QUIET} >= %(quiet_from)s",
    "quiet_to": f"{_QUIET} <= %(quiet_to)s",
    "purchases_from": "cardinality(s.purchased_items) >= %(purchases_from)s",
    "purchases_to": "cardinality(s.purchased_items) <= %(purchases_to)s",
    "deeds_to": "cardinality(s.recent_items) <= %(deeds_to)s",
}
_MEMBERS = f"""
FROM users_shopperstate s JOIN users_shopper p ON p.id = s.shopper_id
WHERE p.shop_id = %(shop)s AND p.merged_into_id IS NULL
  AND {GRANTED}
"""


def members_count(shop: Shop, conditions: Conditions, now: datetime) -> int:
    """How many shoppers belong: those who did something and want personalised pages."""
    where, parameters = _where(shop, conditions, now)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) {where}", parameters)
        return int(cursor.fetchone()[0])


def members_read(shop: Shop, conditions: Conditions, now: datetime, n: int | None = None) -> list[int]:
    """Ids of members, the latest to do something first; all of them, or at most ``n``."""
    where, parameters = _where(shop, conditions, now)
    ordered = f"SELECT p.id {where} ORDER BY s.updated_at DESC, p.id LIMIT %(n)s"
    with connection.cursor() as cursor:
        cursor.execute(ordered, {**parameters, "n": n})
        return [row[0] for row in cursor.fetchall()]


_TASTES = f"""
SELECT p.id, jsonb_build_object('departments', s.taste -> 'departments', 'tags', s.taste -> 'tags',
                                'price', coalesce(s.taste -> 'price', '[0, 0]'))
{_MEMBERS} AND s.taste ? 'departments'
"""
_CHUNK = 2_000


def tastes_read(
    shop: Shop, *, since: datetime | None = None, sample: int | None = None
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Shoppers who want personalised pages, each with departments, tags and price of their interest profile.

    Args:
        shop: whose shoppers.
        since: only those who did something since; without ``sample`` the latest comes first.
        sample: at most so many, drawn by a hash of their ids, always the same.
    """
    where, parameters = _TASTES, _asking(shop) | {"since": since, "sample": sample}
    if since is not None:
        where += " AND s.updated_at >= %(since)s"
    order = "s.updated_at DESC, p.id" if sample is None else "hashint8extended(p.id, 0), p.id LIMIT %(sample)s"
    with connection.chunked_cursor() as cursor:
        cursor.execute(f"{where} ORDER BY {order}", parameters)
        while rows := cursor.fetchmany(_CHUNK):
            yield from ((shopper_id, json.loads(taste)) for shopper_id, taste in rows)


def _asking(shop: Shop) -> dict[str, Any]:
    """Whose members, and what says that they want personalised pages."""
    return {"shop": shop.pk, "purpose": Consent.Purpose.PERSONALISATION, "granted": not shop.consent_required}


def _where(shop: Shop, conditions: Conditions, now: datetime) -> tuple[str, dict[str, Any]]:
    asked = {name: getattr(conditions, name) for name in _ASKED}
    clauses = [clause for name, clause in _ASKED.items() if asked[name] is not None]
    if conditions.department:
        clauses.append(_SHARE)
    if conditions.who:
        clauses.append(f"p.user_id IS {'NOT NULL' if conditions.who == 'member' else 'NULL'}")
    if conditions.language:
        clauses.append("coalesce(nullif(p.language, ''), %(shop_language)s) = %(language)s")
    parameters = (
        asked
        | _asking(shop)
        | {
            "now_us": microseconds(now),
            "department": conditions.department,
            "share": conditions.share,
            "language": conditions.language,
            "shop_language": shop.language,
        }
    )
    return " AND ".join([_MEMBERS, *clauses]), parameters
