"""How long ``manage.py benchmark sequences`` takes on a large file of made-up shoppers.

    python -m benchmarks.sequences [--interactions 1000000] [--minutes 60]

The file has as many interactions, shoppers and items as MovieLens-1M. Shoppers stay with a genre for a while and prefer
what is popular in it, so there is something to learn and the encoder does not stop after a few epochs.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from rich.console import Console

from benchmarks.processes import command_run
from benchmarks.report import RESULTS, Goal, Measure, report_publish

GENRES = 40
STAY = 0.9
"""Share of steps that stay in the genre."""
LIMIT_MINUTES = 60.0


def main(words: Sequence[str]) -> int:
    """Make the file, run the command, show and write.

    Returns: exit status, 1 where the command failed or was ended.
    """
    options = _options(words)
    began, console = time.perf_counter(), Console(soft_wrap=True)
    with TemporaryDirectory() as scratch:
        file, export = Path(scratch) / "sequences.txt", Path(scratch) / "lists.csv"
        file_write(file, options.interactions, options.shoppers, options.items, np.random.default_rng(options.seed))
        command = [sys.executable, "manage.py", "benchmark", "sequences", str(file), "--export", str(export)]
        cost = command_run(command, limit_seconds=60 * options.minutes)
        rows = sum(1 for _ in export.open()) - 1 if export.exists() else 0
    done = cost.status == 0 and rows > 0
    minutes = round(cost.wall_seconds / 60, 1) if done else None
    measures = (
        Measure("From file to everybody's lists", "min", 1, value=minutes, goals=(Goal("value", LIMIT_MINUTES),)),
        Measure("Peak memory", "MB", 1, value=round(cost.peak_memory_mb)),
        Measure("Rows written", "", 1, value=rows),
    )
    report_publish(
        (measures, _notes(options, cost.status)),
        title="A million interactions",
        command=["python", "-m", "benchmarks.sequences", "--interactions", str(options.interactions)],
        seed=options.seed,
        began=began,
        file=options.results / "sequences",
        console=console,
    )
    return 0 if done else 1


def file_write(file: Path, interactions: int, shoppers: int, items: int, rng: np.random.Generator) -> None:
    """Lines ``user item item …``: lengths are log-normal as in MovieLens, at least 5, and sum to ``interactions``."""
    weights = rng.lognormal(0.0, 1.0, shoppers)
    lengths = 5 + rng.multinomial(max(interactions - 5 * shoppers, 0), weights / weights.sum())
    genres_in_all = min(GENRES, items)
    genre_of = np.arange(items) % genres_in_all
    popularity = 1.0 / (10.0 + rng.permutation(items))
    cumulative = [_cumulative(np.flatnonzero(genre_of == genre), popularity) for genre in range(genres_in_all)]
    with file.open("w") as stream:
        for user, length in enumerate(lengths.tolist()):
            move = rng.random(length) >= STAY
            run = np.cumsum(move)
            genres = rng.integers(0, genres_in_all, int(run[-1]) + 1)[run]
            draws = rng.random(length)
            walked = [_drawn(cumulative[genre], draw) for genre, draw in zip(genres, draws, strict=True)]
            stream.write(f"u{user} {' '.join(f'i{item}' for item in walked)}\n")


def _cumulative(members: np.ndarray, popularity: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    share = np.cumsum(popularity[members])
    return members, share / share[-1]


def _drawn(of: tuple[np.ndarray, np.ndarray], draw: float) -> int:
    members, share = of
    return int(members[np.searchsorted(share, draw, side="right")])


def _notes(options: argparse.Namespace, status: int) -> tuple[str, ...]:
    told = f"{options.interactions:,} interactions of {options.shoppers:,} shoppers with {options.items:,} items"
    ended = f"The command ended with {status}; no time is claimed." if status else "The command ended by itself."
    return f"{told}, made up, without texts.", ended, "A single run."


def _options(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sequences", description=__doc__.splitlines()[0])
    parser.add_argument("--interactions", type=int, default=1_000_000)
    parser.add_argument("--shoppers", type=int, default=6_000)
    parser.add_argument("--items", type=int, default=3_400)
    parser.add_argument("--minutes", type=float, default=LIMIT_MINUTES, help="the command is ended after so long")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--results", type=Path, default=RESULTS / "quality")
    return parser.parse_args(words)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
