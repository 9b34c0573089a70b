"""Nightly updates week by week on Online Retail: what they lose and gain, and what they cost.

    python -m benchmarks.continual [--weeks 8] [--seed 0] [--nightly]

Each week's outcome is stored below ``DPE_HOME`` as soon as it is there; the same command goes on after a kill, also
with more weeks. The store is removed when the page tells all weeks of the data.
"""

import argparse
import hashlib
import json
import os
import shutil
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import torch
from rich.console import Console

from benchmarks.continual.contenders import Shop
from benchmarks.continual.life import weeks_live
from benchmarks.continual.page import Run, json_of, page_of
from benchmarks.machine import machine_read
from benchmarks.quality.work import Work
from dpe_site import environment
from recommender.management.stage_bar import StageBar
from recommender.training.recipe import TrainingRecipe
from recommender.trials.datasets import retail_read
from recommender.trials.learn import Stages
from recommender.trials.problems import PERMUTATION

FIRST_US = int(datetime(2011, 10, 8, tzinfo=UTC).timestamp()) * 1_000_000
"""When the first training is: nine weeks before the data end."""
WEEKS, NIGHTS = 8, 7


def main(words: Sequence[str]) -> int:
    """Measure, show and write."""
    options, began = _options(words), time.perf_counter()
    torch.set_num_threads(1)
    with StageBar() as stages:
        shop = shop_read(options, stages)
        store = environment.home() / "benchmarks" / "continual" / _name(shop)
        store.mkdir(parents=True, exist_ok=True)
        outcomes = weeks_live(shop, options.weeks, store)
    wall = max(time.perf_counter() - began, sum(one.cost.wall for one in outcomes))  # a part may have run before
    run = Run(_command(options), machine_read().words, datetime.now(UTC).date().isoformat(), wall)
    page, told = page_of(run, shop, outcomes), json_of(run, shop, outcomes)
    options.results.mkdir(parents=True, exist_ok=True)
    path = options.results / ("continual-nightly" if options.nightly else "continual")
    path.with_suffix(".json").write_text(json.dumps(told, indent=1) + "\n")
    path.with_suffix(".md").write_text(page)
    Console(soft_wrap=True).print(page)
    if options.weeks == WEEKS:
        shutil.rmtree(store)
    return 0


def shop_read(options: argparse.Namespace, stages: Stages) -> Shop:
    """Online Retail and the shop's own defaults."""
    dataset, recipe = retail_read(options.data, seed=PERMUTATION), TrainingRecipe()
    home = environment.home()
    work = Work(dataset.texts, {}, options.seed, 1, 0.0, home, home / "benchmarks", stages)
    return Shop(
        dataset.sequences,
        work.catalogue,
        recipe.learning,
        recipe.update,
        recipe.holdout,
        FIRST_US,
        NIGHTS if options.nightly else 1,
        options.seed,
        stages,
    )


def _name(shop: Shop) -> str:
    """Of the folder where runs with these arguments keep what is done."""
    asked = [shop.config.to_json(), asdict(shop.update), asdict(shop.holdout), shop.nights, shop.seed]
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()[:16]


def _command(options: argparse.Namespace) -> str:
    nightly = " --nightly" if options.nightly else ""
    return f"python -m benchmarks.continual --weeks {options.weeks} --seed {options.seed}{nightly}"


def _options(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.continual", description=__doc__.splitlines()[0])
    parser.add_argument("--weeks", type=int, default=8, help="lived after the first training (default 8)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--nightly", action="store_true", help="seven updates a week instead of one")
    parser.add_argument("--data", type=Path, default=os.environ.get("DPE_DATA"), help="default: DPE_DATA")
    parser.add_argument("--results", type=Path, default=environment.REPOSITORY / "docs" / "results" / "quality")
    options = parser.parse_args(words)
    if not options.data:
        parser.error("name the folder of the data sets with --data or the variable DPE_DATA")
    if not 1 <= options.weeks <= WEEKS:
        parser.error(f"the data last for {WEEKS} weeks after the first training; ask for 1 to {WEEKS}")
    options.data = Path(options.data)
    return options


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
