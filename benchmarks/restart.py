"""How long a second `make demo` takes until its homepage answers, and whether it kept the data."""

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg2

from benchmarks.report import Goal, Measure, percentile
from dpe_site.demo.processes import port_choose
from dpe_site.embedded.addresses import addresses_read
from dpe_site.embedded.ports import HOST
from dpe_site.environment import REPOSITORY

STARTS = 3
UP_GOAL = Goal("value", 15)
_START_SECONDS, _STOP_SECONDS, _POLL_SECONDS = 120.0, 60.0, 0.05
_KEPT = ("catalog_item", "users_shopper", "users_interaction", "recommender_bundleversion")


class DataLost(RuntimeError):
    """A start came up with other rows than the one before it left."""


@dataclass(frozen=True)
class Start:
    """One start of the demo."""

    seconds: float  # from the command until the homepage answered
    rows: dict[str, int]  # by table


def second_starts(home: Path, times: int = STARTS) -> list[float]:
    """Seconds until the homepage answers, for each of ``times`` starts of `make demo` after a first one.

    Nothing else of ``home`` may run. The first start is not counted: it finishes what a first one has to do.

    Raises:
        DataLost: a start did not have the rows of the one before.
        RuntimeError: the demo ended, or did not answer in two minutes.
    """
    first, *others = [_started(home) for _ in range(times + 1)]
    return kept_seconds(first, others)


def kept_seconds(first: Start, others: list[Start]) -> list[float]:
    """Seconds of ``others``, if each has the rows of ``first``.

    Raises:
        DataLost: one has not.
    """
    for other in others:
        if other.rows != first.rows:
            raise DataLost(f"A restart changed the data: {first.rows} became {other.rows}.")
    return [other.seconds for other in others]


def restart_measure(seconds: list[float]) -> Measure:
    """The line of the report: the slowest start against the goal, beside the median."""
    median = round(percentile(seconds, 0.5), 1)
    slowest = round(max(seconds), 1)
    return Measure(
        "Second `make demo` until the homepage answers", "s", len(seconds), median, value=slowest, goals=(UP_GOAL,)
    )


def answered(url: str, *, is_alive: Callable[[], bool], seconds: float) -> float:
    """Seconds until ``url`` answers with a success.

    Raises:
        RuntimeError: whoever should answer is not alive any more, or was not quick enough.
    """
    began = time.perf_counter()
    while (waited := time.perf_counter() - began) < seconds:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 an address of our own
                if answer.status == 200:
                    return time.perf_counter() - began
        except (urllib.error.URLError, OSError):
            if not is_alive():
                raise RuntimeError(f"The demo ended after {waited:.0f} s and before {url} answered.") from None
        time.sleep(_POLL_SECONDS)
    raise RuntimeError(f"{url} did not answer within {seconds:.0f} s.")


def _started(home: Path) -> Start:
    port = port_choose("")
    with _demo(home, port) as process:
        url = f"http://{HOST}:{port}/"
        seconds = answered(url, is_alive=lambda: process.poll() is None, seconds=_START_SECONDS)
        return Start(seconds, _rows(home))


@contextmanager
def _demo(home: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """What `make demo` runs, until the end of the block; then Ctrl-C."""
    environment = os.environ | {"DPE_HOME": str(home), "DPE_PORT": str(port)}
    process = subprocess.Popen(
        [sys.executable, "manage.py", "demo"], cwd=REPOSITORY, env=environment, stdout=subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _rows(home: Path) -> dict[str, int]:
    addresses = addresses_read(home)
    if addresses is None:
        raise RuntimeError(f"{home} has no addresses of running services; see {home}/logs.")
    connection = psycopg2.connect(addresses.database_url)
    try:
        with connection.cursor() as cursor:
            return {table: _count(cursor, table) for table in _KEPT}
    finally:
        connection.close()


def _count(cursor: "psycopg2.extensions.cursor", table: str) -> int:
    cursor.execute(f"SELECT count(*) FROM {table}")  # noqa: S608 a table of ours
    return int(cursor.fetchone()[0])
