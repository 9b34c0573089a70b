"""Interactions: written in bulk together with the state they change, never rewritten."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.db import connection, transaction

from catalog.facets import ItemFacets, facets_by_id
from catalog.ids import uuid7_at
from catalog.models import Item
from catalog.moments import microseconds
from catalog.outbox import outbox_add
from catalog.variants import variants_of
from users.consent import consent_version
from users.kinds import Kind
from users.models import Interaction, Shopper
from users.shoppers import TOPIC_SHOPPER, shopper_ids, shopper_locked
from users.state import Deed, StateValue, fold, must_refold, next_version, refold
from users.state_rows import facts_read, state_locked, state_write

FindTwins = Callable[[int, Collection[int]], Mapping[int, Collection[int]]]
"""Shop id and item ids → near twins of each item."""


@dataclass(frozen=True, slots=True)
class NewInteraction:
    """An interaction about to be written; fields as in ``Interaction``."""

    id: UUID
    kind: Kind
    occurred_at: datetime
    item_id: int | None = None
    quantity: int = 1
    price_minor: int | None = None
    currency: str = ""
    order: str = ""
    session: str = ""
    search: UUID | None = None
    surface: str = ""
    impression: UUID | None = None
    position: int | None = None
    value: float | None = None
    undoes: UUID | None = None

    @property
    def deed(self) -> Deed:
        """The part the state is folded from."""
        value = float("nan") if self.value is None else self.value
        at_us, from_page = microseconds(self.occurred_at), self.impression is not None
        return Deed(self.id, self.kind, at_us, self.item_id, value, self.undoes, from_page)


_TYPES = {
    "id": "uuid", "kind": "smallint", "occurred_at": "timestamptz", "item_id": "bigint", "quantity": "integer",
    "price_minor": "bigint", "currency": "varchar", "order": "varchar", "session": "varchar", "search": "uuid",
    "surface": "varchar", "impression": "uuid", "position": "smallint", "value": "float8", "undoes": "uuid",
}  # fmt: skip
_NAMES: list[str] = [field.name for field in fields(NewInteraction)]
_PLAIN: dict[str, Callable[[Any], Any]] = {"kind": int} | {
    name: lambda value: value and str(value) for name, type_ in _TYPES.items() if type_ == "uuid"
}  # what psycopg2 writes out several times as fast as enumerations and UUIDs
_COLUMNS = ", ".join(f'"{name}"' for name in _NAMES)
_ARRAYS = ", ".join(f"%s::{_TYPES[name]}[]" for name in _NAMES)
_INSERT = (
    f"INSERT INTO users_interaction (shop_id, shopper_id, received_at, consent_version, {_COLUMNS}) "  # noqa: S608
    f"SELECT %s, %s, %s, %s, * FROM unnest({_ARRAYS})"
)


def interaction_record(
    *,
    shopper: Shopper,
    kind: Kind,
    at: datetime,
    item: Item | None = None,
    find_twins: FindTwins = variants_of,
    **details: Any,
) -> NewInteraction:
    """Write one interaction and the state it leads to; ``details`` are further fields of ``NewInteraction``."""
    new = NewInteraction(
        id=uuid7_at(at, "service", uuid4().hex), kind=kind, occurred_at=at, item_id=item.pk if item else None, **details
    )
    interactions_record(shopper=shopper, interactions=[new], now=at, find_twins=find_twins)
    return new


@transaction.atomic(savepoint=False)
def interactions_record(
    *,
    shopper: Shopper,
    interactions: Sequence[NewInteraction],
    now: datetime,
    find_twins: FindTwins = variants_of,
    facets: Mapping[int, ItemFacets] | None = None,
) -> StateValue:
    """Write interactions of one shopper, the state they lead to and the message about it.

    Args:
        shopper: who did it; the person, if it was merged a moment ago.
        interactions: new ones, in any order; ids already in the table are an error.
        now: when they were received.
        find_twins: which items a dislike hides besides its own.
        facets: of the items, where the caller has looked them up already.

    Returns: the new state, one version later.
    """
    shopper = shopper_locked(shopper)
    state = state_locked(shopper.pk, shopper.shop_id)
    _insert(shopper, interactions, now)
    deeds = [new.deed for new in interactions]
    if must_refold(state, deeds):
        state = state_refold(shopper=shopper, state=state, find_twins=find_twins)
    else:
        state = _folded(shopper.shop_id, state, deeds, find_twins, facets)
    state = next_version(state, microseconds(now))
    state_write(shopper.pk, state)
    _announce(shopper, now)
    return state


def state_refold(*, shopper: Shopper, state: StateValue, find_twins: FindTwins = variants_of) -> StateValue:
    """``state`` made again from the facts of the whole person; the version is the caller's to raise."""
    facts = facts_read(shopper_ids(shopper.pk))
    disliked = {deed.item_id for deed in facts if deed.kind == Kind.DISLIKE and deed.item_id is not None}
    facets = facets_by_id(shopper.shop_id, {deed.item_id for deed in facts if deed.item_id is not None})
    return refold(state, facts, facets, find_twins(shopper.shop_id, disliked))


def undoable(shopper: Shopper, *, item_id: int, kind: Kind) -> UUID | None:
    """The person's latest interaction of this kind with this item that was not taken back."""
    mine = Interaction.objects.of(shopper.shop_id).of_person(shopper.pk)
    undone = mine.filter(kind=Kind.UNDO, undoes__isnull=False).values("undoes")
    left = mine.filter(kind=kind, item_id=item_id).exclude(pk__in=undone)
    return left.order_by("-pk").values_list("pk", flat=True).first()


def _same(value: Any) -> Any:
    return value


def _insert(shopper: Shopper, interactions: Sequence[NewInteraction], now: datetime) -> None:
    columns = [[_PLAIN.get(name, _same)(getattr(new, name)) for new in interactions] for name in _NAMES]
    version = consent_version(shopper.pk)
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, [shopper.shop_id, shopper.pk, now, version, *columns])


def _folded(
    shop_id: int, state: StateValue, deeds: list[Deed], find_twins: FindTwins, facets: Mapping[int, ItemFacets] | None
) -> StateValue:
    disliked = {deed.item_id for deed in deeds if deed.kind == Kind.DISLIKE and deed.item_id is not None}
    if facets is None:
        facets = facets_by_id(shop_id, {deed.item_id for deed in deeds if deed.item_id is not None})
    return fold(state, deeds, facets, find_twins(shop_id, disliked))


def _announce(shopper: Shopper, now: datetime) -> None:
    """Say once an hour that a shopper's state moved on; payload ``{"shopper_id": …}``.

    What follows from it is made for a bad day (the list of the fallback), so it need not follow every click.
    """
    message_id = uuid7_at(now.replace(minute=0, second=0, microsecond=0), TOPIC_SHOPPER, str(shopper.pk))
    outbox_add(shop=shopper.shop_id, topic=TOPIC_SHOPPER, payload={"shopper_id": shopper.pk}, message_id=message_id)
