"""Which cells are run, and with which options."""

import pytest

from benchmarks.processes import Cost
from benchmarks.quality import __main__ as quality
from benchmarks.quality import running
from benchmarks.quality.cell import main as cell_main
from benchmarks.quality.cells import REFIT, STRICT, TRIAL, Cell
from benchmarks.quality.models import MODELS, model_named
from benchmarks.quality.plan import Wanted, cells_of, options_of, plan, trials_of
from benchmarks.quality.work import Model, options_apply
from recommender.data.types import DataError
from recommender.encoders.config import SHOP_DEFAULTS
from recommender.trials.problems import PROBLEMS
from tests.benchmarks.quality.problems import stored

ALS = model_named("implicit ALS")


def test_rows_and_names_are_unlike_each_other():
    rows = [row for model in MODELS for row in model.rows]
    assert len(set(rows)) == len(rows)
    assert len({model.name for model in MODELS}) == len(MODELS)


def test_nobody_is_tuned_more_than_the_protocol_allows():
    assert max(len(model.grid) for model in MODELS) <= 4
    with pytest.raises(DataError, match="five has 5 sets of options"):
        Model("five", ALS.fit, ("five",), (), ({},) * 5)


def test_the_options_of_the_best_trial_are_taken(tmp_path):
    assert options_of("beauty", ALS, tmp_path) == ALS.grid[0]
    for number, cell in enumerate(trials_of("beauty", ALS)):
        stored(tmp_path, cell, [5.0, 1.0 if number == 2 else 9.0])
    assert options_of("beauty", ALS, tmp_path) == ALS.grid[2]
    assert options_of("ml-100k", ALS, tmp_path) == ALS.grid[0]
    cell = next(cells_of("beauty", ALS, Wanted(), tmp_path))
    assert cell.options == ALS.grid[2]


def test_trials_come_before_what_they_decide_and_no_model_without_choice_is_tried(tmp_path):
    cells = list(plan(Wanted(), tuple(PROBLEMS), MODELS, tmp_path))
    for model in MODELS:
        own = [cell.purpose for cell in cells if cell.model == model.name and cell.problem == "beauty"]
        trials = len(model.grid) if len(model.grid) > 1 else 0
        assert own[:trials] == [TRIAL] * trials
        assert TRIAL not in own[trials:]


def test_each_order_of_tied_times_has_a_seed_and_what_is_not_random_has_one(tmp_path):
    def seeds(problem: str, name: str, **wanted: int) -> list[tuple[int, int]]:
        cells = cells_of(problem, model_named(name), Wanted(modes=(STRICT,), **wanted), tmp_path)
        return [(cell.seed, cell.tie_seed) for cell in cells]

    assert seeds("ml-100k", "DPE") == [(n, n) for n in range(5)]
    assert seeds("ml-100k", "baselines") == [(n, n) for n in range(5)]
    assert seeds("ml-100k", "DPE", seeds=1) == [(0, 0)]
    assert seeds("beauty", "DPE") == [(n, n) for n in range(3)]
    assert seeds("beauty", "baselines") == [(0, 0)]


def test_refit_is_one_cell_and_a_time_split_has_one_mode(tmp_path):
    dpe = model_named("DPE")
    modes = [cell.mode for cell in cells_of("beauty", dpe, Wanted(seeds=2), tmp_path)]
    assert modes == [STRICT, STRICT, REFIT]
    assert {cell.mode for cell in cells_of("online-retail", dpe, Wanted(), tmp_path)} == {STRICT}


@pytest.mark.parametrize("only", ["beauty/implicit*", "implicit ALS", "*/implicit ALS"])
def test_patterns_name_models_with_or_without_their_problem(only):
    wanted = Wanted(only=(only,))
    assert Cell("beauty", "implicit ALS") in wanted
    assert Cell("beauty", "DPE") not in wanted


def test_options_reach_into_the_configuration_and_must_exist():
    changed = options_apply(SHOP_DEFAULTS, {"encoder.epochs": 2, "rules.history": 3})
    assert (changed.encoder.epochs, changed.rules.history) == (2, 3)
    assert SHOP_DEFAULTS.encoder.epochs != 2
    with pytest.raises(DataError, match="no field 'epoch'"):
        options_apply(SHOP_DEFAULTS, {"encoder.epoch": 2})
    for model in MODELS:
        if "recommender/encoders" in model.roots:
            for options in model.grid:
                options_apply(SHOP_DEFAULTS, options)


def test_a_stored_cell_is_not_run_again(tmp_path, capsys):
    words = ["--list", "--only", "beauty/EASE (ours)", "--mode", "strict", "--results", str(tmp_path)]
    assert quality.main(words) == 0
    assert "beauty/EASE (ours)" in capsys.readouterr().out
    stored(tmp_path, next(cells_of("beauty", model_named("EASE (ours)"), Wanted(), tmp_path)), [1.0, 2.0])
    assert quality.main(words) == 0
    said = capsys.readouterr().out
    assert "test strict" not in said
    assert "written" in said


def test_a_cell_that_fails_is_named_and_stores_nothing(tmp_path, capsys, monkeypatch):
    def here(command, *, limit_seconds):
        assert command[1:3] == ["-m", "benchmarks.quality.cell"]
        return Cost(cell_main(command[3:]), 1.0, 1.0, 1.0)

    monkeypatch.setattr(running, "command_run", here)  # a process of its own would import torch first
    words = ["--only", "beauty/baselines", "--mode", "strict", "--results", str(tmp_path), "--data", str(tmp_path)]
    assert quality.main(words) == 1
    said = capsys.readouterr()
    assert "Failed: test strict beauty/baselines" in said.out
    assert "sequences.txt.gz cannot be read" in said.err
    assert not list(tmp_path.rglob("*.json"))
