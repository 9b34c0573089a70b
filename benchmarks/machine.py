"""What the numbers were measured on, and how busy it was with other things."""

import os
import time
from dataclasses import dataclass
from pathlib import Path

CALM = 0.15
"""Share of the machine that may be busy with other things when latencies are measured."""

_GIB = 2**30


@dataclass(frozen=True)
class Machine:
    """Hardware as far as it moves a number."""

    cpu: str
    cores: int
    memory_gib: float

    @property
    def words(self) -> str:
        """One line for a report."""
        return f"{self.cpu}, {self.cores} cores, {self.memory_gib:.0f} GiB"


def machine_read() -> Machine:
    """The machine this runs on; cores are those this process may use."""
    models = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    cpu = models[0].partition(":")[2].strip() if models else "unknown processor"
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return Machine(cpu, len(os.sched_getaffinity(0)), memory / _GIB)


def busy_share(seconds: float) -> float:
    """Share of all cores' time that was not idle during the next ``seconds``."""
    before = _jiffies()
    time.sleep(seconds)
    idle, total = (now - then for now, then in zip(_jiffies(), before, strict=True))
    return 1 - idle / total if total else 0.0


def calm_wait(*, below: float = CALM, patience_seconds: float = 60.0) -> float:
    """Wait until the machine is less busy than ``below``, at most so long; returns how busy it was last."""
    end = time.monotonic() + patience_seconds
    share = busy_share(3)
    while share >= below and time.monotonic() < end:
        share = busy_share(3)
    return share


def _jiffies() -> tuple[int, int]:
    """Idle and total time of all cores since the start."""
    times = [int(word) for word in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    return times[3] + times[4], sum(times)
