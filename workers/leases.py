"""Two schedules may tick at once: one of them does the work, and a slot of time asks for a job once."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.db import connection

from catalog.ids import uuid7_at

_LOCK_CLASS = 0x4C4541  # "LEA"


@contextmanager
def lease(name: str) -> Iterator[bool]:
    """True for the only process that holds ``name``; it ends with the block or with the process."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, hashtext(%s))", [_LOCK_CLASS, name])
        held = bool(cursor.fetchone()[0])
    try:
        yield held
    finally:
        if held:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, hashtext(%s))", [_LOCK_CLASS, name])


def slot_id(name: str, now: datetime, every: timedelta) -> UUID:
    """The id of what happens once per period: the same for every schedule that ticks in it."""
    period = every.total_seconds()
    start = datetime.fromtimestamp(now.timestamp() // period * period, tz=UTC)
    return uuid7_at(start, name)
