"""``manage.py evaluate``'s procedure on a problem of tiny walks."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from recommender.data.sequence_file import ItemTexts
from recommender.data.splits import leave_last_out, validation_thirds
from recommender.trials import evaluate
from recommender.trials.measure import Task
from recommender.trials.problems import Lesson, Problem
from tests.recommender.trials.shop import SMALL, N, catalogue, sequences

pytestmark = pytest.mark.usefixtures("one_thread")


def walks(data: Path, *, seed: int, tie_seed: int, refit: bool) -> Problem:
    """The last two items of each walk, asked one after the other by models frozen before both."""
    whole, numbers = sequences(), np.ones(N, np.int64)
    asked = [leave_last_out(whole.without_last(left)) for left in (1, 0)]
    split = leave_last_out(whole.without_last(2))
    lesson = Lesson(split.train, validation_thirds(split.targets, seed=seed))
    tasks = tuple(Task(one.train, one.targets) for one in asked)
    return Problem("walks", ItemTexts(("",) * N, numbers, numbers, numbers), lesson, None, {"last two": tasks})


@pytest.mark.slow
def test_ours_and_the_baselines_are_asked_at_every_moment(monkeypatch, tmp_path):
    monkeypatch.setitem(evaluate.PROBLEMS, "walks", walks)
    monkeypatch.setitem(evaluate.NOTES, "walks", "Tiny.")
    monkeypatch.setattr(evaluate, "catalogue_of", lambda texts, home: catalogue())
    monkeypatch.setattr(evaluate, "MODELS", ("ease",))
    stages: set[str] = set()
    config = replace(SMALL, encoder=replace(SMALL.encoder, epochs=3))
    run = evaluate.Run(tmp_path, tmp_path, config, 0, lambda name, done, total: stages.add(name))
    outcome = evaluate.evaluate(run, {"walks": 1})
    (table,) = outcome.tables
    assert table.title == "Last two"
    assert table.users == 2 * 150
    rows = {row.model: row for row in table.rows}
    assert {evaluate.OURS, evaluate.FUSION, "popular", "EASE"} <= set(rows)
    assert rows["popular"].behind is not None
    assert rows["popular"].behind.verdict == "better"
    assert set(outcome.details) == {"walks"}
    assert "second stage" in stages
