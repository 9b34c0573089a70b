"""ONLINE use case: take a batch of events, so that the very next page differs.

Each event is judged by itself. The good ones are one transaction: receipts, interactions, the shopper's state, the
outbox. Only then are they acknowledged. A batch that is sent again changes nothing and gets the same answer.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from catalog.facets import ItemFacets
from catalog.ids import uuid7_at
from catalog.models import Shop
from recommender.event_batch import MAX_EVENTS, Batch, BatchTooLarge, EventResult
from recommender.seen import cards_seen, cards_seen_by_nobody, impressions_claim, session_of_pages
from recommender.twins import near_twins
from users.consent import consent_granted
from users.event_fields import FieldError
from users.event_parsing import ParsedEvent, event_parse
from users.identity import Identity
from users.interactions import NewInteraction, interactions_record, undoable
from users.kinds import Kind
from users.models import Consent, Shopper
from users.receipts import NewReceipt, receipts_find, receipts_write
from users.shoppers import shopper_ensure, shopper_find
from users.suspicion import suspicion_check
from users.wishes import item_hide


def events_take(
    *,
    shop: Shop,
    identity: Identity,
    events: Sequence[Any],
    now: datetime,
    agent: str = "",
    remember: bool = True,
) -> list[EventResult]:
    """Judge, keep and acknowledge a batch; one result per event, in order.

    Args:
        shop: where it happened.
        identity: who sends it; events of a guest who signed in since count for the person.
        events: elements of the batch as the JSON parser gave them.
        now: when they arrived.
        agent: the client's User-Agent, a hint at bots.
        remember: whether the sender allows it; if not, a dislike and its undo are obeyed and leave no fact, what was
            seen is marked for nobody, and the rest is refused.

    Raises:
        BatchTooLarge: more than 1,000 events.
        ValueError: ``identity`` names nobody, and something was done.
    """
    if len(events) > MAX_EVENTS:
        raise BatchTooLarge(len(events))
    parsed = [event_parse(raw, now=at) for raw, at in zip(events, _moments(now, events), strict=True)]
    batch = Batch(shop, now, identity.visit, parsed)
    batch.refuse_unknown_items()
    if not remember:
        batch.refuse_unasked()
        _obey(batch, identity)
    if batch.open:
        with transaction.atomic():
            shopper = None if batch.is_only_seen else shopper_ensure(shop=shop, identity=identity, at=now)
            shopper = shopper or _seer(shop, identity)
            if shopper is None:
                _take_from_nobody(batch)
            else:
                _take(batch, shopper, agent)
    return batch.results()


def _obey(batch: Batch, identity: Identity) -> None:
    """Hide what is disliked, and show again what no longer is, for somebody of whom nothing may be remembered."""
    for index, event in list(batch.open.items()):
        if event.kind is not None:
            shopper = shopper_ensure(shop=batch.shop, identity=identity, at=batch.now)
            item_hide(
                shopper=shopper,
                item_id=batch.facets[event.item].item_id,
                at=batch.now,
                undo=event.kind == Kind.UNDO,
                find_twins=near_twins,
            )
            batch.accept(index, None)


def _seer(shop: Shop, identity: Identity) -> Shopper | None:
    """Who saw a page, where that may be remembered."""
    shopper = shopper_find(shop=shop, identity=identity)
    return shopper if consent_granted(shop=shop, shopper=shopper, purpose=Consent.Purpose.PERSONALISATION) else None


def _moments(now: datetime, events: Sequence[Any]) -> list[datetime]:
    """A time for each event that brings none: the last arrived now, those before it a millisecond apart."""
    return [now - timedelta(milliseconds=len(events) - 1 - index) for index in range(len(events))]


def _take_from_nobody(batch: Batch) -> None:
    """Mark pages of nobody as seen; there is nobody to give a receipt to, and marking twice changes nothing."""
    seen = [(event.impression, event.positions) for event in batch.open.values()]
    cards_seen_by_nobody(shop_id=batch.shop.pk, seen=seen)
    for index in list(batch.open):
        batch.accept(index, None)


def _take(batch: Batch, shopper: Shopper, agent: str) -> None:
    """Keep what is good of a batch, in the current transaction."""
    client_ids = [event.client_id for event in batch.open.values()]
    named = [event.undoes for event in batch.open.values() if event.undoes]
    receipts = receipts_find(shopper, [*client_ids, *named])
    batch.settle(receipts)
    ids = {index: _id(batch.shop, event) for index, event in batch.open.items()}
    undone = _undone(batch, shopper, ids, receipts.mine())
    written = receipts_write(
        shopper, [NewReceipt(event.client_id, ids[index]) for index, event in batch.open.items()], batch.now
    )
    if len(written) < len(batch.open):  # somebody sent the same events a moment ago
        lost = [event.client_id for event in batch.open.values() if event.client_id not in written]
        batch.settle(receipts_find(shopper, lost))
    _record(batch, shopper, ids, undone, agent)


def _record(batch: Batch, shopper: Shopper, ids: Mapping[int, UUID], undone: Mapping[int, UUID], agent: str) -> None:
    own = impressions_claim(shop=batch.shop, shopper=shopper, named=batch.impressions)
    _see(batch, shopper, own)
    new = [
        _interaction(ids[index], event, event.kind, batch.facets.get(event.item), undone.get(index), own)
        for index, event in batch.open.items()
        if event.kind is not None
    ]
    if new:
        facets = {known.item_id: known for known in batch.facets.values()}
        state = interactions_record(
            shopper=shopper, interactions=new, now=batch.now, find_twins=near_twins, facets=facets
        )
        sessions = {one.session for one in new}
        suspicion_check(
            shopper=shopper,
            find_session=lambda: session_of_pages(shopper, sessions),
            state=state,
            agent=agent,
            at=batch.now,
        )
    for index in list(batch.open):
        batch.accept(index, ids[index])


def _see(batch: Batch, shopper: Shopper, own: Collection[UUID]) -> None:
    """Mark the cards that beacons report: on the person's own pages for the person, on nameless ones for nobody."""
    seen = [(event.impression, event.positions) for event in batch.open.values() if event.kind is None]
    mine = [one for one in seen if one[0] in own]
    if mine:
        cards_seen(shopper=shopper, seen=mine)
    if len(mine) < len(seen):
        cards_seen_by_nobody(shop_id=batch.shop.pk, seen=[one for one in seen if one[0] not in own])


