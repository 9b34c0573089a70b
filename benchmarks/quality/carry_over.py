"""Cells that older code measured count as today's where a sample, measured anew, gives everybody the same ranks.

A change that makes code faster or clearer and moves no number should not cost hours of measuring. Whoever made it
names samples, best the cells that most of the changed code takes part in. Each stands for the cells of its problem for
which the same files changed, or fewer (``Model.roots``). Where a rank of a sample differs, its new figures stand, and
on its problem nothing more is carried over.
"""

import shutil
import subprocess
import tarfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.quality.cells import TEST, TRIAL, Cell, Record, record_write_json, records_read
from benchmarks.quality.fingerprint import changed, fingerprint
from benchmarks.quality.models import MODELS, model_named
from benchmarks.quality.plan import Wanted, is_current
from dpe_site.environment import REPOSITORY
from recommender.data.types import DataError

Run = Callable[[Cell, Path], bool]
"""Measures a cell and stores it in a folder; whether it could."""


@dataclass(frozen=True)
class Carried:
    """What became of one sample."""

    sample: Cell
    same: bool | None  # whether its ranks are the same ones; None: it could not be measured
    cells: int  # that were carried over after it, itself not counted


@contextmanager
def code_of(commit: str) -> Iterator[Path]:
    """The files of a commit in a folder for a while.

    Raises: DataError if there is no such commit.
    """
    archive = subprocess.run(["git", "archive", commit], cwd=REPOSITORY, capture_output=True, check=False)
    if archive.returncode:
        raise DataError(f"there is no commit {commit!r} here ({archive.stderr.decode().strip()})")
    with TemporaryDirectory() as folder, tarfile.open(fileobj=BytesIO(archive.stdout)) as files:
        files.extractall(folder, filter="data")
        yield Path(folder)


def carry_over(results: Path, commit: str, wanted: Wanted, run: Run) -> Iterator[Carried]:
    """Measure samples anew and carry over what they stand for.

    Args:
        results: the folder of stored cells.
        commit: whose code measured them.
        wanted: names the samples; of the cells of one model on one problem the quickest is taken.
        run: measures a cell.
    Raises: DataError if there is no such commit, or its code measured no cell that is wanted.
    """
    with code_of(commit) as older:
        stale = [record for record in _stored(results) if _measured_by(record, older)]
        touched = {record.cell.model: changed(model_named(record.cell.model).roots, older) for record in stale}
    samples = _samples(stale, wanted)
    if not samples:
        raise DataError(f"no stored cell that is wanted was measured by the code of {commit} and is out of date")
    differing: set[str] = set()
    for sample in samples:  # of one problem after another
        problem = sample.problem
        same = _sample_again(results, sample, run)
        differing |= set() if same else {problem}
        stale = [record for record in stale if record.cell != sample]
        others = [
            record
            for record in stale
            if record.cell.problem == problem
            and problem not in differing
            and record.cell not in samples
            and touched[record.cell.model] <= touched[sample.model]
        ]
        for record in others:
            _take_over(results, record, commit, sample)
        stale = [record for record in stale if record not in others]
        yield Carried(sample, same, len(others))


def _samples(stale: Iterable[Record], wanted: Wanted) -> list[Cell]:
    """The quickest wanted cell of each model on each problem, those with most of the minutes last within a problem."""
    found: dict[tuple[str, str, str], Cell] = {}
    for record in sorted(stale, key=lambda record: (record.cell.problem, record.wall_seconds)):
        cell = record.cell
        if cell in wanted and cell.mode in wanted.modes and cell.purpose == TEST:
            found.setdefault((cell.problem, cell.model, cell.mode), cell)
    return list(found.values())


def _take_over(results: Path, record: Record, commit: str, sample: Cell) -> None:
    """Let a cell count as measured by today's code."""
    details = record.details | {"carried_over": {"from": commit, "after": str(sample)}}
    current = fingerprint(record.cell, model_named(record.cell.model).roots)
    record_write_json(results, replace(record, fingerprint=current, details=details))


def _stored(results: Path) -> Iterator[Record]:
    names = {model.name for model in MODELS}
    for purpose in (TEST, TRIAL):
        for record in records_read(results, purpose):
            if record.cell.model in names and not is_current(record, record.cell, model_named(record.cell.model)):
                yield record


def _measured_by(record: Record, repository: Path) -> bool:
    return record.fingerprint == fingerprint(record.cell, model_named(record.cell.model).roots, repository)


def _sample_again(results: Path, cell: Cell, run: Run) -> bool | None:
    """Measure and store a cell anew; whether its ranks are what they were, None if it could not be measured."""
    with TemporaryDirectory() as scratch:
        if not run(cell, Path(scratch)):
            return None
        same = _equal(_ranks_file(results, cell), _ranks_file(Path(scratch), cell))
        for suffix in (".npz", ".json"):
            name = cell.path.with_name(cell.path.name + suffix)
            shutil.copyfile(Path(scratch) / name, results / name)
    return same


def _ranks_file(folder: Path, cell: Cell) -> Path:
    return folder / cell.path.with_name(cell.path.name + ".npz")


def _equal(one: Path, other: Path) -> bool:
    """Whether two files hold the same arrays."""
    if not one.exists():
        return False
    with np.load(one) as mine, np.load(other) as theirs:
        return set(mine) == set(theirs) and all(np.array_equal(mine[name], theirs[name]) for name in mine)


def told(found: Iterable[Carried]) -> Iterator[str]:
    """A line for each sample."""
    for one in found:
        if one.same is None:
            yield f"could not be measured: {one.sample}"
        elif one.same:
            yield f"same ranks: {one.sample}; {one.cells} more cells carried over"
        else:
            yield f"other ranks: {one.sample}; nothing carried over"
