"""Training over a vocabulary of a million items: how much memory it takes and how long a step is.

    python -m benchmarks.vocabulary [--items 1000000] [--shoppers 20000] [--minutes 10]

Made-up shoppers walk through a made-up catalogue whose items are as unequal as real ones (Zipf). With the shop's
default configuration the loss is sampled, so memory grows with items × dimensions and not with items × positions of a
batch; what the full softmax would need for one batch is told beside it. Small vocabularies come first, for the slope.
"""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from rich.console import Console

from benchmarks.processes import Cost, command_run
from benchmarks.report import RESULTS, Goal, Measure, report_publish
from recommender.data.sequences import Sequences
from recommender.data.types import DataError
from recommender.encoders.config import SHOP_DEFAULTS
from users.kinds import Kind

LENGTH = 20
"""Interactions per shopper."""
LIMIT_MB = 8_000.0
"""Resident memory that a million items may take: a third of a machine of 24 GiB."""


def main(words: Sequence[str]) -> int:
    """Measure, show and write; or, told to, be the process that is measured."""
    options = _options(words)
    if options.inside:
        return _train(options.items, options.shoppers)
    began, console = time.perf_counter(), Console(soft_wrap=True)
    measures: list[Measure] = []
    for items in (options.items // 100, options.items // 10, options.items):
        cost = _measured(items, options.shoppers, 60 * options.minutes)
        goals = (Goal("value", LIMIT_MB),) if items == options.items else ()
        name = f"{items:,} items: peak memory of the training process"
        measures.append(Measure(name, "MB", 1, value=round(cost.peak_memory_mb), goals=goals))
        measures.append(
            Measure(f"{items:,} items: one epoch, start included", "s", 1, value=round(cost.wall_seconds, 1))
        )
        console.print(f"{items:,} items: {cost.peak_memory_mb:,.0f} MB, {cost.wall_seconds:.0f} s")
    sizes = ["--items", str(options.items), "--shoppers", str(options.shoppers)]
    report_publish(
        (measures, _notes(options)),
        title="A large vocabulary",
        command=["python", "-m", "benchmarks.vocabulary", *sizes],
        seed=0,
        began=began,
        file=options.results / "vocabulary",
        console=console,
    )
    return 0


def walks(items: int, shoppers: int, rng: np.random.Generator) -> Sequences:
    """Each shopper's items: neighbours in the catalogue most of the time, else anything, popular things more often."""
    jump = np.minimum(rng.zipf(1.2, (shoppers, LENGTH)) - 1, items - 1)  # (u, LENGTH)
    start = rng.integers(0, items, (shoppers, 1))
    near = (start + np.cumsum(rng.integers(0, 3, (shoppers, LENGTH)), axis=1)) % items
    item = np.where(rng.random((shoppers, LENGTH)) < 0.7, near, jump).ravel().astype(np.int64)
    nothing = np.zeros(len(item), np.int64)
    kinds = np.full(len(item), Kind.PURCHASE, np.int8)
    return Sequences(np.arange(shoppers + 1) * LENGTH, item, kinds, nothing, nothing, items)


def _measured(items: int, shoppers: int, limit: float) -> Cost:
    command = [sys.executable, "-m", "benchmarks.vocabulary", "--inside", "--items", str(items)]
    cost = command_run([*command, "--shoppers", str(shoppers)], limit_seconds=limit)
    if cost.status:
        raise DataError(f"{items:,} items: ended with {cost.status} after {cost.wall_seconds:.0f} s; raise --minutes")
    return cost


def _train(items: int, shoppers: int) -> int:
    from recommender.encoders.training_loop import encoder_train

    sequences = walks(items, shoppers, np.random.default_rng(0))
    began = time.perf_counter()
    trained = encoder_train(sequences, None, replace(SHOP_DEFAULTS.encoder, epochs=1))
    told = {"train_seconds": time.perf_counter() - began, "loss": trained.curve[0].loss}
    sys.stdout.write(json.dumps(told) + "\n")
    return 0


def _notes(options: argparse.Namespace) -> tuple[str, ...]:
    config = SHOP_DEFAULTS.encoder
    full = config.tokens_per_batch * options.items * 4 / 1e6
    return (
        f"{options.shoppers:,} made-up shoppers of {LENGTH} interactions, {config.embedding_dim} dimensions, no texts.",
        f"From {config.full_softmax_below:,} items on, {config.n_negatives:,} items a batch are drawn for the softmax.",
        f"Logits of one batch over all {options.items:,} items would take {full:,.0f} MB, and their gradient again.",
        "Single runs; memory includes Python, torch and the made-up data.",
    )


def _options(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.vocabulary", description=__doc__.splitlines()[0])
    parser.add_argument("--items", type=int, default=1_000_000)
    parser.add_argument("--shoppers", type=int, default=20_000)
    parser.add_argument("--minutes", type=float, default=10, help="limit of each of the three trainings")
    parser.add_argument("--results", type=Path, default=RESULTS / "quality")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args(words)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
