"""Latency, throughput and memory of a whole shop on this machine.

    make bench        or        python -m benchmarks.serving [--home DIR] [--rate 20] [--seconds 60]

Makes a demo shop of its own, trains it, opens it exactly as `make demo` does, visits it, and closes it again. The
visitors run on the same cores as web server, workers, Postgres and Valkey. `--home` (or DPE_BENCH_HOME) keeps the shop
for the next run, which then starts at once.
"""

import argparse
import math
import os
import random
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from benchmarks import machine
from benchmarks.load import even_arrivals, random_arrivals
from benchmarks.report import RESULTS, Goal, Measure, Measured, percentile, report_publish, spread
from benchmarks.restart import restart_measure, second_starts
from benchmarks.site import SHOP, Prepared, Site, services_running, shop_home, shop_prepared, site_open

if TYPE_CHECKING:
    from benchmarks.measuring import Homepages

TITLE = "Serving: latency, throughput and memory"
FAST_SECONDS = 15
RELOAD_SECONDS = 20
GUESTS = 20
WARM_UP_BATCHES = 20
MOST_VISITS = 20_000
HOMEPAGE_GOALS = (Goal("p50", 30), Goal("p99", 100))
_PAPER_WIDTH = 150


def main(words: Sequence[str]) -> None:
    """Measure, print and write."""
    options = _options(words)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    console = Console() if sys.stdout.isatty() else Console(width=_PAPER_WIDTH)
    began = time.perf_counter()
    with shop_home(options.home) as home:
        with services_running(home):
            prepared = shop_prepared(home)
            with site_open(home) as site:
                measures, notes = _measured(site, options, console)
        console.print("Second starts of the demo …")
        restarted = restart_measure(second_starts(home))
    report_publish(
        ([_training(prepared), *measures, restarted], [_training_note(prepared), *notes]),
        title=TITLE,
        command=["python", "-m", "benchmarks.serving", *_options_given(options)],
        seed=options.seed,
        began=began,
        file=options.results / "serving",
        console=console,
    )


def _options(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", default=os.environ.get("DPE_BENCH_HOME", ""), help="folder of a shop to keep")
    parser.add_argument("--rate", type=float, default=20.0, help="homepages per second")
    parser.add_argument("--seconds", type=float, default=60.0, help="how long they are asked for")
    parser.add_argument("--batches", type=int, default=200, help="batches of 100 events")
    parser.add_argument("--trials", type=int, default=100, help="clicks followed to a changed page")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--results", type=Path, default=RESULTS, help="folder of serving.md and serving.json")
    options = parser.parse_args(words)
    if not 1 <= options.rate * options.seconds <= MOST_VISITS:
        parser.error(f"--rate times --seconds is between 1 and {MOST_VISITS:,} visits.")
    return options


def _options_given(options: argparse.Namespace) -> list[str]:
    """The options that shape the numbers; where the shop is kept and the results go does not."""
    numbers = ("rate", "seconds", "batches", "trials", "seed")
    return [word for name in numbers for word in (f"--{name}", f"{getattr(options, name):g}")]


def _measured(site: Site, options: argparse.Namespace, console: Console) -> Measured:
    import django

    django.setup()
    from benchmarks import measuring, people

    people.bundle_check(SHOP)
    rng = random.Random(options.seed)
    visitors = people.known_visitors(site.port, SHOP)
    homepages = measuring.Homepages(visitors, rng)
    console.print(f"{len(visitors)} known shoppers; warming up …")
    homepages.warm_up()
    busy = machine.calm_wait()
    homepage_lines = _homepages_visited(homepages, options, console)
    console.print("Clicks and batches of events …")
    changed = measuring.click_to_page(visitors, options.trials, rng)
    guests = people.new_visitors(site.port, SHOP, GUESTS)
    batches = measuring.batches_sent(guests, options.batches, WARM_UP_BATCHES, rng)
    measures = [
        *homepage_lines,
        spread("Click until the page has changed", changed, Goal("p99", 1000)),
        spread("Batch of 100 events accepted", batches, Goal("p95", 30)),
        _log_size(people.log_bytes(homepages.pages)),
        *_memory(site),
    ]
    notes = [
        f"{len(visitors)} known shoppers; no page was asked for twice without a click between, except where reloaded",
        f"Latencies run from the time a visit was due; {busy:.0%} of the machine was busy with other things before",
        f"{people.degraded_count(homepages.pages)} of {len(homepages.pages):,} pages were made with a fallback; "
        f"sources of candidates left out for being late: {site.late_sources()}",
        _memory_note(site),
    ]
    return measures, notes


def _homepages_visited(homepages: "Homepages", options: argparse.Namespace, console: Console) -> list[Measure]:
    """Fresh homepages and reloads, first at a rate and then as fast as they come."""
    from benchmarks.measuring import CLIENTS

    rate, count = options.rate, math.ceil(options.rate * options.seconds)
    console.print(f"Homepages, {rate:g} per second …")
    even = homepages.fresh_at(lambda n: even_arrivals(rate, n), count)
    chance = homepages.fresh_at(lambda n: random_arrivals(rate, n, homepages.rng), count)
    again = homepages.reload_at(even_arrivals(rate, math.ceil(rate * min(RELOAD_SECONDS, options.seconds))))
    console.print("Homepages, as fast as they come …")
    fast = homepages.fresh_fast(min(FAST_SECONDS, options.seconds))
    again_fast = homepages.reload_fast(min(FAST_SECONDS, options.seconds))
    at_once = f"{CLIENTS} clients at once"
    return [
        spread(f"Homepage, {rate:g}/s evenly", even.latencies, *HOMEPAGE_GOALS),
        spread(f"Homepage, {rate:g}/s at random times", chance.latencies, *HOMEPAGE_GOALS),
        spread(f"Homepage reloaded, {rate:g}/s evenly", again.latencies),
        spread(f"Homepage, {at_once}", fast.latencies, value=fast.per_second, unit="/s"),
        spread(f"Homepage reloaded, {at_once}", again_fast.latencies, value=again_fast.per_second, unit="/s"),
    ]


def _training(prepared: Prepared) -> Measure:
    return Measure("First bundle trained", "s", 1, value=round(prepared.train_seconds, 1), goals=(Goal("value", 180),))


def _training_note(prepared: Prepared) -> str:
    return (
        f"The shop was made in {prepared.load_seconds:.0f} s and trained in {prepared.train_seconds:.0f} s on "
        f"{prepared.date}, with {prepared.busy_before_training:.0%} of the machine busy with other things"
    )


def _log_size(sizes: Sequence[int]) -> Measure:
    p50, p95, p99 = (percentile(sizes, share) for share in (0.50, 0.95, 0.99))
    return Measure("Request log of a homepage", "B", len(sizes), p50, p95, p99, goals=(Goal("p95", 4096),))


def _memory(site: Site) -> list[Measure]:
    web = [process for process in site.memory() if process.name.startswith("web")]
    largest = round(max(process.pss_mb for process in web), 1)
    torch = float(sum(process.maps_torch for process in web))
    return [
        Measure("Memory (PSS) of the largest web process", "MB", len(web), value=largest, goals=(Goal("value", 300),)),
        Measure("Web processes that have torch mapped", "", len(web), value=torch, goals=(Goal("value", 0),)),
    ]


def _memory_note(site: Site) -> str:
    each = ", ".join(f"{one.name} {one.pss_mb:.0f}{' with torch' if one.maps_torch else ''}" for one in site.memory())
    return f"PSS in MB: {each}"


if __name__ == "__main__":
    main(sys.argv[1:])
