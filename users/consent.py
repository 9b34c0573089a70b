"""What a shopper allowed: decisions are added, never changed; the latest of each purpose counts."""

from datetime import datetime

from django.db import transaction

from catalog.models import Shop
from catalog.moments import microseconds
from catalog.outbox import outbox_add
from users.models import Consent, Shopper
from users.shoppers import TOPIC_SHOPPER, shopper_locked
from users.state import next_version
from users.state_rows import state_locked, state_write

GRANTED = """coalesce((
    SELECT c.granted FROM users_consent c JOIN users_shopper q ON q.id = c.shopper_id
    WHERE (q.id = p.id OR q.merged_into_id = p.id) AND c.purpose = %(purpose)s
    ORDER BY c.at DESC, c.id DESC LIMIT 1), %(granted)s)"""
"""``consent_granted`` of each person ``p`` within a query: ``granted`` holds for those who never said anything."""


@transaction.atomic
def consent_record(*, shopper: Shopper, purpose: str, granted: bool, at: datetime, version: int = 1) -> Consent:
    """Keep a decision and let the next page honour it: the state's version rises.

    A message of its own follows, also where the minute has had one, so that what was made ahead honours it too.

    Raises:
        ValueError: there is no such purpose.
    """
    if purpose not in Consent.Purpose.values:
        raise ValueError(f"{purpose!r} is not a purpose; there are {', '.join(Consent.Purpose.values)}.")
    shopper = shopper_locked(shopper)
    row = Consent.objects.create(
        shop_id=shopper.shop_id, shopper=shopper, purpose=purpose, granted=granted, version=version, at=at
    )
    state_write(shopper.pk, next_version(state_locked(shopper.pk, shopper.shop_id), microseconds(at)))
    outbox_add(shop=shopper.shop_id, topic=TOPIC_SHOPPER, payload={"shopper_id": shopper.pk})
    return row


def consent_latest(shopper_id: int, purpose: str) -> Consent | None:
    """The person's last decision about a purpose, ``None`` if there is none."""
    return Consent.objects.of_person(shopper_id).filter(purpose=purpose).order_by("-at", "-pk").first()


def consent_granted(*, shop: Shop, shopper: Shopper | None, purpose: str) -> bool:
    """Whether the shop may do it: what the person said last, else yes unless the shop asks first."""
    latest = consent_latest(shopper.pk, purpose) if shopper else None
    return latest.granted if latest else not shop.consent_required


def consent_version(shopper_id: int) -> int:
    """Version of the text under which the person allowed learning; 0 where nothing was allowed or asked."""
    latest = consent_latest(shopper_id, Consent.Purpose.LEARNING)
    return latest.version if latest and latest.granted else 0
