"""The first requests of shoppers whom no model has met, with and without what their situation says.

    python -m benchmarks.new_shoppers [--problem ml-100k] [--seeds 3]

Each seed takes another tenth of the shoppers out of everything that is learned and learns anew. Figures are means over
the shoppers of all seeds; who was taken out several times is drawn together by the bootstrap.
"""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from rich.console import Console

from benchmarks.machine import machine_read
from benchmarks.options import data_options
from benchmarks.quality.work import Work
from dpe_site import environment
from recommender.data.absent import Absent
from recommender.data.snapshot import Trait
from recommender.encoders.config import SHOP_DEFAULTS
from recommender.encoders.start_states import StartStates
from recommender.evaluation.bootstrap import Interval
from recommender.management.stage_bar import StageBar
from recommender.serving.bundle import bundle_load
from recommender.trials.datasets import RETAIL_SPLIT_US, Dataset, movielens_read, retail_read
from recommender.trials.new_shoppers import (
    REQUESTS,
    FirstRequests,
    encoder_scorer,
    first_items_scorer,
    first_requests,
    moved_scorer,
    new_shoppers_learn,
    new_shoppers_split,
    popularity_scorer,
    situation_lifts,
    situation_popularity_scorer,
    start_states_of,
)
from recommender.trials.problems import PERMUTATION
from recommender.trials.shopper_traits import movielens_traits, retail_traits

BEST, BEST_SITUATION, FIRSTS = "best sellers", "best sellers + situation", "first items"
TOKEN, EVERYBODY, SITUATION = "start token", "+ everybody's shift", "+ situation"
MODELS = (BEST, BEST_SITUATION, FIRSTS, TOKEN, EVERYBODY, SITUATION)


@dataclass(frozen=True)
class Problem:
    """A data set whose shoppers are known by more than what they do."""

    name: str
    dataset: Dataset
    traits: tuple[Trait, ...]
    time_zone: str


@dataclass(frozen=True)
class NewRun:
    """One seed."""

    seed: int
    new: int
    known: int
    seconds: float
    opened: bool  # whether its bundle was learned earlier, so that no time went into it
    chosen: str  # prior of the shifts, or why there are none
    found: list[FirstRequests]


def main(words: Sequence[str]) -> int:
    """Measure, show and write."""
    options = _options(words)
    problem = _read(options.problem, options.data)
    runs = [new_run(problem, seed, options.bundles) for seed in range(options.seeds)]
    page = page_of(problem, runs)
    options.results.mkdir(parents=True, exist_ok=True)
    path = options.results / f"new-shoppers-{options.problem}"
    told = {"hardware": machine_read().words, "config": SHOP_DEFAULTS.to_json(), **figures_of(runs)}
    path.with_suffix(".json").write_text(json.dumps(told, indent=1) + "\n")
    path.with_suffix(".md").write_text(page)
    Console(soft_wrap=True).print(page)
    return 0


def new_run(problem: Problem, seed: int, bundles: Path | None) -> NewRun:
    """Learn from nine tenths of the shoppers and ask the others; a bundle that stands in ``bundles`` is opened."""
    began, dataset = time.perf_counter(), problem.dataset
    split = new_shoppers_split(dataset.sequences, seed=seed)
    with TemporaryDirectory() as scratch, StageBar() as stages:
        work = Work(dataset.texts, {}, seed, 0, 0.0, environment.home(), Path(scratch), stages)
        folder = (bundles or Path(scratch)) / f"{problem.name}-{seed}"
        opened = folder.is_dir()
        if not opened:
            new_shoppers_learn(folder, split, work.catalogue, SHOP_DEFAULTS, seed=seed, stages=stages)
        bundle = bundle_load(folder)
        starts = start_states_of(bundle, split, problem.traits, problem.time_zone)
        vectors = np.asarray(bundle.arrays.item_vectors, np.float32)
        lifts = np.zeros((len(split.new), len(vectors)), np.float32)
        everybody = lifts
        if isinstance(starts, StartStates):
            lifts = situation_lifts(split, starts, problem.traits, vectors)
            everybody = np.broadcast_to(vectors @ starts.everybody, lifts.shape)
        best = popularity_scorer(split, SHOP_DEFAULTS)
        scorers = (
            best,
            situation_popularity_scorer(best, lifts),
            first_items_scorer(split),
            encoder_scorer(bundle),
            moved_scorer(bundle, everybody),
            moved_scorer(bundle, everybody + lifts),
        )
        found = first_requests(split, dict(zip(MODELS, scorers, strict=True)))
    new, known = (int((part.lengths > 0).sum()) for part in (split.new, split.known))
    return NewRun(seed, new, known, time.perf_counter() - began, opened, _chosen(starts), found)


