"""Fields of a client's JSON as typed values, or what is wrong with them and what would be right."""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID

T = TypeVar("T")
_NO_CHARACTERS = re.compile("[\0\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one field: where it is, a code for programs, a sentence for people."""

    pointer: str  # JSON pointer from the event, "" for the event itself
    code: str
    detail: str


class Refused(Exception):
    """Raised inside the parser for one field."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code, self.detail = code, detail


class Fields:
    """Reads fields of one event and collects what is wrong with them."""

    def __init__(self, raw: dict[str, Any]) -> None:
        self.raw = raw
        self.errors: list[FieldError] = []

    def read(self, name: str, parse: Callable[[Any], T], default: T) -> T:
        """The parsed field, or ``default`` where it is missing, null, empty or wrong."""
        if self.raw.get(name) in (None, ""):
            return default
        try:
            return parse(self.raw[name])
        except Refused as refused:
            self.errors.append(FieldError(f"/{name}", refused.code, refused.detail))
            return default

    def require(self, name: str, what: str) -> None:
        """Note an error where the field is missing, null or empty; ``what`` says what it would be."""
        if self.raw.get(name) in (None, ""):
            self.errors.append(FieldError(f"/{name}", "required", f"Give {what}."))


def json_name(value: Any) -> str:
    """What a JSON value is, in words."""
    names = {dict: "an object", list: "a list", str: "text", bool: "true or false", int: "a number", float: "a number"}
    return names.get(type(value), "null")


def text(longest: int) -> Callable[[Any], str]:
    """Parser of text that Postgres can keep, 1 to ``longest`` characters."""

    def parse(value: Any) -> str:
        if not isinstance(value, str):
            raise Refused("type", f"This is text, not {json_name(value)}.")
        if not 0 < len(value) <= longest:
            raise Refused("length", f"This has 1 to {longest} characters, not {len(value):,}.")
        if _NO_CHARACTERS.search(value):
            raise Refused("characters", "NUL and unpaired surrogates are no characters: leave them out.")
        return value

    return parse


def whole(lowest: int, highest: int) -> Callable[[Any], int]:
    """Parser of a whole number between two bounds."""

    def parse(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise Refused("type", f"This is a whole number, not {_shown(value)}.")
        if not lowest <= value <= highest:
            raise Refused("range", f"This lies between {lowest:,} and {highest:,}.")
        return value

    return parse


def _shown(value: Any) -> str:
    return repr(value) if isinstance(value, float) else json_name(value)


def uuid(value: Any) -> UUID:
    """A UUID in any of its usual spellings."""
    if isinstance(value, str) and len(value) <= 45:
        try:
            return UUID(value)
        except ValueError:
            pass
    raise Refused("uuid", "This is a UUID such as 018f6b1e-7d3a-7c00-8000-5d1c2e3f4a5b.")


def time(value: Any) -> datetime:
    """A time with its zone, as UTC."""
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) and len(value) <= 40 else None
        at = at.astimezone(UTC) if at and at.tzinfo else None
    except (ValueError, OverflowError):
        at = None
    if at is None:
        raise Refused("time", "This is a time with its zone, such as 2026-03-01T12:00:00Z.")
    return at


def currency(value: Any) -> str:
    """An ISO 4217 code."""
    if not isinstance(value, str) or len(value) != 3 or not (value.isascii() and value.isalpha() and value.isupper()):
        raise Refused("currency", "This is an ISO 4217 code such as EUR.")
    return value


def number(lowest: float, highest: float, what: str) -> Callable[[Any], float]:
    """Parser of a finite number between two bounds; ``what`` says in words what is expected."""

    def parse(value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise Refused("type", f"This is {what}, not {json_name(value)}.")
        if isinstance(value, float) and not math.isfinite(value):
            raise Refused("not_finite", f"This is {what}; NaN and infinity are none.")
        if not lowest <= value <= highest:
            raise Refused("range", f"This is {what}.")
        return float(value)

    return parse
