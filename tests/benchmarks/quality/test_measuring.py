"""A cell from problem to figures, and the files by which peers talk."""

import json
import subprocess
import sys

import numpy as np
import pytest

from benchmarks.peers.environment import PACKAGES, peer_python
from benchmarks.peers.exchange import (
    Order,
    Outcome,
    Question,
    commission_read,
    commission_write,
    histories_of,
    outcome_read,
    outcome_write,
)
from benchmarks.quality.cell import cell_measure
from benchmarks.quality.cells import REFIT, TRIAL, Cell
from benchmarks.quality.models import BASELINES, model_named
from recommender.data.types import DataError
from recommender.trials.lists import LIST, best_of, lists_collect
from recommender.trials.measure import measure_lists
from recommender.trials.problems import VALIDATION
from tests.benchmarks.quality.problems import problem, work
from tests.recommender.trials.shop import N, catalogue


def test_every_baseline_is_asked_every_question(tmp_path):
    found, _ = cell_measure(Cell("walks", "baselines"), problem(), work(tmp_path))
    assert set(found) == {(row, asked) for row in BASELINES for asked in (VALIDATION, "last item")}
    measured, ranks = found["sequential rules", "last item"]
    assert len(ranks.users) == len(measured.ranks) == 150
    rules, popular = (found[name, "last item"][0].metrics()["NDCG@10"].mean() for name in BASELINES[3::-3])
    assert rules > popular + 0.1


def test_a_trial_sees_no_target_of_the_test(tmp_path):
    found, _ = cell_measure(Cell("walks", "baselines", purpose=TRIAL), problem(), work(tmp_path))
    assert {asked for _, asked in found} == {VALIDATION}


def test_a_refitted_model_knows_the_validation_items(tmp_path):
    strict, _ = cell_measure(Cell("walks", "EASE (ours)"), problem(), work(tmp_path))
    refit, _ = cell_measure(Cell("walks", "EASE (ours)", mode=REFIT), problem(refit=True), work(tmp_path))
    asked = ("EASE (ours)", VALIDATION)
    assert np.array_equal(strict[asked][1].ranks.rank, refit[asked][1].ranks.rank)
    asked = ("EASE (ours)", "last item")
    assert not np.array_equal(strict[asked][1].ranks.rank, refit[asked][1].ranks.rank)


@pytest.mark.slow
@pytest.mark.usefixtures("one_thread")
def test_the_whole_stack_is_one_training_asked_as_a_whole_and_in_parts(tmp_path):
    small = {"embedding_dim": 16, "max_length": 10, "epochs": 4, "warmup_steps": 5, "learning_rate": 1e-2}
    surroundings = work(tmp_path, **{f"encoder.{name}": value for name, value in small.items()})
    surroundings.text_file.parent.mkdir(parents=True)
    np.save(surroundings.text_file, catalogue().text_vectors)
    found, details = cell_measure(Cell("walks", "DPE", mode=REFIT), problem(refit=True), surroundings)
    rows = model_named("DPE").rows
    assert set(found) == {(row, asked) for row in rows for asked in (VALIDATION, "last item")}
    assert set(details["recall"]) == {"last item"}
    gains = details["chosen on"]["ablation"]
    assert {"encoder", "rules", "item_knn", "text"} <= set(gains)
    assert json.dumps(details)  # it is stored as such
    ndcg = {row: found[row, "last item"][0].metrics()["NDCG@10"].mean() for row in rows}
    assert min(ndcg.values()) > 0.2


def test_lists_hold_no_item_that_ties_with_one_left_out():
    scores = np.concatenate([np.arange(50.0, 0.0, -1.0), np.zeros(200)])
    index, values = best_of(scores)
    assert index.tolist() == list(range(50))
    assert values.tolist() == scores[:50].tolist()
    assert len(best_of(np.array([1.0, 1.0, -np.inf]))[0]) == 2
    assert len(best_of(np.arange(500.0))[0]) == LIST


def test_lists_and_shoppers_must_be_as_many():
    task = problem().questions["last item"][0]
    lists = lists_collect([(np.array([1]), np.array([1.0]))], 1)
    with pytest.raises(DataError, match="made 1 lists for 150 shoppers"):
        measure_lists("hasty", task, lists, np.ones(N, np.float32))


def test_a_commission_reaches_the_peer_and_its_lists_come_back(tmp_path):
    whole = problem()
    task = whole.questions["last item"][0]
    order = Order("ALS", {"factors": 8}, 3, 1, 1, False, 60.0)
    asked = Question(histories_of(task.sequences, task.targets.users[:5]), repeats=True)
    commission_write(tmp_path, order, whole.lesson.train, whole.lesson.validation.stop, [asked])
    read = commission_read(tmp_path)
    assert read.order == order
    assert read.train.item.tolist() == whole.lesson.train.item.tolist()
    assert read.train.n_items == N
    assert read.questions[0].repeats
    assert (
        read.questions[0].histories.items_of(4).tolist() == task.sequences.items_of(int(task.targets.users[4])).tolist()
    )
    assert read.stop is not None
    histories, targets = read.stop
    assert len(histories.histories) == len(targets)
    lists = lists_collect([(np.array([2, 1]), np.array([0.5, 0.25]))] * 5, 5)
    outcome = Outcome(4, 1.5, {"rectools": "0.19.0"}, [[1.0, 0.1]])
    outcome_write(tmp_path, outcome, [lists])
    told, (found,) = outcome_read(tmp_path, 1)
    assert told == outcome
    assert found.index.tolist() == lists.index.tolist()


def test_the_peers_side_of_the_exchange_needs_numpy_alone():
    heavy = "django torch onnxruntime transformers"
    code = f"import sys, benchmarks.peers.exchange; sys.exit(any(name in sys.modules for name in '{heavy}'.split()))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_an_environment_that_is_up_to_date_is_not_made_again(tmp_path):
    folder = tmp_path / "benchmarks" / "peers"
    folder.mkdir(parents=True)
    (folder / "packages.txt").write_text("\n".join(PACKAGES))
    assert peer_python(tmp_path) == folder / "bin" / "python"
    assert [one.name for one in folder.iterdir()] == ["packages.txt"]
