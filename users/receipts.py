"""Receipts of clients' events: who sent which id, and which interaction it became."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

from users.models import EventReceipt, Shopper
from users.shoppers import shopper_ids

# Sorted, so that two batches with the same ids wait for each other instead of locking each other out.
_WRITE = """
INSERT INTO users_eventreceipt (shop_id, client_id, shopper_id, interaction, received_at)
SELECT %s, client_id, %s, interaction, %s FROM unnest(%s::uuid[], %s::uuid[]) AS new(client_id, interaction)
ORDER BY client_id ON CONFLICT DO NOTHING RETURNING client_id
"""

_FIND = """
SELECT client_id, shopper_id, interaction FROM users_eventreceipt WHERE shop_id = %s AND client_id = ANY(%s::uuid[])
"""


@dataclass(frozen=True, slots=True)
class NewReceipt:
    """A client's id and the interaction it becomes."""

    client_id: UUID
    interaction_id: UUID


@dataclass(frozen=True, slots=True)
class Receipt:
    """A receipt in the books."""

    shopper_id: int
    interaction_id: UUID


@dataclass(frozen=True)
class FoundReceipts:
    """Receipts by client id, and the ids of everybody who is the asking person (empty where there are no receipts)."""

    by_client_id: dict[UUID, Receipt]
    person: set[int]

    def mine(self) -> dict[UUID, UUID]:
        """Client id to interaction id of the person's own receipts."""
        own = ((key, receipt) for key, receipt in self.by_client_id.items() if receipt.shopper_id in self.person)
        return {key: receipt.interaction_id for key, receipt in own}


def receipts_find(shopper: Shopper, client_ids: Collection[UUID]) -> FoundReceipts:
    """Receipts of the shop with these ids, whoever they belong to."""
    with connection.cursor() as cursor:
        cursor.execute(_FIND, [shopper.shop_id, [str(client_id) for client_id in client_ids]])
        found = {client_id: Receipt(owner, interaction) for client_id, owner, interaction in cursor.fetchall()}
    return FoundReceipts(found, set(shopper_ids(shopper.pk)) if found else set())


def receipts_write(shopper: Shopper, receipts: Sequence[NewReceipt], now: datetime) -> set[UUID]:
    """Write receipts; an id that has one already is passed over.

    Returns: the client ids that were new.
    """
    if not receipts:
        return set()
    client_ids = [str(receipt.client_id) for receipt in receipts]  # text is written several times as fast as UUIDs are
    interactions = [str(receipt.interaction_id) for receipt in receipts]
    with connection.cursor() as cursor:
        cursor.execute(_WRITE, [shopper.shop_id, shopper.pk, now, client_ids, interactions])
        return {client_id for (client_id,) in cursor.fetchall()}


def receipts_prune(before: datetime) -> int:
    """Remove receipts from before; events that old are refused anyway.

    Returns: how many.
    """
    return EventReceipt.objects.filter(received_at__lt=before).delete()[0]
