"""Which data sets are run, which are finished, and what is said of one that fails."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import quality
from dpe_site.environment import REPOSITORY
from recommender.encoders.config import SHOP_DEFAULTS
from recommender.management.commands import evaluate
from recommender.trials.report import Report, report_write

REPORT = Report("beauty", "manage.py evaluate", 3, 90.0, "a machine", (), {"config": SHOP_DEFAULTS.to_json()})


def test_the_sets_are_those_of_the_command() -> None:
    assert set(quality.DATASETS) == set(evaluate.DATASETS)


def test_results_count_if_seed_and_configuration_are_todays(tmp_path: Path) -> None:
    file = tmp_path / "beauty.json"
    assert quality.finished(file, 3) == ""
    report_write(REPORT, tmp_path)
    assert "1.5 minutes" in quality.finished(file, 3)
    assert quality.finished(file, 4) == ""
    report_write(replace(REPORT, details={"config": SHOP_DEFAULTS.to_json() | {"popularity": None}}), tmp_path)
    assert quality.finished(file, 3) == ""


def test_finished_sets_are_named_and_not_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report_write(REPORT, tmp_path)
    before = (tmp_path / "beauty.json").stat().st_mtime_ns
    assert quality.main(["--only", "beauty", "--seed", "3", "--results", str(tmp_path)]) == 0
    assert "beauty: not run" in capsys.readouterr().out
    assert (tmp_path / "beauty.json").stat().st_mtime_ns == before


def test_a_set_without_data_fails_aloud_and_leaves_older_results(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copy(REPOSITORY / "docs" / "results" / "beauty.json", tmp_path)
    before = json.loads((tmp_path / "beauty.json").read_text())
    words = ["--only", "beauty", "--again", "--results", str(tmp_path), "--data", str(tmp_path / "nothing")]
    assert quality.main(words) == 1
    assert "Failed: beauty" in capsys.readouterr().out
    assert json.loads((tmp_path / "beauty.json").read_text()) == before