def _chosen(starts: StartStates | Absent) -> str:
    if isinstance(starts, Absent):
        return f"no shift: {starts}"
    gains = f"{starts.gain:.4f} nats gained per held-out known shopper, {starts.situation_gain:.4f} by the situation"
    return f"{gains}; {len(starts.features)} features, λ {starts.prior:g}"


def pooled(runs: Sequence[NewRun]) -> list[FirstRequests]:
    """All seeds' shoppers as one."""
    return [
        FirstRequests(
            np.concatenate([run.found[h].shopper for run in runs]),
            {name: np.concatenate([run.found[h].ndcg[name] for run in runs]) for name in MODELS},
        )
        for h in range(REQUESTS)
    ]


def figures_of(runs: Sequence[NewRun]) -> dict[str, Any]:
    """Every figure with its interval, of all seeds and of each."""
    whole = pooled(runs)
    seeds = [{name: value for name, value in vars(run).items() if name != "found"} for run in runs]
    for told, run in zip(seeds, runs, strict=True):
        told["ndcg@10"] = {name: float(run.found[0].ndcg[name].mean()) for name in MODELS}
    return {
        "runs": seeds,
        "ndcg@10": [{name: asdict(one.interval(name)) for name in MODELS} for one in whole],
        "differences": {name: asdict(whole[0].difference(*pair)) for name, pair in _PAIRS.items()},
    }


_PAIRS = {
    "everybody's shift − start token": (EVERYBODY, TOKEN),
    "situation − everybody's shift": (SITUATION, EVERYBODY),
    "situation − start token": (SITUATION, TOKEN),
    "best sellers + situation − best sellers": (BEST_SITUATION, BEST),
}


def page_of(problem: Problem, runs: Sequence[NewRun]) -> str:
    """The table, the differences and what each seed chose."""
    name, whole, seconds = problem.name, pooled(runs), sum(run.seconds for run in runs)
    traits = ", ".join(trait.name for trait in problem.traits)
    opened = sum(run.opened for run in runs)
    earlier = f", {opened} of their bundles learned earlier and not counted" if opened else ""
    lines = [
        f"# First requests of new shoppers, {name}",
        "",
        f"`python -m benchmarks.new_shoppers --problem {name} --seeds {len(runs)}`",
        "",
        f"A random tenth of the shoppers ({runs[0].new:,} of {runs[0].new + runs[0].known:,}) per seed; "
        f"{len(runs)} seeds, {seconds / 60:.1f} minutes{earlier}. "
        f"The situation is {traits}, part of the day and weekend ({problem.time_zone}). "
        "NDCG@10 after h things done, 95 % bootstrap intervals over shoppers.",
        "",
        f"| h | asked | {' | '.join(MODELS)} |",
        f"|---|---|{'---|' * len(MODELS)}",
    ]
    for h, one in enumerate(whole):
        told = " | ".join(_told(one.interval(model)) for model in MODELS)
        lines.append(f"| {h} | {len(one.shopper):,} | {told} |")
    lines += ["", "Paired differences at h = 0:", ""]
    for words, pair in _PAIRS.items():
        interval = whole[0].difference(*pair)
        lines.append(f"- {words}: {_told(interval)}, {interval.verdict}")
    lines += ["", f"| seed | chosen | {TOKEN} | {EVERYBODY} | {SITUATION} |", "|---|---|---|---|---|"]
    for run in runs:
        means = " | ".join(f"{run.found[0].ndcg[model].mean():.4f}" for model in (TOKEN, EVERYBODY, SITUATION))
        lines.append(f"| {run.seed} | {run.chosen} | {means} |")
    return "\n".join([*lines, ""])


def _told(interval: Interval) -> str:
    return f"{interval.mean:.4f} [{interval.low:.4f}, {interval.high:.4f}]"


def _read(name: str, data: Path) -> Problem:
    if name == "ml-100k":
        viewers = movielens_read(data, seed=PERMUTATION, tie_seed=0)
        return Problem(name, viewers, movielens_traits(data, viewers.shoppers), "America/Chicago")
    whole = retail_read(data, seed=PERMUTATION)
    before = Dataset(whole.sequences.before(RETAIL_SPLIT_US), whole.texts, whole.shoppers)
    return Problem(name, before, retail_traits(data, before.shoppers), "Europe/London")


def _options(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.new_shoppers", description=__doc__.splitlines()[0])
    parser.add_argument("--problem", choices=("ml-100k", "online-retail"), default="ml-100k")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--bundles", type=Path, help="keep the bundles here, and open those that stand already")
    return data_options(parser, words)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
