"""What the tables say of stored cells."""

import numpy as np
import pytest

from benchmarks.quality.cells import Cell
from benchmarks.quality.tables import CUT_SHORT, OLD, tables_write
from recommender.data.types import DataError
from tests.benchmarks.quality.problems import stored

GOOD, POOR = [1.0] * 40, [1.0] * 20 + [np.inf] * 20


def rows(page: str) -> dict[str, list[str]]:
    lines = [line for line in page.splitlines() if line.startswith("| ")]
    return {cells[1].strip(): [one.strip() for one in cells[2:-1]] for cells in (line.split("|") for line in lines)}


def test_seeds_are_averaged_and_differences_paired(tmp_path):
    for seed, ranks in enumerate((GOOD, POOR)):
        stored(tmp_path, Cell("beauty", "EASE (ours)", seed=seed), ranks)
        stored(tmp_path, Cell("beauty", "DPE", seed=seed), GOOD)
    (page,) = tables_write(tmp_path)
    found = rows(page.read_text())
    assert found["EASE (ours)"][1].startswith("0.7500 [")
    assert found["EASE (ours)"][7] == "2"
    assert found["EASE (ours)"][-1].startswith("0.2500 [")
    assert found["EASE (ours)"][-1].endswith("better")
    assert found["**DPE**"][-1] == ""
    assert list(found)[1] in ("**DPE**", "Transformer")  # the best stand first


def test_differences_are_over_the_seeds_that_both_have(tmp_path):
    for problem in ("beauty", "ml-100k-last-10"):
        for seed, ranks in enumerate((POOR, GOOD)):
            stored(tmp_path, Cell(problem, "DPE", seed=seed, tie_seed=seed), ranks)
        stored(tmp_path, Cell(problem, "EASE (ours)"), POOR)  # the same under every seed
        stored(tmp_path, Cell(problem, "DPE without EASE"), POOR)
        stored(tmp_path, Cell(problem, "CFGAN", seed=2, tie_seed=2), POOR)
    found, tied = (rows(page.read_text()) for page in tables_write(tmp_path))
    assert found["**DPE**"][1].startswith("0.7500 [")
    assert found["EASE (ours)"][-1].startswith("0.2500 [")
    assert found["DPE without EASE"][-1] == "0.0000 [0.0000, 0.0000] inconclusive"
    assert tied["EASE (ours)"][-1] == "0.0000 [0.0000, 0.0000] inconclusive"
    assert found["CFGAN"][-1] == tied["CFGAN"][-1] == "other seeds"


def test_no_difference_is_inconclusive(tmp_path):
    stored(tmp_path, Cell("beauty", "EASE (ours)"), POOR)
    stored(tmp_path, Cell("beauty", "DPE"), POOR)
    (page,) = tables_write(tmp_path)
    assert rows(page.read_text())["EASE (ours)"][-1].endswith("inconclusive")


def test_cells_of_older_code_are_marked(tmp_path):
    stored(tmp_path, Cell("beauty", "EASE (ours)"), POOR, fingerprint="older")
    (page,) = tables_write(tmp_path)
    assert f"EASE (ours){OLD}" in rows(page.read_text())


@pytest.mark.parametrize(("seconds", "marked"), [(1790.0, False), (1801.0, True)])
def test_peers_whose_minutes_ended_their_learning_are_marked(tmp_path, seconds, marked):
    cell = Cell("beauty", "RecTools SASRec", max_minutes=30.0)
    stored(tmp_path, cell, POOR, details={"curve": [[60.0, 0.01], [seconds, 0.02]]})
    (page,) = tables_write(tmp_path)
    assert (f"RecTools SASRec{CUT_SHORT}" in rows(page.read_text())) is marked


def test_cells_that_asked_different_shoppers_are_not_averaged(tmp_path):
    stored(tmp_path, Cell("beauty", "EASE (ours)", seed=0), GOOD)
    stored(tmp_path, Cell("beauty", "EASE (ours)", seed=1), GOOD[1:])
    with pytest.raises(DataError, match="different shoppers"):
        tables_write(tmp_path)


def test_modes_and_trials_have_tables_of_their_own(tmp_path):
    stored(tmp_path, Cell("beauty", "DPE"), GOOD)
    stored(tmp_path, Cell("beauty", "DPE", mode="refit"), GOOD)
    stored(tmp_path, Cell("beauty", "implicit ALS", purpose="trial", options={"factors": 64}), POOR)
    page = tables_write(tmp_path)[0].read_text()
    assert page.index("## last item, strict") < page.index("## last item, refit") < page.index("## Trials")
    assert "| implicit ALS | factors 64 | 0.5000 | 1.0 |" in page


def test_parts_of_the_stack_are_told_with_verdicts(tmp_path):
    recall = {"candidates": 310.0, "union": 0.6, "at": {"200": 0.5}, "of_source": {"item_knn": 0.25}}
    ablation = {"text": {"mean": 0.01, "low": 0.005, "high": 0.02}, "rules": {"mean": 0.0, "low": -0.1, "high": 0.1}}
    details = {"chosen on": {"ablation": ablation}, "recall": {"last item": recall}}
    stored(tmp_path, Cell("beauty", "DPE"), GOOD, details=details)
    page = tables_write(tmp_path)[0].read_text()
    assert "| text | 0.0100 [0.0050, 0.0200] better |" in page
    assert "| rules | 0.0000 [-0.1000, 0.1000] inconclusive |" in page
    assert "| last item | 310 | 0.6000 | 0.5000 | item_knn 0.250 |" in page
