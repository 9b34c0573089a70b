"""Whether a process lives, told by the lock it holds: locks cannot go stale, process numbers can."""

import fcntl
import os
import time
from pathlib import Path

_POLL_SECONDS = 0.05


def lock_try(file: Path) -> int | None:
    """Take the lock and return its descriptor, or None when a living process holds it.

    The lock lasts until every process that inherited the descriptor has closed it or died.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def lock_wait(file: Path, seconds: float) -> int | None:
    """Take the lock as soon as it is free; None when it is still held after ``seconds``."""
    end = time.monotonic() + seconds
    while (descriptor := lock_try(file)) is None and time.monotonic() < end:
        time.sleep(_POLL_SECONDS)
    return descriptor


def lock_held(file: Path) -> bool:
    """Whether a living process holds the lock."""
    if not file.exists():
        return False
    descriptor = lock_try(file)
    if descriptor is None:
        return True
    os.close(descriptor)
    return False
