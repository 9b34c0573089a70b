"""How much memory processes hold, and whether they have mapped what only a trainer may load."""

from dataclasses import dataclass
from pathlib import Path

_MB = 10**6


@dataclass(frozen=True)
class ProcessMemory:
    """One process: its share of the memory (pages that n processes share count 1/n in each) and what it mapped."""

    name: str
    pss_mb: float
    maps_torch: bool


def family_read(name: str, pid: int) -> list[ProcessMemory]:
    """A process and everything it has forked; the forks are numbered."""
    pids = [pid, *descendants(pid)]
    return [
        ProcessMemory(f"{name} {number}" if number else f"{name} (parent)", pss_mb(one), torch_mapped(one))
        for number, one in enumerate(pids)
    ]


def descendants(pid: int) -> list[int]:
    """Children and their children, in the order of their ids."""
    found: list[int] = []
    for file in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, file.read_text().split()):
            found += [child, *descendants(child)]
    return sorted(found)


def pss_mb(pid: int) -> float:
    """Proportional set size in megabytes (10⁶ bytes)."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024 / _MB
    raise OSError(f"/proc/{pid}/smaps_rollup names no Pss: this needs Linux 4.14 or newer.")


def torch_mapped(pid: int) -> bool:
    """Whether any file of torch is mapped into a process."""
    maps = Path(f"/proc/{pid}/maps").read_text()
    return "libtorch" in maps or "/torch/" in maps
