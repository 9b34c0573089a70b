"""Peers stacked: who is right more often weighs more, and what was fitted is used again."""

from collections.abc import Mapping
from functools import partial

import numpy as np
import pytest

from benchmarks.quality.stacking import candidates_of, stacked
from benchmarks.quality.work import Answers, Model, rows_make
from recommender.trials.lists import Lists, lists_collect
from recommender.trials.measure import Task
from recommender.trials.problems import VALIDATION
from tests.benchmarks.quality.problems import problem, work
from tests.recommender.trials.shop import N


def guesses(task: Task, *, right: float) -> Lists:
    """Lists that begin with the truth for a share of the shoppers."""
    rng = np.random.default_rng(0)
    rows = []
    for row in range(len(task.targets)):
        truth = int(task.targets.of(row)[0])
        others = rng.permutation(np.setdiff1d(np.arange(N), [truth]))[:9]
        items = [truth, *others] if rng.random() < right else [*others, truth]
        rows.append((np.array(items), np.linspace(2.0, 1.0, 10, dtype=np.float32)))
    return lists_collect(rows, len(rows))


def peer(name: str, *, right: float) -> Model:
    def fit(lesson, questions, work, chosen) -> Answers:
        return Answers(rows_make({name: partial(guesses, right=right)}, questions), chosen=f"{name} chose")

    return Model(name, fit, (name,), ())


def first_right(lists: Mapping[str, tuple[Lists, ...]], questions: Mapping[str, tuple[Task, ...]], name: str) -> float:
    task = questions[name][0]
    return float(np.mean([lists[name][0].of(row)[0][0] == task.targets.of(row)[0] for row in range(len(task.targets))]))


def test_the_peer_that_is_right_is_believed_and_the_weights_serve_again(tmp_path):
    peers = (peer("good", right=0.9), peer("poor", right=0.0))
    asked = problem()
    questions = {VALIDATION: asked.validation, **asked.questions}
    found = stacked(asked.lesson, questions, work(tmp_path), None, name="both", peers=peers)
    assert set(found.lists) == {"both"}
    assert first_right(found.lists["both"], questions, "last item") > 0.7
    assert found.chosen.peers == ("good chose", "poor chose")
    assert found.details["choices"] == len(asked.lesson.validation.fusion)
    again = stacked(asked.lesson, dict(asked.questions), work(tmp_path), found.chosen, name="both", peers=peers)
    assert np.array_equal(again.lists["both"]["last item"][0].index, found.lists["both"]["last item"][0].index)


def test_what_one_peer_left_out_has_its_last_score_and_no_rank():
    first = lists_collect([(np.array([4, 2]), np.array([3.0, 1.0], np.float32))], 1)
    second = lists_collect([(np.array([7]), np.array([5.0], np.float32))], 1)
    items, columns = candidates_of([first, second], 0)
    assert items.tolist() == [2, 4, 7]
    assert columns[:, 0].tolist() == pytest.approx([-1.0, 1.0, -1.0])
    assert columns[:, 1].tolist() == pytest.approx([5 / 6, 1.0, 0.0])
    assert columns[:, 3].tolist() == pytest.approx([0.0, 0.0, 1.0])


def test_a_shopper_for_whom_no_peer_has_an_answer_gets_none():
    nothing = lists_collect([(np.zeros(0, np.int64), np.zeros(0, np.float32))], 1)
    items, columns = candidates_of([nothing, nothing], 0)
    assert len(items) == 0
    assert columns.shape == (0, 4)
