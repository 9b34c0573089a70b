"""One cell in a process of its own: read the problem, learn, answer, measure, store.

python -m benchmarks.quality.cell CELL.json --data DIR --results DIR
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from benchmarks.machine import machine_read
from benchmarks.quality.cells import REFIT, TEST, Cell, Ranks, Record, means_of, record_write
from benchmarks.quality.fingerprint import fingerprint
from benchmarks.quality.models import model_named
from benchmarks.quality.work import Answers, Questions, Work, unit_text
from dpe_site import environment
from recommender.data.types import DataError
from recommender.evaluation.metrics import intra_list_diversity
from recommender.management.stage_bar import StageBar
from recommender.trials.lists import Lists
from recommender.trials.measure import Measured, Task, measure_lists, measured_join
from recommender.trials.problems import PROBLEMS, VALIDATION, Problem

Measurements = dict[tuple[str, str], tuple[Measured, Ranks]]


def main(words: Sequence[str]) -> int:
    """Measure and store the cell whose JSON is given."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.quality.cell", description=__doc__.splitlines()[0])
    parser.add_argument("cell", help="the fields of a Cell as JSON")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--results", type=Path, required=True)
    options = parser.parse_args(words)
    try:
        cell_run(Cell(**json.loads(options.cell)), options.data, options.results)
    except (DataError, OSError, subprocess.CalledProcessError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def cell_run(cell: Cell, data: Path, results: Path) -> None:
    """Measure and store a cell."""
    began, started = time.perf_counter(), datetime.now(UTC).isoformat(timespec="seconds")
    problem = PROBLEMS[cell.problem](data, seed=cell.seed, tie_seed=cell.tie_seed, refit=cell.mode == REFIT)
    with TemporaryDirectory() as scratch, StageBar() as stages:
        work = Work(
            problem.texts,
            cell.options,
            cell.seed,
            threads(),
            60 * cell.max_minutes,
            environment.home(),
            Path(scratch),
            stages,
        )
        measured, details = cell_measure(cell, problem, work)
        usage = Usage.since(began)
        vectors = unit_text(work.catalogue)
    rows: dict[str, dict[str, dict[str, float]]] = {}
    for (row, question), (one, _) in measured.items():
        rows.setdefault(row, {})[question] = means_of(one, intra_list_diversity(one.lists, vectors, 10))
    record = Record(
        cell=cell,
        fingerprint=fingerprint(cell, model_named(cell.model).roots),
        command=f"python -m benchmarks.quality --only '{cell.problem}/{cell.model}'",
        hardware=machine_read().words,
        threads=threads(),
        started=started,
        **asdict(usage),
        rows=rows,
        details=details,
    )
    record_write(results, record, {key: ranks for key, (_, ranks) in measured.items()})


@dataclass(frozen=True)
class Usage:
    """What a cell cost."""

    wall_seconds: float
    cpu_seconds: float
    peak_memory_mb: float  # of the larger process: this one, or the peer's

    @classmethod
    def since(cls, began: float) -> "Usage":
        """So far, of this process and those it has waited for."""
        own, children = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
        return cls(
            time.perf_counter() - began,
            sum(usage.ru_utime + usage.ru_stime for usage in (own, children)),
            max(own.ru_maxrss, children.ru_maxrss) * 1024 / 1e6,
        )


def cell_measure(cell: Cell, problem: Problem, work: Work) -> tuple[Measurements, dict[str, Any]]:
    """Learn, answer and measure; a trial is asked on the validation shoppers alone."""
    model = model_named(cell.model)
    asked: dict[str, tuple[Task, ...]] = {VALIDATION: problem.validation}
    final = dict(problem.questions) if cell.purpose == TEST else {}
    if problem.again is None:
        answers = model.fit(problem.lesson, asked | final, work, None)
        return _measured(answers, asked | final, problem), answers.details
    first = model.fit(problem.lesson, asked, work, None)
    measured = _measured(first, asked, problem)
    if not final:
        return measured, first.details
    last = model.fit(problem.again, final, work, first.chosen)
    return measured | _measured(last, final, problem), {"chosen on": first.details, **last.details}


def _measured(answers: Answers, questions: Questions, problem: Problem) -> Measurements:
    popularity = problem.lesson.train.item_counts()
    found: Measurements = {}
    for row, by_question in answers.lists.items():
        for name, tasks in questions.items():
            parts = _parts(row, tasks, by_question[name], popularity)
            joined = measured_join(parts)
            users = np.concatenate([task.targets.users for task in tasks])
            found[row, name] = joined, Ranks(users, joined.ranks)
    return found


def _parts(row: str, tasks: Sequence[Task], lists: Sequence[Lists], popularity: np.ndarray) -> list[Measured]:
    return [measure_lists(row, task, one, popularity) for task, one in zip(tasks, lists, strict=True)]


def threads() -> int:
    """Threads that numerical libraries are told to use."""
    return int(os.environ.get("OMP_NUM_THREADS") or len(os.sched_getaffinity(0)))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
