"""``manage.py evaluate``: our lists against the baselines on public data sets, as the shop itself would make them.

One run with one seed, for a look. The tables with peers, several seeds and stored cells are ``benchmarks.quality``.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from recommender.encoders.config import LearningConfig
from recommender.trials.ask import answers
from recommender.trials.baselines import Baseline, baselines_fit
from recommender.trials.catalogue import Catalogue, catalogue_of, described
from recommender.trials.learn import Stages
from recommender.trials.measure import Measured, Task, measure_answers, measure_baseline, measured_join
from recommender.trials.ours import Ours, ours_learn
from recommender.trials.problems import PROBLEMS, Problem
from recommender.trials.report import Table, table_make

OURS, FUSION = "DPE (full stack)", "DPE (fusion)"
MODELS = ("ease", "als")
"""Collaborative models that are shown beside the untrained baselines: those fitted in seconds. All of them stand in the
quality table (``make bench-quality``)."""
TIE_SEEDS = 5
NOTES = {
    "beauty": "Leave-one-out, strict, all items ranked, items already met left out.",
    "ml-100k": f"Leave-one-out, strict; {TIE_SEEDS} random orders of tied times, each learned anew.",
    "ml-100k-last-10": "Models frozen before all of them; intervals drawn over shoppers.",
    "online-retail": "After 2011-11-12, context frozen at it; the first basket, or every later one.",
}
NO_RANKER = "There are no impressions, hence no trained ranker: fusion and second stage rank."


@dataclass(frozen=True)
class Run:
    """What every data set's procedure is told."""

    data: Path
    home: Path  # keeps the exported text encoder
    config: LearningConfig
    seed: int
    stages: Stages
    device: str = "cpu"


@dataclass(frozen=True)
class Outcome:
    """Tables of a data set and what was fitted on the way."""

    tables: tuple[Table, ...]
    details: dict[str, object]


@dataclass(frozen=True)
class Answered:
    """A problem with everybody's figures per question: ours first, then the baselines."""

    problem: Problem
    measured: dict[str, list[Measured]]
    ours: Ours


def evaluate(run: Run, problems: dict[str, int]) -> Outcome:
    """Learn and ask each problem as often as it has tie seeds.

    Args:
        run: data, configuration and seed.
        problems: names of ``PROBLEMS``, each with its number of tie seeds; every one is learned with a seed of its own.
    """
    tables: list[Table] = []
    details: dict[str, object] = {}
    for name, tie_seeds in problems.items():
        found = [_answered(run, name, tie_seed) for tie_seed in range(tie_seeds)]
        tables += _tables(name, found)
        details[name] = {"epochs": found[-1].ours.chosen.epochs, "weighing": _weighing(found[-1].ours)}
    return Outcome(tuple(tables), details)


def _answered(run: Run, name: str, tie_seed: int) -> Answered:
    seed = run.seed + tie_seed
    problem = PROBLEMS[name](run.data, seed=seed, tie_seed=tie_seed, refit=False)
    catalogue = catalogue_of(problem.texts, home=run.home)
    with TemporaryDirectory() as scratch:
        ours = _learn(run, Path(scratch), problem, catalogue, seed)
        last = problem.again or problem.lesson
        triples = described(problem.texts)
        baselines = baselines_fit(last.train, run.config, now_us=last.now_us, models=MODELS, triples=triples, seed=seed)
        measured = {
            question: _joined(_everybody(run, ours, baselines, task) for task in tasks)
            for question, tasks in problem.questions.items()
        }
    return Answered(problem, measured, ours)


def _learn(run: Run, scratch: Path, problem: Problem, catalogue: Catalogue, seed: int) -> Ours:
    learn = partial(ours_learn, catalogue=catalogue, config=run.config, seed=seed, stages=run.stages, device=run.device)
    ours = learn(scratch / "bundle", problem.lesson)
    return ours if problem.again is None else learn(scratch / "again", problem.again, chosen=ours.chosen)


def _joined(asked: Iterable[list[Measured]]) -> list[Measured]:
    """Each model's figures of several askings as one."""
    return [measured_join(list(parts)) for parts in zip(*asked, strict=True)]


def _everybody(run: Run, ours: Ours, baselines: Iterable[Baseline], task: Task) -> list[Measured]:
    """Ours whole, ours without second stage, then the baselines."""
    popularity = np.asarray(ours.bundle.arrays.popularity)
    found = []
    for name, one in ((OURS, ours), (FUSION, ours.fusion_alone())):
        asked = one.bundle_for(task)
        lists = answers(asked, task.sequences, task.targets.users, now_us=task.now_us, repeats=task.repeats)
        found.append(measure_answers(name, task, lists, popularity, partial(run.stages, f"lists of {name}")))
    for baseline in baselines:
        run.stages(f"baseline {baseline.name}", 0, 1)
        found.append(measure_baseline(baseline, task, popularity))
    return found


def _tables(name: str, found: list[Answered]) -> list[Table]:
    """One table per question; shoppers who were asked several times are one cluster."""
    tables = []
    for question, tasks in found[0].problem.questions.items():
        joined = _joined(one.measured[question] for one in found)
        clusters = np.concatenate([task.targets.users for _ in found for task in tasks])
        title = question[0].upper() + question[1:]
        tables.append(table_make(title, f"{NOTES[name]} {NO_RANKER}", joined[0], joined[1:], clusters=clusters))
    return tables


def _weighing(ours: Ours) -> dict[str, object]:
    return {"all" if repeats else "new": one.to_json() for repeats, one in ours.chosen.weights.items()}


EVALUATIONS: dict[str, Callable[[Run], Outcome]] = {
    "online-retail": partial(evaluate, problems={"online-retail": 1}),
    "ml-100k": partial(evaluate, problems={"ml-100k": TIE_SEEDS, "ml-100k-last-10": 1}),
    "beauty": partial(evaluate, problems={"beauty": 1}),
}
