"""Moments as whole microseconds since 1970 (UTC), in which states, snapshots and rulesets keep them, and back."""

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def microseconds(at: datetime | None) -> int:
    """Whole microseconds of an aware time; 0 for None, an open end.

    >>> microseconds(datetime(1970, 1, 1, 0, 0, 1, 5, tzinfo=UTC))
    1000005
    """
    return (at - _EPOCH) // _MICROSECOND if at else 0


def moment_of(at_us: int) -> datetime:
    """The time in UTC that is so many microseconds after the beginning of 1970."""
    return _EPOCH + timedelta(microseconds=int(at_us))