def _undone(batch: Batch, shopper: Shopper, ids: Mapping[int, UUID], mine: Mapping[UUID, UUID]) -> dict[int, UUID]:
    """Which interaction each undo of the batch takes back; one that takes nothing back is refused."""
    known = {**mine, **{event.client_id: ids[index] for index, event in batch.open.items()}}
    undone: dict[int, UUID] = {}
    for index, event in list(batch.open.items()):
        if event.kind != Kind.UNDO:
            continue
        found = known.get(event.undoes) if event.undoes else _latest(batch, shopper, event, known)
        if found is None:
            batch.refuse(index, FieldError("/undoes", "nothing_to_undo", "You have no such event left to take back."))
        else:
            undone[index] = found
    return undone


def _latest(batch: Batch, shopper: Shopper, event: ParsedEvent, known: Mapping[UUID, UUID]) -> UUID | None:
    """The latest event of the kind and item an undo names: in the batch before it, else in the books."""
    here = [
        other
        for other in batch.open.values()
        if (other.kind, other.item) == (event.undoes_kind, event.item) and other.occurred_at <= event.occurred_at
    ]
    if here:
        return known[max(here, key=lambda other: other.occurred_at).client_id]
    if event.undoes_kind is None:
        return None
    return undoable(shopper, item_id=batch.facets[event.item].item_id, kind=event.undoes_kind)


def _id(shop: Shop, event: ParsedEvent) -> UUID:
    """The interaction's id: its time, and a hash that is the same whenever the event is sent."""
    return uuid7_at(event.occurred_at, "event", str(shop.pk), event.client_id.hex)


def _interaction(
    interaction_id: UUID,
    event: ParsedEvent,
    kind: Kind,
    facets: ItemFacets | None,
    undoes: UUID | None,
    own: Collection[UUID],
) -> NewInteraction:
    """The event as it is written; a page that is not the person's own is not named."""
    return NewInteraction(
        id=interaction_id,
        kind=kind,
        occurred_at=event.occurred_at,
        item_id=facets.item_id if facets else None,
        quantity=event.quantity,
        price_minor=event.price_minor,
        currency=event.currency,
        order=event.order,
        session=event.session,
        search=event.search,
        surface=event.surface,
        impression=event.impression if event.impression in own else None,
        position=event.position,
        value=event.value,
        undoes=undoes,
    )
