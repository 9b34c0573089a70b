"""What the benchmarks of training say of made-up measurements, and the data they make up."""

import signal
import subprocess
import sys
from math import inf
from pathlib import Path

import numpy as np
import pytest

from benchmarks.peers.exchange import Outcome
from benchmarks.processes import Cost, command_run
from benchmarks.report import MET, MISSED
from benchmarks.sequences import file_write
from benchmarks.training_speed import Round, Training, measures_of
from benchmarks.vocabulary import LENGTH, walks
from dpe_site.environment import REPOSITORY
from recommender.data.sequence_file import sequence_file_read
from tests.fixtures.servers import eventually


def training(curve: list[tuple[float, float]], memory: float) -> Training:
    return Training(Outcome(len(curve), curve[-1][0], {}, curve), Cost(0, curve[-1][0], curve[-1][0], memory))


THEIRS = training([(10.0, 0.05), (20.0, 0.10), (30.0, 0.09)], 2000.0)


def test_the_target_is_what_the_peer_reached_and_counts_when_first_reached():
    quick = Round(training([(2.0, 0.09), (4.0, 0.11), (6.0, 0.12)], 900.0), THEIRS)
    assert quick.ratio() == pytest.approx(4 / 20)
    assert quick.ratio(0.8) == pytest.approx(2 / 20)
    never = Round(training([(2.0, 0.09)], 900.0), THEIRS)
    assert never.ratio() == inf


def test_verdicts_are_of_medians_and_a_target_never_reached_is_missed():
    quick, never = (Round(training([(4.0, best)], 2100.0), THEIRS) for best in (0.11, 0.01))
    found = {measure.name: measure for measure in measures_of([quick, quick, never])}
    assert found["Ours as a part of theirs, to its best"].verdict == MET
    assert found["Peak memory of ours as a part of theirs"].verdict == MISSED
    found = {measure.name: measure for measure in measures_of([quick, never, never])}
    assert found["Ours as a part of theirs, to its best"].verdict == MISSED


def test_a_command_is_measured_and_ended_when_it_takes_too_long():
    cost = command_run([sys.executable, "-c", "x = bytearray(80_000_000); print(len(x))"], limit_seconds=60)
    assert cost.status == 0
    assert cost.peak_memory_mb > 80
    cost = command_run([sys.executable, "-c", "import time; time.sleep(60)"], limit_seconds=0.3)
    assert cost.status < 0
    assert cost.wall_seconds < 30


def test_who_is_told_to_end_takes_the_command_along(tmp_path):
    told = tmp_path / "pid"
    inner = f"import os, pathlib, time; pathlib.Path({str(told)!r}).write_text(str(os.getpid())); time.sleep(120)"
    run = f"command_run([sys.executable, '-c', {inner!r}], limit_seconds=120)"
    outer = f"import sys; from benchmarks.processes import command_run; {run}"
    process = subprocess.Popen([sys.executable, "-c", outer], cwd=REPOSITORY)
    eventually(lambda: told.exists() and bool(told.read_text()))
    process.terminate()
    assert process.wait(timeout=60) == 128 + signal.SIGTERM
    eventually(lambda: ended(int(told.read_text())))


def ended(pid: int) -> bool:
    """Whether a process is gone, or dead and not yet collected."""
    file = Path(f"/proc/{pid}/stat")
    return not file.exists() or file.read_text().rpartition(")")[2].split()[0] == "Z"


def test_the_file_has_as_many_lines_and_interactions_as_asked(tmp_path):
    file_write(tmp_path / "f.txt", 4000, 100, 30, np.random.default_rng(0))
    sequences = sequence_file_read(tmp_path / "f.txt", seed=0).sequences
    assert (len(sequences), len(sequences.item), sequences.n_items) == (100, 4000, 30)
    assert sequences.lengths.min() >= 5


def test_made_up_shoppers_stay_in_the_vocabulary():
    sequences = walks(50, 200, np.random.default_rng(0))
    assert len(sequences.item) == 200 * LENGTH
    assert 0 <= sequences.item.min() <= sequences.item.max() < 50
