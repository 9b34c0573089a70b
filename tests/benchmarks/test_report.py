"""The benchmark's own arithmetic: percentiles, verdicts and the page that is written."""

import json
import math
import random
import time

import pytest
from rich.console import Console

from benchmarks.machine import Machine, busy_share, machine_read
from benchmarks.report import (
    MET,
    MISSED,
    NO_GOAL,
    Goal,
    Measure,
    Report,
    percentile,
    report_publish,
    report_write,
    spread,
    table_print,
)

GOALS = (Goal("p50", 30), Goal("p99", 100))


def report(*measures: Measure) -> Report:
    machine = Machine("A processor", 2, 24.0)
    return Report("Serving", "make bench", "2026-01-31", machine, 7, 12.3, measures, ("A note",))


def test_percentiles_are_numbers_that_were_measured():
    hundred = list(range(1, 101))
    random.Random(0).shuffle(hundred)
    assert [percentile(hundred, share) for share in (0.5, 0.95, 0.99, 1.0)] == [50, 95, 99, 100]
    assert percentile([3.0], 0.5) == percentile([3.0], 0.99) == 3.0
    assert percentile([1.0, 2.0], 0.99) == 2.0


def test_percentile_of_nothing_is_unknown_and_meets_no_goal():
    assert math.isnan(percentile([], 0.5))
    assert spread("Homepage", [], *GOALS).verdict == MISSED


def test_one_slow_answer_in_fifty_misses_a_goal_at_p99():
    quick, slow = [0.020] * 49, [0.150]
    measure = spread("Homepage", quick + slow, *GOALS)
    assert (measure.n, measure.p50, measure.p99) == (50, 20.0, 150.0)
    assert measure.verdict == MISSED
    assert spread("Homepage", quick * 3 + slow, *GOALS).verdict == MET


@pytest.mark.parametrize(("value", "verdict"), [(180.0, MET), (180.1, MISSED), (None, MISSED)])
def test_a_value_is_judged_by_its_limit(value, verdict):
    assert Measure("First bundle", "s", 1, value=value, goals=(Goal("value", 180),)).verdict == verdict


def test_without_goal_there_is_no_verdict():
    assert Measure("Pages", "ms", 1, p50=1.0).verdict == NO_GOAL


def test_what_is_written_says_what_was_measured_and_where(tmp_path):
    report_write(report(spread("Homepage", [0.02] * 99 + [0.2], *GOALS, value=48.5, unit="/s")), tmp_path, "serving")
    page = (tmp_path / "serving.md").read_text()
    row = next(line for line in page.splitlines() if line.startswith("| Homepage"))
    assert row == ("| Homepage | 100 | p50 ≤ 30 ms, p99 ≤ 100 ms | 20.0 ms | 20.0 ms | 20.0 ms | 48.5 /s | met |")
    for fact in ("`make bench`", "A processor, 2 cores, 24 GiB", "Seed 7", "12 s", "2026-01-31", "A note"):
        assert fact in page
    content = json.loads((tmp_path / "serving.json").read_text())
    assert content["measures"][0]["verdict"] == MET
    assert content["machine"]["cores"] == 2


def test_the_table_shows_every_measure():
    console = Console(width=150, record=True)
    table_print(report(spread("Homepage", [0.2], *GOALS), Measure("Pages", "", 1, value=2.0)), console)
    text = console.export_text()
    assert "Homepage" in text and MISSED in text and "Pages" in text and "A note" in text


def test_a_run_is_published_with_its_command_machine_and_duration(tmp_path):
    console = Console(width=150, record=True)
    report_publish(
        ([Measure("Pages", "", 1, value=2.0)], ["A note"]),
        title="Serving",
        command=["python", "-m", "benchmarks.serving", "--home", "a folder"],
        seed=7,
        began=time.perf_counter() - 60,
        file=tmp_path / "new" / "serving",
        console=console,
    )
    told = json.loads((tmp_path / "new" / "serving.json").read_text())
    assert told["command"] == "python -m benchmarks.serving --home 'a folder'"
    assert 60 <= told["wall_seconds"] < 90
    assert told["machine"]["cpu"] == machine_read().cpu
    assert (told["seed"], told["notes"], told["measures"][0]["value"]) == (7, ["A note"], 2.0)
    assert "A note" in (tmp_path / "new" / "serving.md").read_text() and "A note" in console.export_text()


def test_the_machine_is_described():
    machine = machine_read()
    assert machine.cores >= 1 and machine.memory_gib > 0 and machine.cpu in machine.words
    assert 0.0 <= busy_share(0.05) <= 1.0
