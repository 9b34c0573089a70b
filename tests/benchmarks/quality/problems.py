"""A problem of tiny walks, and cells measured on it."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.quality.cells import Cell, Ranks, Record, means_of, record_write
from benchmarks.quality.fingerprint import fingerprint
from benchmarks.quality.models import model_named
from benchmarks.quality.work import Work
from recommender.data.sequence_file import ItemTexts
from recommender.data.splits import leave_last_out, validation_thirds
from recommender.evaluation.metrics import ranks_collect
from recommender.trials.lists import LIST
from recommender.trials.measure import Measured, Task
from recommender.trials.problems import VALIDATION, Lesson, Problem
from tests.recommender.trials.shop import N, sequences

NUMBERS = np.ones(N, np.int64)
TEXTS = ItemTexts(("thing",) * N, NUMBERS, NUMBERS, NUMBERS)


def problem(*, refit: bool = False, repeats: bool = False) -> Problem:
    test = leave_last_out(sequences())
    split = leave_last_out(test.train)
    lesson = Lesson(split.train, validation_thirds(split.targets, seed=0), repeats=repeats)
    questions = {"last item": (Task(test.train, test.targets, repeats=repeats),)}
    return Problem("walks", TEXTS, lesson, Lesson(test.train, None, repeats=repeats) if refit else None, questions)


def work(scratch: Path, **options: object) -> Work:
    return Work(TEXTS, options, 0, 1, 60.0, scratch / "home", scratch, lambda *_: None)


def stored(folder: Path, cell: Cell, ranks: list[float], **changes: object) -> Record:
    """A cell of one row and one question, as if it had been measured."""
    model = model_named(cell.model)
    found = ranks_collect([np.array([rank], np.float32) for rank in ranks])
    measured = Measured(model.rows[0], found, np.zeros((len(ranks), LIST), np.int64), np.ones(N, np.float32))
    means = means_of(measured, 0.5)
    rows = {row: {VALIDATION: means, "last item": means} for row in model.rows}
    record = Record(cell, fingerprint(cell, model.roots), "make", "a machine", 1, "2026-01-31", 60.0, 60.0, 500.0, rows)
    record = replace(record, **changes)
    users = np.arange(len(ranks)) * 2
    record_write(
        folder, record, {(row, asked): Ranks(users, found) for row in model.rows for asked in (VALIDATION, "last item")}
    )
    return record
