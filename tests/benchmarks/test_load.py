"""Load that does not flatter: late answers count from the time they were due."""

import mmap
import os
import random
import subprocess
import sys
import threading
import time

import pytest

from benchmarks.load import closed_loop, even_arrivals, open_loop, random_arrivals
from benchmarks.memory import descendants, family_read, torch_mapped


def test_even_arrivals_keep_their_distance():
    assert even_arrivals(20, 3) == [0.0, 0.05, 0.1]


def test_random_arrivals_have_the_rate_they_are_asked_for():
    arrivals = random_arrivals(20, 4_000, random.Random(1))
    assert arrivals == sorted(arrivals)
    assert 4_000 / arrivals[-1] == pytest.approx(20, rel=0.05)


def test_what_waits_behind_a_slow_answer_is_slow_too():
    one_at_a_time = threading.Lock()

    def act(turn: int) -> None:
        with one_at_a_time:
            time.sleep(0.2 if turn == 0 else 0.001)

    pace = open_loop(act, even_arrivals(100, 10))
    assert len(pace.latencies) == 10
    assert pace.latencies[0] >= 0.2
    assert min(pace.latencies[1:]) > 0.1  # due 10 to 90 ms after the start, answered after 200


def test_turns_begin_when_they_are_due_whether_or_not_others_are_answered():
    began: list[float] = []

    def act(_: int) -> None:
        began.append(time.perf_counter())
        time.sleep(0.3)

    open_loop(act, even_arrivals(100, 5))
    assert max(began) - min(began) < 0.25


def test_an_answer_that_fails_fails_the_measurement():
    def act(turn: int) -> None:
        if turn == 1:
            raise ConnectionError("refused")

    with pytest.raises(ConnectionError):
        open_loop(act, even_arrivals(1_000, 3))


def test_clients_take_each_turn_once_and_stop_in_time():
    turns: list[int] = []
    pace = closed_loop(turns.append, count=50, clients=4, seconds=5)
    assert sorted(turns) == list(range(50))
    assert pace.per_second == pytest.approx(50 / pace.seconds)
    slow = closed_loop(lambda _: time.sleep(0.02), count=10_000, clients=2, seconds=0.2)
    assert 2 <= len(slow.latencies) < 40
    assert slow.seconds < 2


def test_memory_of_this_process_and_its_children():
    child = subprocess.Popen(["sleep", "30"])
    try:
        assert child.pid in descendants(os.getpid())
        parent, *children = family_read("tests", os.getpid())
        assert parent.name == "tests (parent)" and parent.pss_mb > 1
        assert "tests 1" in {one.name for one in children}
        assert not torch_mapped(child.pid)
    finally:
        child.kill()
        child.wait()


def test_a_mapped_library_of_torch_is_noticed(tmp_path):
    library = tmp_path / "libtorch_cpu.so"
    library.write_bytes(b"\0" * mmap.PAGESIZE)
    holder = (
        "import mmap, sys; file = open(sys.argv[1], 'rb'); held = mmap.mmap(file.fileno(), 0, access=1); "
        "print('held', flush=True); input()"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", holder, str(library)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert child.stdout and child.stdout.readline() == "held\n"
        assert torch_mapped(child.pid)
    finally:
        child.communicate("\n", timeout=10)
