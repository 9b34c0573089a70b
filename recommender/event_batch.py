"""The events of one call, what became of each, and why some are refused."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from catalog.facets import ItemFacets, facets_by_external_id
from catalog.models import Shop
from users.event_fields import FieldError
from users.event_parsing import ParsedEvent
from users.kinds import Kind
from users.receipts import FoundReceipts

MAX_EVENTS = 1_000

ACCEPTED, DUPLICATE, CONFLICT, REFUSED = "accepted", "duplicate", "conflict", "refused"


class BatchTooLarge(ValueError):
    """More events than one batch may carry; nothing was taken, the client may split it and send it again."""

    def __init__(self, count: int) -> None:
        super().__init__(
            f"A batch carries at most {MAX_EVENTS:,} events, this one {count:,}: split it and send it again."
        )


@dataclass(frozen=True, slots=True)
class EventResult:
    """What became of one event of a batch."""

    index: int
    status: str  # accepted, duplicate, conflict, refused
    client_id: UUID | None = None
    interaction_id: UUID | None = None
    errors: tuple[FieldError, ...] = ()  # pointers start at the event

    @property
    def is_kept(self) -> bool:
        """Whether the event is in the books, now or from an earlier batch."""
        return self.status in (ACCEPTED, DUPLICATE)


_TAKEN = FieldError("/client_id", "conflict", "Another shopper has used this id: send the event with a fresh one.")
UNASKED = FieldError(
    "/kind", "consent_required", "This shop asks first: record the consent `personalisation`, then send the event."
)


class Batch:
    """The events of one call and what is known of each so far."""

    def __init__(self, shop: Shop, now: datetime, visit: str, parsed: Sequence[ParsedEvent | list[FieldError]]) -> None:
        self.shop, self.now, self.visit = shop, now, visit
        self.open: dict[int, ParsedEvent] = {}  # by index: not decided yet
        self.decided: dict[int, EventResult] = {}
        self.facets: dict[str, ItemFacets] = {}
        self.repeats: dict[int, int] = {}  # index → index of the same client id earlier in the batch
        first: dict[UUID, int] = {}
        for index, event in enumerate(parsed):
            if not isinstance(event, ParsedEvent):
                self.decided[index] = EventResult(index, REFUSED, errors=tuple(event))
            elif event.client_id in first:
                self.repeats[index] = first[event.client_id]
            else:
                first[event.client_id] = index
                self.open[index] = event

    @property
    def is_only_seen(self) -> bool:
        """Whether nothing was done: seeing a page makes no shopper."""
        return all(event.kind is None for event in self.open.values())

    @property
    def impressions(self) -> set[tuple[UUID, str]]:
        """Pages that the open events name, each with the sessions it may have been shown in."""
        events = self.open.values()
        return {(e.impression, session) for e in events if e.impression for session in (e.session, self.visit)}

    def refuse_unknown_items(self) -> None:
        """Look all items up at once."""
        self.facets = facets_by_external_id(self.shop.pk, {event.item for event in self.open.values() if event.item})
        for index, event in list(self.open.items()):
            if event.item and event.item not in self.facets:
                self.refuse(index, FieldError("/item", "unknown_item", f"This shop has no item {event.item[:60]!r}."))

    def refuse_unasked(self) -> None:
        """Leave open what nobody has to allow: pages seen, a dislike, and a dislike taken back by its item."""
        for index, event in list(self.open.items()):
            liked_again = event.kind == Kind.UNDO and event.undoes_kind == Kind.DISLIKE and bool(event.item)
            if event.kind not in (None, Kind.DISLIKE) and not liked_again:
                self.refuse(index, UNASKED)

    def refuse(self, index: int, error: FieldError) -> None:
        """Refuse an open event."""
        self._decide(index, REFUSED, errors=(error,))

    def settle(self, receipts: FoundReceipts) -> None:
        """Decide the events that somebody has a receipt for."""
        for index, event in list(self.open.items()):
            receipt = receipts.by_client_id.get(event.client_id)
            if receipt is None:
                continue
            if receipt.shopper_id in receipts.person:
                self._decide(index, DUPLICATE, receipt.interaction_id)
            else:
                self._decide(index, CONFLICT, errors=(_TAKEN,))

    def accept(self, index: int, interaction_id: UUID | None) -> None:
        """Acknowledge an open event."""
        self._decide(index, ACCEPTED, interaction_id)

    def results(self) -> list[EventResult]:
        """One result per event, in the batch's order."""
        for index, original in self.repeats.items():
            first = self.decided[original]
            status = DUPLICATE if first.status == ACCEPTED else first.status
            self.decided[index] = EventResult(index, status, first.client_id, first.interaction_id, first.errors)
        return [self.decided[index] for index in sorted(self.decided)]

    def _decide(
        self, index: int, status: str, interaction_id: UUID | None = None, errors: tuple[FieldError, ...] = ()
    ) -> None:
        client_id = self.open.pop(index).client_id
        self.decided[index] = EventResult(index, status, client_id, interaction_id, errors)
