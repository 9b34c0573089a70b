"""How many shoppers' lists one core makes in a second.

    python -m benchmarks.precompute [--home DIR] [--rounds 5]

Makes a demo shop of its own and trains it, unless `--home` (or DPE_BENCH_HOME) holds one from before, removes all lists
and makes them again, by the code that a worker runs, in one process with one thread. What counts is processor time, of
this process and of its Postgres connection together: other work on the machine hardly moves it.
"""

import argparse
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from benchmarks import machine
from benchmarks.memory import pss_mb
from benchmarks.report import RESULTS, Goal, Measure, Measured, percentile, report_publish
from benchmarks.site import SHOP, services_running, shop_home, shop_prepared

if TYPE_CHECKING:
    from catalog.models import Shop

GOAL = Goal("p50", 1000 / 150)
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


@dataclass(frozen=True)
class Round:
    """Everybody's lists, made once."""

    lists: int
    own_seconds: float  # processor time of this process
    server_seconds: float  # of the Postgres process that serves it
    wall_seconds: float

    @property
    def cpu_seconds(self) -> float:
        """Processor time of both."""
        return self.own_seconds + self.server_seconds

    @property
    def ms_per_list(self) -> float:
        """Milliseconds of a core that a shopper costs."""
        return 1000 * self.cpu_seconds / self.lists


def main(words: Sequence[str]) -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", default=os.environ.get("DPE_BENCH_HOME", ""), help="folder of a shop to keep")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--results", type=Path, default=RESULTS, help="folder of precompute.md and precompute.json")
    options = parser.parse_args(words)
    os.environ.update(_ONE_THREAD)
    began = time.perf_counter()
    with shop_home(options.home) as home, services_running(home):
        shop_prepared(home)
        found = _measured(options.rounds)
    report_publish(
        found,
        title="Lists made ahead: shoppers per second and core",
        command=["python", "-m", "benchmarks.precompute", "--rounds", str(options.rounds)],
        seed=0,
        began=began,
        file=options.results / "precompute",
        console=Console(width=150),
    )


def _measured(n_rounds: int) -> Measured:
    """Rounds in chunks and, between them so that both meet the same machine, one shopper at a time."""
    import django

    django.setup()
    from catalog.shops import shop_named
    from recommender import precompute
    from recommender.store.live import serving_read

    shop = shop_named(SHOP)
    busy, before = machine.busy_share(3), pss_mb(os.getpid())
    in_chunks, alone = [], []
    _round(shop, precompute.CHUNK)  # opens networks and mapped files
    for _ in range(n_rounds):
        in_chunks.append(_round(shop, precompute.CHUNK))
        alone.append(_round(shop, 1))
    bundle = serving_read(shop.pk).bundle
    measures = (
        _spread(f"A shopper's list, {precompute.CHUNK} shoppers at a time", in_chunks, GOAL),
        _spread("A shopper's list, one shopper at a time", alone),
        Measure("Memory (PSS) of the process", "MB", 1, value=round(pss_mb(os.getpid()), 1)),
    )
    server = sum(one.server_seconds for one in in_chunks) / sum(
        one.own_seconds + one.server_seconds for one in in_chunks
    )
    wall = percentile([one.lists / one.wall_seconds for one in in_chunks], 0.5)
    notes = (
        f"{in_chunks[0].lists:,} shoppers, {len(bundle or ()):,} items, {precompute.LENGTH} cards, {n_rounds} rounds",
        "p50, p95 and p99 are over rounds: processor time of the process and of its Postgres connection per list; the"
        " value is shoppers per second and core at p50; the goal of 150 a second is 6.7 ms",
        f"{server:.0%} of it is Postgres; by the clock {wall:.0f} a second, other work on the machine included",
        f"{busy:.0%} of the machine was busy with other things before; {before:.0f} MB before the bundle was opened",
    )
    return measures, notes


def _round(shop: "Shop", chunk: int) -> Round:
    """Remove all lists and make them, ``chunk`` shoppers at a time."""
    from django.db import connection

    from recommender import precompute
    from recommender.models import PrecomputedList

    PrecomputedList.objects.of(shop).delete()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        server = int(cursor.fetchone()[0])
    own, served, wall = time.process_time(), _cpu_seconds(server), time.perf_counter()
    lists = precompute.shard_precompute(shop, 0, 1, lambda done, total: None, chunk=chunk)
    return Round(lists, time.process_time() - own, _cpu_seconds(server) - served, time.perf_counter() - wall)


def _cpu_seconds(pid: int) -> float:
    """Processor time that another process has used, user and system."""
    after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(after_name[11]) + int(after_name[12])) / os.sysconf("SC_CLK_TCK")


def _spread(name: str, rounds: Sequence[Round], *goals: Goal) -> Measure:
    p50, p95, p99 = (round(percentile([one.ms_per_list for one in rounds], share), 2) for share in (0.5, 0.95, 0.99))
    return Measure(name, "ms", len(rounds), p50, p95, p99, round(1000 / p50, 1), "/s", goals)


if __name__ == "__main__":
    main(sys.argv[1:])
