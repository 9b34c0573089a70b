"""What the benchmark of restarts waits for, refuses and reports; the demo itself is started by ``test_demo``."""

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from benchmarks.report import MET, MISSED
from benchmarks.restart import DataLost, Start, answered, kept_seconds, restart_measure
from dpe_site.embedded import ports

ROWS = {"catalog_item": 2, "users_interaction": 5}


class _SlowToWakeUp(BaseHTTPRequestHandler):
    asked = 0

    def do_GET(self) -> None:
        type(self).asked += 1
        self.send_response(503 if self.asked < 4 else 200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing on the terminal."""


@pytest.fixture
def server() -> Iterator[str]:
    _SlowToWakeUp.asked = 0
    made = HTTPServer(("127.0.0.1", 0), _SlowToWakeUp)
    thread = threading.Thread(target=made.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{made.server_port}/"
    made.shutdown()
    made.server_close()


def test_up_means_that_the_page_answers_and_not_that_something_listens(server: str) -> None:
    began = time.perf_counter()
    seconds = answered(server, is_alive=lambda: True, seconds=10)
    assert _SlowToWakeUp.asked == 4
    assert 0.1 < seconds <= time.perf_counter() - began


def test_a_demo_that_ended_is_not_waited_for() -> None:
    nobody = f"http://127.0.0.1:{ports.choose(None)}/"
    began = time.perf_counter()
    with pytest.raises(RuntimeError, match="ended"):
        answered(nobody, is_alive=lambda: False, seconds=60)
    assert time.perf_counter() - began < 10


def test_a_start_that_lost_rows_is_no_start() -> None:
    first = Start(40.0, ROWS)
    assert kept_seconds(first, [Start(9.0, ROWS), Start(11.0, ROWS)]) == [9.0, 11.0]
    with pytest.raises(DataLost, match="users_interaction"):
        kept_seconds(first, [Start(9.0, ROWS), Start(3.0, ROWS | {"users_interaction": 0})])


@pytest.mark.parametrize(("seconds", "verdict"), [([9.0, 14.9, 8.0], MET), ([9.0, 15.2, 8.0], MISSED)])
def test_the_slowest_start_is_held_against_the_goal(seconds: list[float], verdict: str) -> None:
    measure = restart_measure(seconds)
    assert (measure.verdict, measure.p50, measure.value) == (verdict, 9.0, max(seconds))
