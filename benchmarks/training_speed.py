"""How long our encoder and RecTools' SASRec take to the same validation NDCG@10, in turns on the same cores.

    python -m benchmarks.training_speed [--problem ml-100k] [--rounds 3] [--minutes 20]

Both get the same sequences, dimensions, blocks, heads, history length, dropout and threads, stop by the same rule on
the same shoppers, and run A B A B. In each round the target is the best NDCG@10 that SASRec reaches in it; what is
compared is the time from the first line of training until the target is reached for the first time, validation
included.
"""

import argparse
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import inf, isfinite
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from rich.console import Console

from benchmarks.options import data_options
from benchmarks.peers.environment import peer_python
from benchmarks.peers.exchange import Options, Order, Outcome, commission_write, outcome_read
from benchmarks.processes import Cost, command_run
from benchmarks.report import Goal, Measure, report_publish
from dpe_site import environment
from recommender.data.types import DataError
from recommender.trials.problems import PROBLEMS, Problem

OURS: Options = {"embedding_dim": 64, "n_blocks": 2, "n_heads": 2, "max_length": 50, "dropout": 0.3}
THEIRS: Options = {"n_factors": 64, "n_blocks": 2, "n_heads": 2, "session_max_len": 50, "dropout_rate": 0.3}
NEARLY = 0.95
"""The target is also asked at this share of it, because the last steps to a maximum are noise."""


@dataclass(frozen=True)
class Training:
    """One training."""

    outcome: Outcome
    cost: Cost

    @property
    def best(self) -> float:
        """The best validation NDCG@10."""
        return max(ndcg for _, ndcg in self.outcome.curve)

    def seconds_to(self, target: float) -> float:
        """When the target was reached for the first time, infinite if never."""
        return next((seconds for seconds, ndcg in self.outcome.curve if ndcg >= target), inf)


@dataclass(frozen=True)
class Round:
    """A training of each, one after the other."""

    ours: Training
    theirs: Training

    def ratio(self, share: float = 1.0) -> float:
        """Our time to ``share`` of the target as a part of theirs."""
        target = share * self.theirs.best
        return self.ours.seconds_to(target) / self.theirs.seconds_to(target)

    @property
    def processor_ratio(self) -> float:
        """The same in processor time, which others on the machine do not lengthen."""
        return self.ratio() * self.ours.cost.busy / self.theirs.cost.busy


def main(words: Sequence[str]) -> int:
    """Measure, show and write."""
    options = _options(words)
    began, console = time.perf_counter(), Console(soft_wrap=True)
    rounds = []
    problem = PROBLEMS[options.problem](options.data, seed=0, tie_seed=0, refit=False)
    for number in range(options.rounds):
        ours = training_run(problem, sys.executable, "our_encoder", "", OURS, number, options)
        theirs_python = str(peer_python(environment.home()))
        theirs = training_run(problem, theirs_python, "rectools_transformers", "SASRec", THEIRS, number, options)
        rounds.append(Round(ours, theirs))
        console.print(f"round {number + 1}: ours {ours.best:.4f}, theirs {theirs.best:.4f}, {rounds[-1].ratio():.2f} ×")
    given = ["--problem", options.problem, "--rounds", str(options.rounds)]
    report_publish(
        (measures_of(rounds), _notes(options, rounds)),
        title="Training speed",
        command=["python", "-m", "benchmarks.training_speed", *given],
        seed=0,
        began=began,
        file=options.results / f"training-speed-{options.problem}",
        console=console,
    )
    return 0


def training_run(
    problem: Problem, python: str, module: str, model: str, given: Options, seed: int, options: argparse.Namespace
) -> Training:
    """One training in a process of its own.

    Raises: DataError if it fails.
    """
    lesson = problem.lesson
    limit = 60 * options.minutes
    with TemporaryDirectory() as scratch:
        order = Order(model, given, seed, options.threads, 0, lesson.repeats, limit)
        stop = None if lesson.validation is None else lesson.validation.stop
        commission_write(Path(scratch), order, lesson.train, stop, ())
        threads = {"OMP_NUM_THREADS": str(options.threads)}
        cost = command_run(
            [python, "-m", f"benchmarks.peers.{module}", scratch], limit_seconds=2 * limit, environment=threads
        )
        if cost.status:
            raise DataError(
                f"{module} ended with {cost.status} after {cost.wall_seconds:.0f} s; see what it said above"
            )
        return Training(outcome_read(Path(scratch), 0)[0], cost)


def measures_of(rounds: Sequence[Round]) -> tuple[Measure, ...]:
    """Medians over rounds."""
    n = len(rounds)

    def of(name: str, unit: str, values: Sequence[float], *goals: Goal) -> Measure:
        middle = median(values)
        return Measure(name, unit, n, value=round(middle, 4) if isfinite(middle) else None, goals=goals)

    def times(share: float, name: str) -> tuple[Measure, ...]:
        targets, third = [share * one.theirs.best for one in rounds], Goal("value", 33.3)
        return (
            of(
                f"RecTools SASRec to {name}",
                "s",
                [r.theirs.seconds_to(t) for r, t in zip(rounds, targets, strict=True)],
            ),
            of(f"Ours to {name}", "s", [r.ours.seconds_to(t) for r, t in zip(rounds, targets, strict=True)]),
            of(f"Ours as a part of theirs, to {name}", "%", [100 * r.ratio(share) for r in rounds], third),
        )

    memory = [100 * one.ours.cost.peak_memory_mb / one.theirs.cost.peak_memory_mb for one in rounds]
    return (
        of("Best validation NDCG@10 of RecTools SASRec × 1000", "", [1000 * one.theirs.best for one in rounds]),
        of("Best validation NDCG@10 of ours × 1000", "", [1000 * one.ours.best for one in rounds]),
        *times(1.0, "its best"),
        of("Ours as a part of theirs, in processor time", "%", [100 * one.processor_ratio for one in rounds]),
        *times(NEARLY, f"{NEARLY:.0%} of its best"),
        of("Peak memory of RecTools SASRec", "MB", [one.theirs.cost.peak_memory_mb for one in rounds]),
        of("Peak memory of ours", "MB", [one.ours.cost.peak_memory_mb for one in rounds]),
        of("Peak memory of ours as a part of theirs", "%", memory, Goal("value", 100.0)),
    )


def _notes(options: argparse.Namespace, rounds: Sequence[Round]) -> tuple[str, ...]:
    settings = ", ".join(f"{key} {value}" for key, value in OURS.items())
    return (
        f"{options.problem}, {options.threads} threads, in turns, medians over rounds; both: {settings}.",
        "No texts on either side. RecTools at its own learning rate and batch size, full softmax.",
        *(f"Round {number}: {_told(one)}" for number, one in enumerate(rounds, start=1)),
    )


def _told(one: Round) -> str:
    sides = (("ours", one.ours), ("theirs", one.theirs))
    return "; ".join(
        f"{name} {len(side.outcome.curve)} epochs, {side.outcome.learn_seconds:.0f} s, best {side.best:.4f}, "
        f"cost {asdict(side.cost)}"
        for name, side in sides
    )


def _options(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.training_speed", description=__doc__.splitlines()[0])
    parser.add_argument("--problem", choices=tuple(PROBLEMS), default="ml-100k")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--minutes", type=float, default=20, help="a training ends with the first epoch after so long")
    return data_options(parser, words)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
