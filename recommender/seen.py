"""Cards that a browser reports as visible: marked on the impression, counted into the shopper's fatigue."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import QuerySet

from catalog.ids import uuid7_floor
from catalog.models import Shop
from recommender.models import Impression
from users.consent import consent_granted
from users.models import Consent, Shopper
from users.shoppers import shopper_ids, shopper_locked
from users.state import seen_in_vain
from users.state_rows import state_locked, state_write

Seen = tuple[UUID | None, tuple[int, ...]]
"""An impression's id and the positions that were visible."""


_CLAIM = """
WITH named AS (SELECT DISTINCT * FROM unnest(%(ids)s::uuid[], %(sessions)s::varchar[]) AS named(id, session)),
claimed AS (
    UPDATE recommender_impression i SET shopper_id = %(shopper)s FROM named
    WHERE i.id = named.id AND i.session = named.session AND i.session <> '' AND i.shop_id = %(shop)s
      AND i.shopper_id IS NULL
    RETURNING i.id),
logs AS (UPDATE recommender_requestlog l SET shopper_id = %(shopper)s FROM claimed WHERE l.impression = claimed.id)
SELECT id FROM claimed
UNION
SELECT i.id FROM recommender_impression i JOIN users_shopper p ON p.id = i.shopper_id
WHERE i.id = ANY(%(ids)s::uuid[]) AND i.shop_id = %(shop)s AND %(shopper)s IN (p.id, p.merged_into_id)
"""


@transaction.atomic
def cards_seen(*, shopper: Shopper, seen: Sequence[Seen]) -> int:
    """Mark positions of the shopper's own impressions as seen; others' and unknown ones are passed over.

    Seeing is no deed: the state's version stays, so a reload shows the same page.

    Returns: how many cards were newly seen.
    """
    shopper = shopper_locked(shopper)
    own = Impression.objects.of(shopper.shop_id).filter(shopper_id__in=shopper_ids(shopper.pk))
    items = _marked(own, _positions(seen))
    if items:
        state_write(shopper.pk, seen_in_vain(state_locked(shopper.pk, shopper.shop_id), items))
    return len(items)


@transaction.atomic
def cards_seen_by_nobody(*, shop_id: int, seen: Sequence[Seen]) -> int:
    """The same for pages that name nobody: nothing was done yet, or nothing may be remembered."""
    ownerless = Impression.objects.of(shop_id).filter(shopper__isnull=True)
    return len(_marked(ownerless, _positions(seen)))


@transaction.atomic(savepoint=False)
def impressions_claim(*, shop: Shop, shopper: Shopper, named: Collection[tuple[UUID, str]]) -> set[UUID]:
    """Which of the pages that a shopper's events name are the person's own.

    A page that was shown before there was a shopper becomes the person's, with its log, if the event is of the session
    it was shown in. A page that was written without a session names nobody for good, and a person who has not allowed
    personalised pages owns none.

    Args:
        shop: whose pages.
        shopper: who acts.
        named: impressions and the sessions of the events that name them.
    """
    if not named or not consent_granted(shop=shop, shopper=shopper, purpose=Consent.Purpose.PERSONALISATION):
        return set()
    shopper = shopper_locked(shopper)
    ids, sessions = zip(*named, strict=True)
    parameters: dict[str, Any] = {
        "shop": shop.pk,
        "shopper": shopper.pk,
        "ids": list(ids),
        "sessions": list(sessions),
    }
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, parameters)
        return {row[0] for row in cursor.fetchall()}


def session_of_pages(shopper: Shopper, sessions: Collection[str]) -> str:
    """The one session of some deeds, if the person's pages were shown in it too; else ``""``.

    An app may give its deeds sessions of its own, which no page bears: what is said of such a session would reach the
    deeds alone.
    """
    if len(sessions) != 1:
        return ""
    [session] = sessions
    own = Impression.objects.of(shopper.shop_id).filter(shopper_id__in=shopper_ids(shopper.pk), session=session)
    return session if own.exists() else ""


def sessions_forget(before: datetime) -> int:
    """Take the session off pages that nobody has made theirs: one that was shown before ``before`` names nobody.

    Returns: from how many pages.
    """
    ownerless = Impression.objects.filter(shopper__isnull=True, pk__lt=uuid7_floor(before))
    return ownerless.exclude(session="").update(session="")


def _positions(seen: Sequence[Seen]) -> dict[UUID, set[int]]:
    positions: dict[UUID, set[int]] = {}
    for impression_id, places in seen:
        if impression_id is not None:
            positions.setdefault(impression_id, set()).update(places)
    return positions


def _marked(impressions: QuerySet[Impression], positions: dict[UUID, set[int]]) -> list[int]:
    """Mark the rows, locked in the order of their ids; the items newly seen."""
    rows = list(impressions.filter(pk__in=positions).order_by("pk").select_for_update())
    items = [item for row in rows for item in _mark(row, positions[row.pk])]
    if items:
        Impression.objects.bulk_update(rows, ["seen"])
    return items


def _mark(row: Impression, positions: set[int]) -> list[int]:
    """Set the flags on the row; the items whose flag is new."""
    row.seen = [*row.seen, *([False] * (len(row.item_ids) - len(row.seen)))]
    new = [place for place in sorted(positions) if place < len(row.item_ids) and not row.seen[place]]
    for place in new:
        row.seen[place] = True
    return [row.item_ids[place] for place in new]
