"""A client's event as a typed value, or what is wrong with each field of it and what would be right.

Pure: what needs the database (does the item exist, whose id is it) is asked by ``recommender.events``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from users.event_fields import FieldError, Fields, Refused, currency, json_name, number, text, time, uuid, whole
from users.kinds import KIND_BY_WORD, Kind

SEEN = "seen"
"""The beacon that reports which cards were visible; it is no interaction."""

OLDEST = timedelta(days=30)
FUTURE = timedelta(minutes=5)
MAX_QUANTITY = 1_000_000
MAX_MINOR = 10**12
MAX_SEEN = 200
_NOWHERE: tuple[int, ...] = ()
_NO_ITEM = frozenset({Kind.SEARCH, Kind.SHARE, Kind.UNDO})
_UNITS = {Kind.RATE: (1.0, 5.0, "a rating from 1 to 5"), Kind.DWELL: (0.0, 86_400.0, "seconds, up to a day")}


@dataclass(frozen=True, slots=True)
class ParsedEvent:
    """An event whose fields have the right types and ranges. ``kind`` is ``None`` for the ``seen`` beacon."""

    client_id: UUID
    kind: Kind | None
    occurred_at: datetime
    item: str = ""  # external id
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
    positions: tuple[int, ...] = ()  # of the seen cards
    undoes: UUID | None = None  # client id of the event taken back
    undoes_kind: Kind | None = None  # or: the latest of this kind with ``item``


def event_parse(raw: Any, *, now: datetime) -> ParsedEvent | list[FieldError]:
    """One element of a batch, as it came out of the JSON parser.

    Returns: the event, or everything that is wrong with it, at least one error.
    """
    if not isinstance(raw, dict):
        return [FieldError("", "type", f"An event is an object, this is {json_name(raw)}.")]
    fields = Fields(raw)
    fields.require("client_id", "a UUID of your own, the same when you send the event again")
    fields.require("kind", "the kind of event")
    client_id = fields.read("client_id", uuid, None)
    word = fields.read("kind", _kind_word, None)
    kind = KIND_BY_WORD.get(word or "")
    occurred_at = fields.read("occurred_at", lambda value: _recent(time(value), now), now)
    common = _common(fields)
    specific = _seen(fields) if word == SEEN else _undo(fields) if kind == Kind.UNDO else _interaction(fields, kind)
    if fields.errors or client_id is None:
        return fields.errors
    return ParsedEvent(client_id=client_id, kind=kind, occurred_at=occurred_at, **common, **specific)


def is_seen(raw: Any) -> bool:
    """Whether an element of a batch, good or bad, calls itself the ``seen`` beacon."""
    return isinstance(raw, dict) and raw.get("kind") == SEEN


def _common(fields: Fields) -> dict[str, Any]:
    return {
        "session": fields.read("session", text(64), ""),
        "surface": fields.read("surface", text(40), ""),
        "search": fields.read("search", uuid, None),
        "position": fields.read("position", whole(0, 32_767), None),
    }


def _seen(fields: Fields) -> dict[str, Any]:
    fields.require("impression", "the id of the impression whose cards were seen")
    fields.require("positions", "the positions of the seen cards")
    return {
        "impression": fields.read("impression", uuid, None),
        "positions": fields.read("positions", _positions, _NOWHERE),
    }


def _undo(fields: Fields) -> dict[str, Any]:
    undoes = fields.read("undoes", uuid, None)
    kind = fields.read("undoes_kind", _interaction_kind, None)
    item = fields.read("item", text(200), "")
    named = {"undoes", "undoes_kind"} & {error.pointer[1:] for error in fields.errors}
    if undoes is None and not (kind and item) and not named:
        detail = "Say what to take back: the client id of the event as undoes, or undoes_kind together with item."
        fields.errors.append(FieldError("/undoes", "required", detail))
    return {"undoes": undoes, "undoes_kind": kind, "item": item}


def _interaction(fields: Fields, kind: Kind | None) -> dict[str, Any]:
    if kind is not None and kind not in _NO_ITEM:
        fields.require("item", "the item's external id")
    if kind == Kind.RATE:
        fields.require("value", "the rating, from 1 to 5")
    return {
        "item": fields.read("item", text(200), ""),
        "value": fields.read("value", _value_of(kind), None),
        "quantity": fields.read("quantity", whole(1, MAX_QUANTITY), 1),
        "price_minor": fields.read("price_minor", whole(0, MAX_MINOR), None),
        "currency": fields.read("currency", currency, ""),
        "order": fields.read("order", text(64), ""),
        "impression": fields.read("impression", uuid, None),
    }


def _kind_word(value: Any) -> str:
    if not isinstance(value, str) or (value not in KIND_BY_WORD and value != SEEN):
        raise Refused("unknown_kind", f"The kinds are {', '.join([*KIND_BY_WORD, SEEN])}.")
    return value


def _interaction_kind(value: Any) -> Kind:
    kind = KIND_BY_WORD.get(value) if isinstance(value, str) else None
    if kind is None or kind == Kind.UNDO:
        raise Refused("unknown_kind", f"What can be taken back: {', '.join(w for w in KIND_BY_WORD if w != 'undo')}.")
    return kind


def _recent(at: datetime, now: datetime) -> datetime:
    if at < now - OLDEST:
        raise Refused("too_old", f"{at:%Y-%m-%d} is more than {OLDEST.days} days ago: import old events instead.")
    if at > now + FUTURE:
        raise Refused("future", f"{at:%Y-%m-%d %H:%M} lies ahead of our clock: set yours, or leave occurred_at out.")
    return at


def _positions(value: Any) -> tuple[int, ...]:
    if not isinstance(value, list) or not 0 < len(value) <= MAX_SEEN:
        raise Refused("type", f"This is a list of 1 to {MAX_SEEN} positions.")
    position = whole(0, 32_767)
    return tuple(sorted({position(entry) for entry in value}))


def _value_of(kind: Kind | None) -> Callable[[Any], float]:
    return number(*_UNITS.get(kind or Kind.VIEW, (-1e9, 1e9, "a number")))
