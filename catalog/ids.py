"""Time-ordered ids (UUID version 7): sortable by time, so tables can be partitioned by id alone."""

import hashlib
import uuid
from datetime import datetime

import uuid_utils.compat


def uuid7() -> uuid.UUID:
    """A new random id for now."""
    return uuid_utils.compat.uuid7()


def uuid7_at(at: datetime, *parts: str) -> uuid.UUID:
    """The id of a record that happened at ``at``: milliseconds, then a hash of ``parts``.

    The same time and parts always give the same id, which is what makes an import idempotent.
    """
    digest = hashlib.blake2b("\x1f".join(parts).encode(), digest_size=10).hexdigest()
    return uuid.UUID(uuid7_text(int(at.timestamp() * 1000), digest))


def uuid7_text(milliseconds: int, digest: str) -> str:
    """The id's text from its time and at least 19 hexadecimal digits of hash: the form bulk loads write."""
    head = f"{milliseconds & 0xFFFFFFFFFFFF:012x}"
    variant = "89ab"[int(digest[3], 16) & 3]
    return f"{head[:8]}-{head[8:]}-7{digest[:3]}-{variant}{digest[4:7]}-{digest[7:19]}"


def uuid7_floor(at: datetime) -> uuid.UUID:
    """The smallest id of the millisecond of ``at``: a partition bound or a range filter."""
    return uuid.UUID(int=(int(at.timestamp() * 1000) & (2**48 - 1)) << 80)
