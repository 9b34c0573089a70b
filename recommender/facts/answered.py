"""Cards that were shown and answered, with the sources that had brought them: from request logs and interactions."""

from datetime import datetime, timedelta
from typing import Any

import numpy as np
from django.db import connection

from catalog.ids import uuid7_floor
from catalog.models import Shop
from recommender.data.trend import TREND_WEIGHTS
from recommender.data.types import DataError, Ints
from recommender.models import RequestLog
from recommender.retrieval.earned_quotas import Answered
from recommender.serving.pack import request_unpack
from users.learnable import LEARNABLE, PEOPLE

WINDOW = timedelta(days=28)
CREDIT = timedelta(days=7)
PAGES = 4_000
"""Latest answered pages that are read, and so many others that tell what is offered."""

_OFFERED = 200

_ANSWERED = f"""
WITH {PEOPLE},
pages AS (
    SELECT fact.id, fact.shown_at, fact.item_ids FROM recommender_impression fact {LEARNABLE}
    WHERE fact.shop_id = %(shop)s AND fact.surface = 'homepage' AND fact.id >= %(floor)s::uuid
      AND fact.shown_at <= %(until)s AND NOT fact.synthetic)
SELECT p.id, d.item_id, max(w.weight)
FROM users_interaction d
    JOIN pages p ON p.id = d.impression AND d.occurred_at <= p.shown_at + %(credit)s AND d.item_id = ANY(p.item_ids)
    JOIN unnest(%(kinds)s::int[], %(weights)s::float8[]) AS w(kind, weight) ON w.kind = d.kind
WHERE d.shop_id = %(shop)s AND d.id >= %(floor)s::uuid AND d.occurred_at <= %(until)s
GROUP BY p.id, d.item_id ORDER BY p.id DESC, d.item_id
"""  # noqa: S608 - all parts are constants


def answered_read(shop: Shop, until: datetime) -> Answered:
    """Homepages of the last weeks that are still logged, of people who may be learnt from."""
    with connection.cursor() as cursor:
        cursor.execute(_ANSWERED, _parameters(shop, until))
        rows = cursor.fetchall()
    by_page: dict[Any, dict[int, float]] = {}
    for page, item, weight in rows:
        by_page.setdefault(page, {})[item] = weight
    wanted = list(by_page)[:PAGES]
    worth: list[float] = []
    sources, offered, pages = [np.zeros(0, np.uint32)], [np.zeros(0, np.uint32)], 0
    for log in RequestLog.objects.of(shop).filter(pk__in=wanted).iterator(chunk_size=200):
        read = _candidates(log)
        if read is None:
            continue
        ids, bits = read
        items = np.array(sorted(by_page[log.pk]), np.int64)
        row = np.minimum(np.searchsorted(ids, items), max(len(ids) - 1, 0))
        here = ids[row] == items if len(ids) else np.zeros(len(items), np.bool_)
        sources.append(bits[row[here]])
        worth.extend(by_page[log.pk][item] for item in items[here].tolist())
        pages += 1
        if pages <= _OFFERED:
            offered.append(bits)
    return Answered(np.concatenate(sources), np.array(worth, np.float32), np.concatenate(offered), pages)


def _candidates(log: RequestLog) -> tuple[Ints, np.ndarray[Any, np.dtype[np.uint32]]] | None:
    """Item ids, ascending, and source bits of a logged request; None for one of another version."""
    try:
        _, gathered = request_unpack(bytes(log.payload), None)
    except DataError:
        return None
    return gathered.item_ids, gathered.sources


def _parameters(shop: Shop, until: datetime) -> dict[str, Any]:
    return {
        "shop": shop.pk,
        "consent_required": shop.consent_required,
        "decided_by": until,
        "until": until,
        "floor": str(uuid7_floor(until - WINDOW)),
        "credit": CREDIT,
        "kinds": [int(kind) for kind in TREND_WEIGHTS],
        "weights": list(TREND_WEIGHTS.values()),
    }
