"""Accuracy of every model on every data set, cell by cell.

    make bench-quality        or        python -m benchmarks.quality [--only 'beauty/DPE'] [--seeds 3] …

A cell is one model on one problem with one seed, measured in a process of its own and stored at once. A cell that is
stored and was measured by today's code is not run again, so a run that was stopped, or ran out of ``--budget-minutes``,
goes on where it ended. A failed cell does not stop the others; the exit status tells of it. In the end, and with
``--tables`` at once, the tables are written from all stored cells.

After a change that is to move no number, ``--carry-over COMMIT --only 'ml-100k/DPE'`` measures the cells that are named
anew: where their ranks are what they were, the others that COMMIT's code measured count as today's (``carry_over``).
"""

import argparse
import os
import sys
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from rich.console import Console

from benchmarks.quality.carry_over import carry_over, told
from benchmarks.quality.cells import REFIT, STRICT, Cell, record_read
from benchmarks.quality.models import MODELS, model_named
from benchmarks.quality.plan import Wanted, is_current, plan
from benchmarks.quality.running import cell_run
from benchmarks.quality.tables import tables_write
from dpe_site.environment import REPOSITORY
from recommender.data.types import DataError
from recommender.trials.problems import PROBLEMS

RESULTS = REPOSITORY / "docs" / "results" / "quality"


def main(words: Sequence[str]) -> int:
    """Run what is wanted and not there yet, then write the tables.

    Returns: exit status, 1 where a cell failed.
    """
    options = _options(words)
    console = Console(soft_wrap=True)
    wanted = Wanted(tuple(options.only or ()), options.seeds, tuple(options.mode or (STRICT, REFIT)), options.tune)
    if options.carry_over:
        run = partial(cell_run, options.data)
        for line in told(carry_over(options.results, options.carry_over, wanted, run)):
            console.print(line)
    failed = [] if options.tables or options.carry_over else _run(wanted, options, console)
    for page in tables_write(options.results):
        console.print(f"written: {page}")
    if failed:
        console.print(f"[red]Failed:[/red] {'; '.join(map(str, failed))}. Older results of them, if any, stand.")
    return 1 if failed else 0


def _run(wanted: Wanted, options: argparse.Namespace, console: Console) -> list[Cell]:
    end = time.monotonic() + 60 * options.budget_minutes if options.budget_minutes else float("inf")
    failed: list[Cell] = []
    for cell in plan(wanted, options.problem or tuple(PROBLEMS), MODELS, options.results):
        if not options.again and is_current(record_read(options.results, cell), cell, model_named(cell.model)):
            continue
        if options.list:
            console.print(str(cell))
            continue
        if time.monotonic() > end:
            console.print("The minutes are used up; the same command goes on from here.")
            break
        began = time.monotonic()
        done = cell_run(options.data, cell, options.results)
        console.print(f"{'done' if done else '[red]failed[/red]'} in {time.monotonic() - began:.0f} s: {cell}")
        if not done:
            failed.append(cell)
    return failed


def _options(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.quality", description=__doc__.splitlines()[0])
    parser.add_argument("--only", action="append", help="shell pattern of a model or of problem/model; may be repeated")
    parser.add_argument("--problem", choices=tuple(PROBLEMS), action="append", help="this problem; may be repeated")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--mode", choices=(STRICT, REFIT), action="append", help="one of the two; default: both")
    parser.add_argument("--no-tune", dest="tune", action="store_false", help="no trials: stored ones or first options")
    parser.add_argument("--budget-minutes", type=float, default=0, help="begin no cell after so long")
    parser.add_argument("--again", action="store_true", help="run also what is stored and current")
    parser.add_argument("--list", action="store_true", help="name the cells that would be run, run nothing")
    parser.add_argument("--carry-over", metavar="COMMIT", help="take over its cells where those named by --only agree")
    parser.add_argument("--tables", action="store_true", help="write the tables from what is stored, run nothing")
    parser.add_argument("--data", type=Path, default=os.environ.get("DPE_DATA"), help="default: DPE_DATA")
    parser.add_argument("--results", type=Path, default=RESULTS)
    options = parser.parse_args(words)
    if not (options.data or options.tables or options.list):
        parser.error("name the folder of the data sets with --data or the variable DPE_DATA")
    options.results = options.results.resolve()
    options.data = options.data and Path(options.data).resolve()
    return options


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except DataError as error:
        sys.exit(str(error))
