"""Which cells the table is made of, in the order in which they are run: cheap models and small data sets first."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatch
from pathlib import Path

from benchmarks.quality.cells import REFIT, STRICT, TEST, TRIAL, Cell, Options, Record, record_read
from benchmarks.quality.fingerprint import fingerprint
from benchmarks.quality.work import Model
from recommender.trials.problems import VALIDATION

TIE_SEEDS = 5
TRIAL_MINUTES = 6.0
TIED = ("ml-100k", "ml-100k-last-10")
"""Problems whose answer hangs on the order of equal times."""
MOST_TIED = "ml-100k"
"""The one that hangs on it most: a single item of each shopper."""
ONE_MODE = "online-retail"
"""The problem that is always learned again up to its split."""


@dataclass(frozen=True)
class Wanted:
    """What a run is asked for."""

    only: tuple[str, ...] = ()  # shell patterns of ``problem/model``; none: everything
    seeds: int = 3
    modes: tuple[str, ...] = (STRICT, REFIT)
    tune: bool = True

    def __contains__(self, cell: Cell) -> bool:
        name = f"{cell.problem}/{cell.model}"
        return not self.only or any(fnmatch(name, one) or fnmatch(cell.model, one) for one in self.only)


def trials_of(problem: str, model: Model) -> tuple[Cell, ...]:
    """The trials of a model: each of its options once, on one seed, asked on validation alone; none if no choice."""
    if len(model.grid) == 1:
        return ()
    return tuple(
        Cell(problem, model.name, purpose=TRIAL, options=options, max_minutes=TRIAL_MINUTES) for options in model.grid
    )


def options_of(problem: str, model: Model, results: Path) -> Options:
    """The options whose trial had the best validation NDCG@10; the first ones while no trial is stored."""
    records = [record_read(results, cell) for cell in trials_of(problem, model)]
    found = [(_validation(record, model), -place) for place, record in enumerate(records) if record]
    return model.grid[-max(found)[1]] if found else model.grid[0]


def cells_of(problem: str, model: Model, wanted: Wanted, results: Path) -> Iterator[Cell]:
    """The cells of a model's rows in the tables of a problem."""
    seeds = _seeds(problem, model, wanted.seeds)
    modes = [STRICT] if problem == ONE_MODE else wanted.modes
    chosen = options_of(problem, model, results)
    for mode in modes:
        for seed, tie_seed in seeds if mode == STRICT else seeds[:1]:
            yield Cell(problem, model.name, seed, tie_seed, mode, TEST, chosen, model.max_minutes)


def _seeds(problem: str, model: Model, n: int) -> list[tuple[int, int]]:
    """Seeds and tie seeds. Each order of tied times is learned with a seed of its own, so five cells vary both."""
    if problem == MOST_TIED and n > 1:
        n = max(n, TIE_SEEDS)
    return [(number, number) for number in range(n if model.seeded or problem in TIED else 1)]


def plan(wanted: Wanted, problems: Sequence[str], models: Sequence[Model], results: Path) -> Iterator[Cell]:
    """Cells that are wanted, trials of a model before its cells; options are chosen when a cell's turn comes."""
    for model in models:
        for problem in problems:
            if wanted.tune:
                yield from (cell for cell in trials_of(problem, model) if cell in wanted)
            yield from (cell for cell in cells_of(problem, model, wanted, results) if cell in wanted)


def is_current(record: Record | None, cell: Cell, model: Model) -> bool:
    """Whether a stored cell was measured by today's code with these options."""
    return record is not None and record.fingerprint == fingerprint(cell, model.roots)


def limited(cell: Cell, minutes: float) -> Cell:
    """The cell with no more time for learning than given."""
    return replace(cell, max_minutes=min(cell.max_minutes, minutes))


def _validation(record: Record, model: Model) -> float:
    found = record.rows.get(model.rows[0], {}).get(VALIDATION, {}).get("NDCG@10", math.nan)
    return -math.inf if math.isnan(found) else found
