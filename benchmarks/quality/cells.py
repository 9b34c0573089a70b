"""Cells of the quality table: one model on one problem with one seed, stored as soon as it is measured.

A cell is two files: ``.json`` with means, times and how it came about, and ``.npz`` with everybody's ranks, a few
kilobytes, from which means over seeds, intervals and paired differences are made later. Both belong into the
repository, so that the table can grow over many runs on several machines.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.peers.exchange import Options
from recommender.data.types import DataError, Ints
from recommender.evaluation.metrics import TargetRanks
from recommender.trials.measure import Measured

STRICT, REFIT = "strict", "refit"
TEST, TRIAL = "test", "trial"
MISS = 0
"""Rank of a target that is not in the list."""


@dataclass(frozen=True)
class Cell:
    """What one process is to measure."""

    problem: str
    model: str
    seed: int = 0
    tie_seed: int = 0
    mode: str = STRICT
    purpose: str = TEST  # ``trial``: validation alone, to choose options by
    options: Options = field(default_factory=dict)
    max_minutes: float = 60.0  # of learning; what stops early stops then with what it has

    @property
    def path(self) -> Path:
        """Where its files lie below the results folder, without suffix."""
        name = f"{slug(self.model)}-s{self.seed}-t{self.tie_seed}"
        if self.purpose == TRIAL:
            name += "-" + (slug("-".join(f"{key}-{value}" for key, value in sorted(self.options.items()))) or "default")
        return Path(self.purpose, self.mode, self.problem, name)

    def __str__(self) -> str:
        told = f" {self.options}" if self.purpose == TRIAL else ""
        return f"{self.purpose} {self.mode} {self.problem}/{self.model}{told} (seed {self.seed}, ties {self.tie_seed})"


@dataclass(frozen=True)
class Ranks:
    """Everybody's ranks in one model's lists on one question."""

    users: Ints  # (v,) shopper of each row, ascending within a task
    ranks: TargetRanks


@dataclass(frozen=True)
class Record:
    """A measured cell."""

    cell: Cell
    fingerprint: str
    command: str
    hardware: str
    threads: int
    started: str  # ISO 8601, UTC
    wall_seconds: float
    cpu_seconds: float
    peak_memory_mb: float
    rows: dict[str, dict[str, dict[str, float]]]  # row → question → means
    details: dict[str, Any] = field(default_factory=dict)


def slug(name: str) -> str:
    """A name as part of a file's name."""
    return re.sub(r"[^a-z0-9.]+", "-", name.lower()).strip("-")


def means_of(measured: Measured, diversity: float) -> dict[str, float]:
    """Means over shoppers and what describes the lists as a whole."""
    means = {name: float(values.mean()) for name, values in measured.metrics().items()}
    extra = {"coverage@10": measured.coverage(), "mean_popularity@10": measured.mean_popularity()}
    return {"rows": float(len(measured.ranks))} | means | extra | {"diversity@10": diversity}


def record_write(folder: Path, record: Record, ranks: Mapping[tuple[str, str], Ranks]) -> None:
    """Store a cell; the JSON, which makes it count, is written last and whole."""
    path = folder / record.cell.path
    path.parent.mkdir(parents=True, exist_ok=True)
    arrays: dict[str, Any] = {}
    for (row, question), one in ranks.items():
        name = f"{slug(row)}/{slug(question)}"
        arrays[f"{name}/step"] = np.diff(one.users, prepend=0).astype(np.int32)
        arrays[f"{name}/count"] = np.diff(one.ranks.start).astype(np.uint16)
        arrays[f"{name}/rank"] = np.where(np.isfinite(one.ranks.rank), one.ranks.rank, MISS).astype(np.uint8)
    np.savez_compressed(path.with_name(path.name + ".npz"), **arrays)
    record_write_json(folder, record)


def record_write_json(folder: Path, record: Record) -> None:
    """Store what is known of a cell besides its ranks, which are there already."""
    path = folder / record.cell.path
    draft = path.with_name(f".{path.name}.part")
    draft.write_text(json.dumps(asdict(record), indent=1, ensure_ascii=False) + "\n")
    draft.replace(path.with_name(path.name + ".json"))


def record_read(folder: Path, cell: Cell) -> Record | None:
    """What is stored of a cell, None if nothing."""
    file = folder / cell.path.with_name(cell.path.name + ".json")
    return _record(file) if file.exists() else None


def records_read(folder: Path, purpose: str) -> Iterator[Record]:
    """Every stored cell of a purpose, in the order of the files' names."""
    for file in sorted((folder / purpose).glob("*/*/*.json")):
        yield _record(file)


def ranks_read(folder: Path, cell: Cell, row: str, question: str) -> Ranks:
    """Everybody's ranks.

    Raises: DataError if the file with the ranks is missing.
    """
    file = folder / cell.path.with_name(cell.path.name + ".npz")
    if not file.exists():
        raise DataError(f"{file} is missing beside its JSON; delete the JSON and run the cell again")
    name = f"{slug(row)}/{slug(question)}"
    with np.load(file) as arrays:
        rank = arrays[f"{name}/rank"].astype(np.float32)
        start = np.concatenate([[0], np.cumsum(arrays[f"{name}/count"], dtype=np.int64)])
        users = np.cumsum(arrays[f"{name}/step"], dtype=np.int64)
    rank[rank == MISS] = np.inf
    return Ranks(users, TargetRanks(start, rank))


def _record(file: Path) -> Record:
    content = json.loads(file.read_text())
    return Record(**content | {"cell": Cell(**content["cell"])})
