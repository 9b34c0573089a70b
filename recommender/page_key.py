"""What tells a request from others: its decision key, and the cursor by which it follows the pages before it."""

import hashlib
from collections.abc import Sequence
from datetime import date
from uuid import UUID

from django.conf import settings
from django.core import signing

from recommender.data.types import Context
from recommender.slate.rules import rule_ids_active
from recommender.store.live import Serving

_CURSORS = signing.Signer(salt="recommender.cursor")  # no time stamp: a reload has the same cursor


def cursor_read(cursor: str) -> list[UUID]:
    """Impressions of the pages before; empty for no cursor or one that we did not sign."""
    try:
        return [UUID(hex=name) for name in _CURSORS.unsign_object(cursor)] if cursor else []
    except signing.BadSignature:
        return []


def cursor_make(shown: Sequence[UUID]) -> str:
    """The cursor that follows these pages, oldest first."""
    return _CURSORS.sign_object([one.hex for one in shown], compress=True)


def decision_key(context: Context, serving: Serving, day: date) -> str:
    """H(secret, shopper, session, state version, ruleset, rules in force, bundle, surface, page, day): 64 hex digits.

    The session counts only while there is no shopper. The shop's day is part of it, so that nobody is shown
    yesterday's page; so are segment, arm and the rules whose time it is, so that none of them waits for the shopper to
    do something.
    """
    parts = (
        settings.DPE_SECRET,
        context.shop_id,
        context.shopper_id or context.session,
        context.state_version,
        context.personalise,
        serving.ruleset.hash,
        ",".join(map(str, rule_ids_active(serving.ruleset.rules, context))),
        context.segment,
        context.arm,
        serving.bundle.fingerprint if serving.bundle else "",
        context.surface,
        context.anchor_item,
        context.department,
        context.query,
        *_limits_of(context),
        context.page,
        ",".join(map(str, context.served_ids.tolist())),
        day.toordinal(),
    )
    return hashlib.sha256("\x1f".join(map(str, parts)).encode()).hexdigest()


def _limits_of(context: Context) -> tuple[object, ...]:
    """Limits that make a page another one; languages do not: the page stays, in the words of the other language."""
    limits = context.limits
    return limits.price_from_minor, limits.price_to_minor, limits.region, limits.adult
