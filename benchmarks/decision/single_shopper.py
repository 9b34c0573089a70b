"""Time to answer one known shopper: our whole decision beside ``recommend()`` of ``implicit`` and RecTools.

    python -m benchmarks.decision.single_shopper --home DIR --data DIR [--problem beauty] [--block 100] [--repeats 5]

Everybody learns from the same behaviour and is asked for the same shoppers, in blocks that take turns, on one thread.
A peer runs in the environment of its own below DIR (``benchmarks.peers``) and times its own call. Ours is what
``trials.ask`` does: history, state, exact search of every source, ``decide``, reasons.
"""

import argparse
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from rich.console import Console

from benchmarks import machine
from benchmarks.decision.contenders import OURS, Seconds, Training, contenders_learned
from benchmarks.decision.repeats import Ratio, Repeats
from benchmarks.report import RESULTS, Measure, Measured, report_publish
from recommender.data.types import Ints
from recommender.trials.problems import PROBLEMS

TITLE = "One known shopper, asked alone"
NAME = "decision-single-shopper"
PROBLEMS_ASKED = {"ml-100k": "MovieLens-100K", "beauty": "Beauty"}
LENGTHS = (10, 100)
WARM_UP = 5
BLOCK_SECONDS = 15


def single_shopper(
    name: str, data: Path, home: Path, *, training: Training, block: int, repeats: int, console: Console
) -> Measured:
    """Learn a problem, then ask everybody in turn.

    Args:
        name: of the problem.
        data: folder of the data sets.
        home: with the peers' environment and the embedded texts; what is missing is made.
        training: how long to learn.
        block: shoppers that a contender is asked for before it is the next one's turn.
        repeats: blocks of each contender and length.
        console: for progress.
    Raises: ChildProcessError if a peer fails; what it said stands in the terminal.
    """
    seed = training.seed
    problem = PROBLEMS[name](data, seed=seed, tie_seed=seed, refit=False)
    known = np.flatnonzero(problem.lesson.train.lengths > 0)
    with (
        tempfile.TemporaryDirectory(prefix="dpe-decision-") as scratch,
        contenders_learned(problem, home, Path(scratch), training, console) as contenders,
    ):
        busy = machine.calm_wait()
        console.print(f"{PROBLEMS_ASKED[name]}: asking …")
        rows = in_turn(contenders.seconds, known, block=block, repeats=repeats, rng=random.Random(seed))
    items = f"{problem.lesson.train.n_items:,} items, {len(known):,} known shoppers"
    notes = [f"{items}; {busy:.0%} of the machine was busy with other things before", *contenders.notes]
    return told(PROBLEMS_ASKED[name], rows, notes)


def in_turn(
    contenders: Mapping[str, Seconds], known: Ints, *, block: int, repeats: int, rng: random.Random
) -> dict[tuple[str, int], Repeats]:
    """Seconds by contender and length: in each repeat everybody is asked for the same shoppers, in a drawn order.

    Who is so slow that a block would take longer than ``BLOCK_SECONDS`` is asked for the first of them alone.

    Args:
        contenders: whom to ask.
        known: (k,) shoppers to draw from.
        block: how many to draw for a repeat.
        repeats: how many draws.
        rng: draws shoppers and order.
    """
    taken: dict[tuple[str, int], list[list[float]]] = {(name, n): [] for n in LENGTHS for name in contenders}
    most: dict[tuple[str, int], int] = {}
    for name, n in taken:
        warm = contenders[name](rng.sample(known.tolist(), min(WARM_UP, len(known))), n)
        most[name, n] = max(WARM_UP, int(BLOCK_SECONDS / statistics.median(warm)))
    for _ in range(repeats):
        shoppers = rng.sample(known.tolist(), min(block, len(known)))
        for name, n in rng.sample(list(taken), len(taken)):
            taken[name, n].append(contenders[name](shoppers[: most[name, n]], n))
    return {key: Repeats(seconds) for key, seconds in taken.items()}


def told(problem: str, rows: Mapping[tuple[str, int], Repeats], notes: Sequence[str]) -> Measured:
    """A line per contender and length, and below them how many times as long ours takes."""
    lines = [repeats.measure(f"{problem}, {n} items: {name}") for (name, n), repeats in rows.items()]
    ratios = [
        Ratio.of(f"{problem}, {n} items: ours ÷ {name}", rows[OURS, n], repeats).words
        for (name, n), repeats in rows.items()
        if name != OURS
    ]
    return lines, [*(f"{problem}: {note}" for note in notes), *ratios]


def main(words: Sequence[str]) -> None:
    """Measure, print and write."""
    options = _options(words)
    console, began = Console(soft_wrap=True), time.perf_counter()
    measures: list[Measure] = []
    notes = ["Each answer alone, nothing beside it, one thread; medians of the repeats, whose blocks take turns"]
    training = Training(options.epochs, options.fusion_shoppers, options.seed)
    for name in options.problem or PROBLEMS_ASKED:
        lines, more = single_shopper(
            name,
            options.data,
            options.home,
            training=training,
            block=options.block,
            repeats=options.repeats,
            console=console,
        )
        measures += lines
        notes += more
    report_publish(
        (measures, notes),
        title=TITLE,
        command=["python", "-m", "benchmarks.decision.single_shopper", *_given(options)],
        seed=options.seed,
        began=began,
        file=options.results / NAME,
        console=console,
    )


def _options(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    home, data = os.environ.get("DPE_HOME"), os.environ.get("DPE_DATA")
    parser.add_argument("--home", type=Path, default=home, required=not home, help="default: DPE_HOME")
    parser.add_argument("--data", type=Path, default=data, required=not data, help="default: DPE_DATA")
    parser.add_argument("--problem", action="append", choices=tuple(PROBLEMS_ASKED), help="default: all")
    parser.add_argument("--block", type=int, default=100, help="shoppers of a repeat")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=3, help="of our encoder at most")
    parser.add_argument("--fusion-shoppers", type=int, default=8000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--results", type=Path, default=RESULTS)
    options = parser.parse_args(words)
    options.home, options.data = Path(options.home).resolve(), Path(options.data).resolve()
    return options


def _given(options: argparse.Namespace) -> list[str]:
    numbers = ("block", "repeats", "epochs", "fusion_shoppers", "seed")
    named = [word for name in options.problem or () for word in ("--problem", name)]
    given = [word for name in numbers for word in (f"--{name.replace('_', '-')}", str(getattr(options, name)))]
    return [*named, *given]


if __name__ == "__main__":
    main(sys.argv[1:])
