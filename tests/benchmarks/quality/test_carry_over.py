"""Which cells of older code count as today's after a sample was measured anew."""

import shutil
from contextlib import contextmanager

import pytest

from benchmarks.quality import __main__ as quality
from benchmarks.quality import carry_over as module
from benchmarks.quality.carry_over import carry_over, told
from benchmarks.quality.cells import REFIT, STRICT, Cell, record_read
from benchmarks.quality.fingerprint import EVALUATOR, fingerprint
from benchmarks.quality.models import model_named
from benchmarks.quality.plan import Wanted, is_current
from dpe_site.environment import REPOSITORY
from recommender.data.types import DataError
from tests.benchmarks.quality.problems import stored

SAMPLE = Cell("beauty", "ALS (ours)")
SAME_FILES = (Cell("beauty", "ALS (ours)", seed=1), Cell("beauty", "Mult-VAE"), Cell("beauty", "Mult-VAE", mode=REFIT))
OTHERS = (Cell("ml-100k", "ALS (ours)"), Cell("beauty", "implicit ALS"))
STRICT_ALS = Wanted(only=("beauty/ALS (ours)",), modes=(STRICT,))


@pytest.fixture
def results(tmp_path, monkeypatch):
    """Cells measured by code that differed in one of the evaluator's files, and one measured by still older code."""
    older = tmp_path / "older"
    for root in {*EVALUATOR, *model_named("ALS (ours)").roots, *model_named("implicit ALS").roots}:
        (older / root).parent.mkdir(parents=True, exist_ok=True)
        copy = shutil.copytree if (REPOSITORY / root).is_dir() else shutil.copyfile
        if not (older / root).exists():
            copy(REPOSITORY / root, older / root)
    for name in (EVALUATOR[0], "benchmarks/peers/fit.py"):
        with (older / name).open("a") as file:
            file.write("SLOWER = True\n")

    @contextmanager
    def code_of(commit):
        yield older

    monkeypatch.setattr(module, "code_of", code_of)
    folder = tmp_path / "results"
    for cell in (SAMPLE, *SAME_FILES, *OTHERS):
        stored(folder, cell, [1.0, 7.0], fingerprint=fingerprint(cell, model_named(cell.model).roots, older))
    stored(folder, Cell("beauty", "graph"), [1.0, 7.0], fingerprint="still older")
    return folder


def current(results):
    cells = (SAMPLE, *SAME_FILES, *OTHERS, Cell("beauty", "graph"))
    return [cell for cell in cells if is_current(record_read(results, cell), cell, model_named(cell.model))]


def test_a_sample_with_the_same_ranks_stands_for_cells_of_its_problem_for_which_no_more_changed(results):
    assert not current(results)
    asked = []

    def run(cell, folder):
        asked.append(cell)
        stored(folder, cell, [1.0, 7.0], wall_seconds=9.0)
        return True

    (found,) = carry_over(results, "abc", STRICT_ALS, run)
    assert asked == [SAMPLE]
    assert (found.same, found.cells) == (True, len(SAME_FILES))
    assert current(results) == [SAMPLE, *SAME_FILES]
    assert record_read(results, SAMPLE).wall_seconds == 9.0
    carried = record_read(results, SAME_FILES[0])
    assert carried.details["carried_over"] == {"from": "abc", "after": str(SAMPLE)}
    assert carried.wall_seconds == 60.0
    assert "same ranks" in next(told([found]))


def test_another_rank_carries_nothing_over_and_its_figures_stand(results):
    def run(cell, folder):
        stored(folder, cell, [1.0, 8.0])
        return True

    (found,) = carry_over(results, "abc", STRICT_ALS, run)
    assert (found.same, found.cells) == (False, 0)
    assert current(results) == [SAMPLE]
    assert record_read(results, SAMPLE).rows["ALS (ours)"]["last item"]["MRR"] == pytest.approx((1 + 1 / 8) / 2)


def test_a_sample_that_fails_changes_nothing(results):
    (found,) = carry_over(results, "abc", STRICT_ALS, lambda cell, folder: False)
    assert found.same is None
    assert not current(results)
    assert "could not be measured" in next(told([found]))


def test_without_a_sample_and_without_the_commit_it_is_said(results, monkeypatch):
    with pytest.raises(DataError, match="no stored cell that is wanted"):
        next(carry_over(results, "abc", Wanted(only=("beauty/graph",)), lambda *_: True))
    monkeypatch.undo()
    words = [
        "--carry-over",
        "no-such-commit",
        "--only",
        "beauty/DPE",
        "--results",
        str(results),
        "--data",
        str(results),
    ]
    with pytest.raises(DataError, match="no commit 'no-such-commit'"):
        quality.main(words)
