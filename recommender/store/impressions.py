"""Impressions: a shown decision and the request that led to it, written in one statement and found again."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import numpy as np
from django.conf import settings
from django.db import connection

from catalog.ids import uuid7, uuid7_floor
from recommender.data.types import ChosenSection, Context, DataError, Decision, Ints
from recommender.models import Impression, RequestLog
from recommender.store.arrays import array_text

SAME_FOR = timedelta(days=1)
"""How long an unchanged request is answered with the page it was answered with."""

_INSERT = """
SET LOCAL synchronous_commit = off;
WITH shown AS (
    INSERT INTO recommender_impression (
        id, shop_id, shopper_id, session, surface, page, decision_key, shown_at, bundle_id, ruleset_hash, state_version,
        item_ids, section_of, sections, propensities, forced, dropped, seen, scores, pool_ids, temperature, epsilon,
        arm, arm_probability, degraded, latency_ms, synthetic)
    VALUES (
        %(id)s, %(shop)s, %(shopper)s, %(session)s, %(surface)s, %(page)s, %(key)s, %(at)s, %(bundle)s, %(ruleset)s,
        %(version)s, %(items)s::bigint[], %(section_of)s::smallint[], %(sections)s, %(propensities)s::float8[],
        %(forced)s::boolean[], %(dropped)s::boolean[], %(seen)s::boolean[], %(scores)s::float8[], %(pool)s::bigint[],
        %(temperature)s, %(epsilon)s, %(arm)s, %(arm_probability)s, %(degraded)s, %(latency)s, false)
)
INSERT INTO recommender_requestlog (
    impression, shop_id, shopper_id, at, seed, bundle_id, ruleset_hash, runtime, payload)
VALUES (%(id)s, %(shop)s, %(shopper)s, %(at)s, %(seed)s, %(bundle)s, %(ruleset)s, %(runtime)s, %(payload)s)
"""

_SAME = """
SELECT id FROM recommender_impression WHERE decision_key = %s AND id >= %s AND shop_id = %s ORDER BY id DESC LIMIT 1
"""


@dataclass(frozen=True)
class Slots:
    """A page as it is logged: what was dropped stays in its place, what filled a hole follows it."""

    item_ids: list[int]
    section_of: list[int]
    propensities: list[float]  # NaN: a filled hole
    forced: list[bool]
    dropped: list[bool]
    scores: list[float]
    card_of: list[int]  # slot of the decision, -1 for what filled a hole


@dataclass(frozen=True)
class Logged:
    """Everything beside the slots that one request leaves behind."""

    key: str
    seed: int
    bundle_id: int | None
    ruleset_hash: str
    runtime: str
    payload: bytes
    at: datetime
    latency_ms: float


def impression_write(context: Context, decision: Decision, slots: Slots, logged: Logged) -> UUID:
    """Log a shown page with its request. Without consent neither row names a shopper or a session.

    A page does not wait for the disk: a crash of Postgres may lose the impressions of its last half second, never an
    event.

    Args:
        context: who asked; without ``personalise`` neither row names them.
        decision: the page as it was decided.
        slots: the page as it is logged, fills and drops included.
        logged: versions, seed and times of the request, and its packed ``Context`` and ``Gathered``.
    Returns: id of both rows.
    """
    identifier = uuid7()
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, {"id": identifier, **_columns(context, decision, slots, logged)})
    return identifier


def _columns(context: Context, decision: Decision, slots: Slots, logged: Logged) -> dict[str, Any]:
    """Parameters of ``_INSERT``."""
    known = context.personalise
    return {
        "shop": context.shop_id,
        "shopper": context.shopper_id or None if known else None,
        "session": context.session if known else "",
        "surface": context.surface,
        "page": context.page,
        "key": logged.key,
        "at": logged.at,
        "bundle": logged.bundle_id,
        "ruleset": logged.ruleset_hash,
        "version": context.state_version,
        "items": array_text(slots.item_ids),
        "section_of": array_text(slots.section_of),
        "sections": json.dumps([_section(section) for section in decision.sections]),
        "propensities": array_text(slots.propensities),
        "forced": array_text(slots.forced),
        "dropped": array_text(slots.dropped),
        "seen": array_text([False] * len(slots.item_ids)),
        "scores": array_text(slots.scores),
        "pool": array_text(decision.pool_ids.tolist()),
        "temperature": decision.temperature,
        "epsilon": decision.epsilon,
        "arm": context.arm,
        "arm_probability": context.arm_probability,
        "degraded": decision.degraded,
        "latency": logged.latency_ms,
        "seed": Decimal(logged.seed),
        "runtime": logged.runtime,
        "payload": logged.payload,
    }


def _section(section: ChosenSection) -> dict[str, object]:
    return {"code": str(section.code), "subject": section.subject, "propensity": section.propensity}


def sections_shown(impression: Impression) -> tuple[ChosenSection, ...]:
    """The sections that a page was shown with, which its slots count from."""
    return tuple(ChosenSection(**section) for section in impression.sections)


def shown_before(shop_id: int, key: str, now: datetime) -> tuple[Impression, RequestLog] | None:
    """The impression that answered the same request within ``SAME_FOR``, with its log."""
    with connection.cursor() as cursor:  # mostly there is none, and that is found out at little cost
        cursor.execute(_SAME, [key, uuid7_floor(now - SAME_FOR), shop_id])
        found = cursor.fetchone()
    impression = Impression.objects.filter(pk=found[0]).first() if found else None
    log = RequestLog.objects.filter(pk=impression.pk).first() if impression else None
    return (impression, log) if impression and log else None


def request_read(request_id: UUID) -> tuple[Impression, RequestLog]:
    """A shown page and the request that led to it, of which its shop is read along.

    Raises:
        DataError: it was never logged, or its time in the log is over.
    """
    impression = Impression.objects.filter(pk=request_id).first()
    log = RequestLog.objects.select_related("shop").filter(pk=request_id).first()
    if impression is None or log is None:
        days = settings.DPE_KEEP_REQUESTS_DAYS
        raise DataError(f"request {request_id} is not in the log, which keeps {days} days (DPE_KEEP_REQUESTS_DAYS)")
    return impression, log


def served_read(shop_id: int, impressions: Collection[UUID]) -> Ints:
    """Items on earlier pages of a cursor, what was dropped included."""
    rows = Impression.objects.filter(shop_id=shop_id, id__in=list(impressions)).values_list("item_ids", flat=True)
    return np.unique(np.array([item for row in rows for item in row], np.int64))
