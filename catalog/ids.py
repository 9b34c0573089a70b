"""Time-ordered ids (UUID version 7): sortable by time, so tables can be partitioned by id alone."""

import hashlib
import uuid
from datetime import UTC, datetime

import uuid_utils.compat

_VERSION_7 = 0x7 << 76
_VARIANT = 0b10 << 62


def uuid7() -> uuid.UUID:
    """A new random id for now."""
    return uuid_utils.compat.uuid7()


def uuid7_at(at: datetime, *parts: str) -> uuid.UUID:
    """The id of a record that happened at ``at``: milliseconds, then a hash of ``parts``.

    The same time and parts always give the same id, which is what makes an import idempotent.
    """
    digest = int.from_bytes(hashlib.blake2b("\x1f".join(parts).encode(), digest_size=10).digest(), "big")
    milliseconds = int(at.timestamp() * 1000) & (2**48 - 1)
    random_a = (digest >> 68) & 0xFFF
    random_b = digest & (2**62 - 1)
    return uuid.UUID(int=(milliseconds << 80) | _VERSION_7 | (random_a << 64) | _VARIANT | random_b)


def uuid7_floor(at: datetime) -> uuid.UUID:
    """The smallest id of the millisecond of ``at``: a partition bound or a range filter."""
    return uuid.UUID(int=(int(at.timestamp() * 1000) & (2**48 - 1)) << 80)


def uuid7_time(identifier: uuid.UUID) -> datetime:
    """When the id's record happened (millisecond precision, UTC)."""
    return datetime.fromtimestamp((identifier.int >> 80) / 1000, tz=UTC)
