"""Stages and diversity on the public data sets: the defaults learned once, the same requests ordered each way."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from benchmarks.decision.stages import Asked, Dials, Orderings, Stages, diverse
from benchmarks.quality.work import Work, unit_text
from dpe_site import environment
from recommender.data.ruleset import Diversity, KnobValues
from recommender.data.types import Floats, Ints
from recommender.encoders.config import SHOP_DEFAULTS
from recommender.evaluation.bootstrap import Interval, bootstrap_difference, bootstrap_mean
from recommender.evaluation.metrics import intra_list_diversity, ndcg, novelty
from recommender.management.stage_bar import StageBar
from recommender.ranking.choices import context_of, state_of
from recommender.retrieval.exact import ExactGather
from recommender.serving.bundle import Bundle
from recommender.trials.lists import Lists, lists_collect
from recommender.trials.measure import Measured, Task, measure_lists, measured_join
from recommender.trials.ours import Ours, ours_learn
from recommender.trials.problems import PROBLEMS, Problem

N = 10
WEIGHTS = (0.0, 0.05, 0.1, 0.15, 0.25, 0.4, 0.7, 1.2, 2.0)
"""Of diversity, in nats."""

Told = Callable[[int, int], None]
"""Called with parts done and parts in all."""


@dataclass(frozen=True)
class StageFound:
    """One stage."""

    name: str
    ndcg: Interval
    gain: Interval | None  # over the stage before it, paired; None for the first


@dataclass(frozen=True)
class Point:
    """One weight of one kind of diversity."""

    kind: str
    weight: float
    ndcg: float
    change: Interval  # of NDCG@10 against no diversity, paired
    diversity: float  # mean of 1 − cosine of the texts
    coverage: float
    novelty: float  # bits
    is_default: bool


@dataclass(frozen=True)
class Learned:
    """A problem with the shop's defaults learned on it."""

    problem: Problem
    ours: Ours
    vectors: Floats  # (n, t) unit texts

    @property
    def tasks(self) -> tuple[Task, ...]:
        """The first question of the problem."""
        return next(iter(self.problem.questions.values()))


def problem_learn(name: str, data: Path, folder: Path, *, seed: int, threads: int) -> Learned:
    """Learn the shop's defaults in ``folder``; what is chosen is chosen on validation shoppers alone."""
    problem = PROBLEMS[name](data, seed=seed, tie_seed=seed, refit=False)
    with StageBar() as stages:
        work = Work(problem.texts, {}, seed, threads, 0.0, environment.home(), folder, stages)
        catalogue = work.catalogue
        ours = ours_learn(folder / "bundle", problem.lesson, catalogue, SHOP_DEFAULTS, seed=seed, stages=stages)
        if problem.again is not None:
            ours = ours_learn(
                folder / "again", problem.again, catalogue, SHOP_DEFAULTS, seed=seed, stages=stages, chosen=ours.chosen
            )
        return Learned(problem, ours, unit_text(catalogue))


def stages_measure(learned: Learned, *, shoppers: int, told: Told) -> list[StageFound]:
    """NDCG@10 of every stage and what it adds to the one before it."""
    measured, users = _measured(learned, Stages(learned.tasks[0].repeats), shoppers, told)
    values = {name: ndcg(one.ranks, N) for name, one in measured.items()}
    return stages_compare(values, users)


def stages_compare(values: dict[str, Floats], users: Ints) -> list[StageFound]:
    """Means and paired gains of stages in their order.

    Args:
        values: (v,) NDCG per stage and request.
        users: (v,) whose requests; drawn together.
    """
    found: list[StageFound] = []
    before: Floats | None = None
    for name, now in values.items():
        gain = None if before is None else bootstrap_difference(now, before, seed=0, clusters=users)
        found.append(StageFound(name, bootstrap_mean(now, seed=0, clusters=users), gain))
        before = now
    return found


def curve_measure(learned: Learned, *, shoppers: int, told: Told) -> list[Point]:
    """Accuracy against diversity, coverage and novelty, by each kind of diversity."""
    repeats, default = learned.tasks[0].repeats, KnobValues()
    points = {
        f"{kind} {weight:g}": diverse(weight, str(kind), repeats=repeats) for kind in Diversity for weight in WEIGHTS
    }
    measured, users = _measured(learned, Dials(points), shoppers, told)
    values = {name: ndcg(one.ranks, N) for name, one in measured.items()}
    return [
        Point(
            kind=knobs.diversity_by,
            weight=knobs.diversity,
            ndcg=float(values[name].mean()),
            change=bootstrap_difference(values[name], values[f"{knobs.diversity_by} 0"], seed=0, clusters=users),
            diversity=intra_list_diversity(measured[name].lists, learned.vectors, N),
            coverage=measured[name].coverage(N),
            novelty=novelty(measured[name].lists, measured[name].popularity, N),
            is_default=(knobs.diversity_by, knobs.diversity) == (default.diversity_by, default.diversity),
        )
        for name, knobs in points.items()
    ]


def _measured(learned: Learned, orderings: Orderings, shoppers: int, told: Told) -> tuple[dict[str, Measured], Ints]:
    """Every ordering for the first shoppers of each task, and (v,) whose rows they are.

    Shoppers' indices are random, so the first are a sample.
    """
    parts: dict[str, list[Measured]] = {}
    users: list[Ints] = []
    popularity = learned.problem.lesson.train.item_counts()
    for number, whole in enumerate(learned.tasks):
        task = replace(whole, targets=whole.targets.select(np.arange(min(shoppers, len(whole.targets)))))
        for name, lists in _lists_of(learned.ours.bundle_for(task), task, orderings).items():
            parts.setdefault(name, []).append(measure_lists(name, task, lists, popularity))
        users.append(task.targets.users)
        told(number + 1, len(learned.tasks))
    return {name: measured_join(several) for name, several in parts.items()}, np.concatenate(users)


def _lists_of(bundle: Bundle, task: Task, orderings: Orderings) -> dict[str, Lists]:
    gather = ExactGather(bundle.arrays)
    rows: dict[str, list[tuple[Ints, Floats]]] = {}
    for user in task.targets.users.tolist():
        context = context_of(task.sequences, user, bundle.arrays.item_ids, now_us=task.now_us)
        index = bundle.index_of(context.history.item_ids)
        state = state_of(context, index, bundle.arrays, bundle.state_encoder, bundle.manifest.max_length)
        gathered = gather(context, history_index=index, state=state, repeats=task.repeats)
        for name, (chosen, values) in orderings(Asked(context, gathered, bundle, index, state)):
            rows.setdefault(name, []).append((gathered.index[chosen], values))
    return {name: lists_collect(several, len(task.targets)) for name, several in rows.items()}
