"""A command in a process of its own, and what it cost."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from threading import Timer
from types import FrameType

from dpe_site.environment import REPOSITORY


@dataclass(frozen=True)
class Cost:
    """Of a command and everything it waited for."""

    status: int  # exit status, negative the signal that ended it
    wall_seconds: float
    cpu_seconds: float
    peak_memory_mb: float  # resident, of its largest process

    @property
    def busy(self) -> float:
        """Processors it had on average."""
        return self.cpu_seconds / max(self.wall_seconds, 1e-9)


def command_run(command: Sequence[str], *, limit_seconds: float, environment: Mapping[str, str] | None = None) -> Cost:
    """Run a command in the repository's folder; it is ended with its children after the limit.

    Args:
        command: program and words.
        limit_seconds: wall time.
        environment: variables beside the present ones.
    """
    began = time.perf_counter()
    before = signal.signal(signal.SIGTERM, _leave)
    process = subprocess.Popen(
        list(command), cwd=REPOSITORY, env={**os.environ, **(environment or {})}, start_new_session=True
    )
    alarm = Timer(limit_seconds, _end, [process.pid])
    alarm.start()
    try:
        _, status, usage = os.wait4(process.pid, 0)
    finally:
        alarm.cancel()
        _end(process.pid)
        signal.signal(signal.SIGTERM, before)
    process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - began
    return Cost(process.returncode, wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024 / 1e6)


def _leave(number: int, _: FrameType | None) -> None:
    """Who is told to end while a command runs takes the command along."""
    sys.exit(128 + number)


def _end(group: int) -> None:
    with contextlib.suppress(ProcessLookupError):  # it has ended by itself
        os.killpg(group, signal.SIGKILL)
