"""What each stage of a decision adds, and what diversity costs.

    make bench-decision        or        python -m benchmarks.decision [--problem beauty] [--home DIR] [--shoppers 1000]

On the public data sets the shop's defaults are learned on one seed; on the demo shop of ``--home``, whose ranker has
learned from its pages, the true tastes of its made-up people are the gains. What was measured is kept problem by
problem, so a run that measures some leaves the others as they were.
"""

import argparse
import json
import os
import shlex
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console

from benchmarks.decision.page import page_write
from benchmarks.machine import machine_read
from benchmarks.report import RESULTS
from recommender.trials.problems import PROBLEMS

DEMO = "demo shop"
_DEMO_SEED = 7  # of `manage.py load_demo`
CURVES = ("beauty", "ml-100k-last-10")


def main(words: Sequence[str]) -> int:
    """Measure, keep, write the page."""
    options = _options(words)
    console = Console(soft_wrap=True)
    for problem in options.problem or (*PROBLEMS, DEMO):
        console.print(f"{problem} …")
        began = time.perf_counter()
        found = _demo(options, console) if problem == DEMO else _public(problem, options, console)
        about = {
            "command": shlex.join(["python", "-m", "benchmarks.decision", "--problem", problem, *_given(options)]),
            "hardware": machine_read().words,
            "date": f"{datetime.now(UTC):%Y-%m-%d}",
            "seed": options.seed,
            "seconds": round(time.perf_counter() - began),
        }
        _keep(options.results, problem, {"about": about, **found})
    for page in page_write(options.results):
        console.print(f"written: {page}")
    return 0


def _options(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.decision", description=__doc__.splitlines()[0])
    parser.add_argument("--problem", action="append", choices=(*PROBLEMS, DEMO), help="may be repeated; default: all")
    parser.add_argument("--shoppers", type=int, default=1000, help="asked at most, per question")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--data", type=Path, default=os.environ.get("DPE_DATA"), help="default: DPE_DATA")
    parser.add_argument("--home", default=os.environ.get("DPE_BENCH_HOME", ""), help="folder of a demo shop to keep")
    parser.add_argument("--results", type=Path, default=RESULTS)
    options = parser.parse_args(words)
    if not options.data and set(options.problem or PROBLEMS) - {DEMO}:
        parser.error("name the folder of the data sets with --data or the variable DPE_DATA")
    return options


def _given(options: argparse.Namespace) -> list[str]:
    return ["--shoppers", str(options.shoppers), "--seed", str(options.seed)]


def _public(problem: str, options: argparse.Namespace, console: Console) -> dict[str, Any]:
    from benchmarks.decision.public import curve_measure, problem_learn, stages_measure

    threads = int(os.environ.get("OMP_NUM_THREADS") or len(os.sched_getaffinity(0)))
    with tempfile.TemporaryDirectory(prefix="dpe-decision-") as scratch:
        learned = problem_learn(problem, Path(options.data), Path(scratch), seed=options.seed, threads=threads)
        told = _teller(console, "parts")
        found: dict[str, Any] = {
            "stages": [asdict(one) for one in stages_measure(learned, shoppers=options.shoppers, told=told)]
        }
        if problem in CURVES:
            found["curve"] = [asdict(one) for one in curve_measure(learned, shoppers=options.shoppers, told=told)]
    return found


def _demo(options: argparse.Namespace, console: Console) -> dict[str, Any]:
    from benchmarks.site import SHOP, services_running, shop_home, shop_prepared

    with shop_home(options.home) as home, services_running(home):
        shop_prepared(home)
        import django

        django.setup()
        from benchmarks.decision.demo import demo_stages_measure
        from catalog.models import Shop
        from recommender.demo_shop.load import truth_file

        told = _teller(console, "shoppers")
        shop = Shop.objects.get(code=SHOP)
        stages = demo_stages_measure(shop, truth_file(_DEMO_SEED), shoppers=options.shoppers, told=told)
    return {"stages": [asdict(one) for one in stages]}


def _teller(console: Console, things: str) -> Any:
    def told(done: int, total: int) -> None:
        if done == total or done % 100 == 0:
            console.print(f"  {done} of {total} {things}")

    return told


def _keep(results: Path, problem: str, found: dict[str, Any]) -> None:
    """Put a problem's figures among those that were kept before."""
    results.mkdir(parents=True, exist_ok=True)
    file = results / "decision.json"
    kept = json.loads(file.read_text()) if file.exists() else {}
    file.write_text(json.dumps(kept | {problem: found}, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
