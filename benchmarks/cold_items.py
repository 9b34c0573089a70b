"""Items nobody has ever met, ranked by what is known of them: ours against frozen texts.

    python -m benchmarks.cold_items [--problem beauty] [--seeds 1]

Each seed takes another tenth of the items out of every fit, learns anew and draws another order among equal texts.
"""

import argparse
import json
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from rich.console import Console

from benchmarks.machine import machine_read
from benchmarks.options import data_options
from benchmarks.quality.work import Work
from dpe_site import environment
from recommender.encoders.config import SHOP_DEFAULTS
from recommender.evaluation.bootstrap import Interval
from recommender.management.stage_bar import StageBar
from recommender.trials.cold_cues import our_understandings
from recommender.trials.cold_items import (
    ColdFigures,
    ColdSplit,
    cold_learn,
    cold_measure,
    cold_split,
    frozen_understandings,
)
from recommender.trials.datasets import Dataset, beauty_read, movielens_read
from recommender.trials.problems import PERMUTATION


@dataclass(frozen=True)
class ColdRun:
    """One seed."""

    seed: int
    shoppers: int
    cold: int
    warm: int
    seconds: float
    figures: Mapping[str, Mapping[str, ColdFigures]]  # model → among whom → figures


def main(words: Sequence[str]) -> int:
    """Measure, show and write."""
    options = _options(words)
    dataset = _read(options.problem, options.data)
    runs = [cold_run(dataset, seed) for seed in range(options.seeds)]
    page = page_of(options.problem, runs)
    options.results.mkdir(parents=True, exist_ok=True)
    path = options.results / f"cold-items-{options.problem}"
    told = {"hardware": machine_read().words, "config": SHOP_DEFAULTS.to_json(), "runs": [asdict(run) for run in runs]}
    path.with_suffix(".json").write_text(json.dumps(told, indent=1) + "\n")
    path.with_suffix(".md").write_text(page)
    Console(soft_wrap=True).print(page)
    return 0


def cold_run(dataset: Dataset, seed: int) -> ColdRun:
    """Learn from the warm items and measure everybody."""
    began, split = time.perf_counter(), cold_split(dataset.sequences, seed=seed)
    with TemporaryDirectory() as scratch, StageBar() as stages:
        work = Work(dataset.texts, {}, seed, 0, 0.0, environment.home(), Path(scratch), stages)
        bundle = cold_learn(Path(scratch) / "bundle", split, work.catalogue, SHOP_DEFAULTS, seed=seed, stages=stages)
        text = np.asarray(work.catalogue.text_vectors)
        models = {**our_understandings(bundle, split, work.catalogue, seed=seed), **frozen_understandings(split, text)}
        figures = {name: cold_measure(split, score, seed=seed) for name, score in models.items()}
    return _run(split, seed, time.perf_counter() - began, figures)


def page_of(problem: str, runs: Sequence[ColdRun]) -> str:
    """Every seed's table on one page."""
    command = f"python -m benchmarks.cold_items --problem {problem} --seeds {len(runs)}"
    lines = [f"# Cold items, {problem}", "", f"`{command}`", ""]
    for run in runs:
        known = f"{run.cold:,} cold items, {run.warm:,} warm ones"
        lines += [f"## Seed {run.seed}", "", f"{run.shoppers:,} shoppers, {known}, {run.seconds / 60:.1f} minutes.", ""]
        lines += ["| model | HR@10 among themselves | NDCG@10 | HR@10 among all | NDCG@10 |", "|---|---|---|---|---|"]
        for name, figures in run.figures.items():
            told = [_told(one) for among in figures.values() for one in (among.hit_rate, among.ndcg)]
            lines.append(f"| {name} | {' | '.join(told)} |")
        lines.append("")
    legend = "Brackets: 95 % bootstrap intervals over shoppers. Equal scores stand in an order drawn from the seed."
    return "\n".join([*lines, legend, ""])


def _told(interval: Interval) -> str:
    return f"{interval.mean:.4f} [{interval.low:.4f}, {interval.high:.4f}]"


def _run(split: ColdSplit, seed: int, seconds: float, figures: Mapping[str, Mapping[str, ColdFigures]]) -> ColdRun:
    return ColdRun(seed, len(split.users), len(split.cold), len(split.warm), seconds, figures)


def _read(problem: str, data: Path) -> Dataset:
    if problem == "beauty":
        return beauty_read(data, seed=PERMUTATION)
    return movielens_read(data, seed=PERMUTATION, tie_seed=0)


def _options(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cold_items", description=__doc__.splitlines()[0])
    parser.add_argument("--problem", choices=("beauty", "ml-100k"), default="beauty")
    parser.add_argument("--seeds", type=int, default=1)
    return data_options(parser, words)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
