"""Figures of one model on one task, as arrays per shopper."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from recommender.data.sequences import Sequences
from recommender.data.splits import Targets
from recommender.data.types import DataError, Floats, Ints
from recommender.evaluation.metrics import (
    TargetRanks,
    coverage,
    hit_rate,
    mean_popularity,
    ndcg,
    ranks_collect,
    ranks_in_list,
    ranks_in_scores,
    reciprocal_rank,
)
from recommender.trials.ask import Answer
from recommender.trials.baselines import Baseline
from recommender.trials.lists import LIST, Lists

CUTS = (1, 5, 10, 20, 50, 100)


@dataclass(frozen=True)
class Task:
    """Shoppers, what they had done, and what they did next."""

    sequences: Sequences
    targets: Targets
    repeats: bool = False
    now_us: int = 0


@dataclass(frozen=True)
class Measured:
    """One model's ranks and lists, one row per shopper of the task."""

    name: str
    ranks: TargetRanks
    lists: Ints  # (v, LIST) vocabulary index, -1 beyond a short list
    popularity: Floats  # (n,)

    def metrics(self) -> dict[str, Floats]:
        """(v,) per metric."""
        found = {f"HR@{n}": hit_rate(self.ranks, n) for n in CUTS}
        found |= {f"NDCG@{n}": ndcg(self.ranks, n) for n in CUTS}
        return found | {"MRR": reciprocal_rank(self.ranks)}

    def coverage(self, n: int = 10) -> float:
        """Share of the vocabulary in anybody's first ``n``."""
        return coverage(self.lists, len(self.popularity), n)

    def mean_popularity(self, n: int = 10) -> float:
        """Mean share of all interactions of what is shown."""
        return mean_popularity(self.lists, self.popularity, n)


def task_new_only(task: Task) -> Task:
    """The same shoppers asked for items they have not met; who chose no such item drops out."""
    lists = [
        np.setdiff1d(task.targets.of(row), task.sequences.items_of(int(user)))
        for row, user in enumerate(task.targets.users)
    ]
    keep = np.flatnonzero([len(one) > 0 for one in lists])
    start = np.concatenate([[0], np.cumsum([len(lists[row]) for row in keep])]).astype(np.int64)
    items = np.concatenate([*(lists[row] for row in keep), np.zeros(0, np.int64)])
    return Task(task.sequences, Targets(task.targets.users[keep], start, items), repeats=False, now_us=task.now_us)


def measure_answers(
    name: str, task: Task, answers: Iterable[Answer], popularity: Floats, progress: Callable[[int, int], None]
) -> Measured:
    """Ranks of a task's targets in a model's lists, given in the order of the task's shoppers."""
    ranks: list[Floats] = []
    lists = np.full((len(task.targets), LIST), -1, np.int64)
    for row, answer in enumerate(answers):
        ranks.append(ranks_in_list(answer.index, answer.scores, task.targets.of(row)))
        lists[row, : len(answer.index)] = answer.index[:LIST]
        progress(row + 1, len(lists))
    return Measured(name, ranks_collect(ranks), lists, popularity)


def measure_baseline(baseline: Baseline, task: Task, popularity: Floats) -> Measured:
    """Ranks under a baseline that scores every item; items already met are left out unless the task allows them."""
    ranks: list[Floats] = []
    lists = np.full((len(task.targets), LIST), -1, np.int64)
    for row, user in enumerate(task.targets.users.tolist()):
        items = task.sequences.items_of(user)
        scores = np.array(baseline.score(items), np.float64)
        if not task.repeats:
            scores[items] = -np.inf
        ranks.append(ranks_in_scores(scores, task.targets.of(row)))
        best = np.argpartition(-scores, min(LIST, len(scores) - 1))[:LIST]
        best = best[np.argsort(-scores[best], kind="stable")]
        best = best[np.isfinite(scores[best])]
        lists[row, : len(best)] = best
    return Measured(baseline.name, ranks_collect(ranks), lists, popularity)


def measure_lists(name: str, task: Task, lists: Lists, popularity: Floats) -> Measured:
    """Ranks of a task's targets in lists that any model handed in; what is not in its list is a miss.

    Raises: DataError if there is not one list per shopper of the task.
    """
    if len(lists) != len(task.targets):
        raise DataError(f"{name} made {len(lists)} lists for {len(task.targets)} shoppers; make one for each, in order")
    ranks = [ranks_in_list(*lists.of(row), task.targets.of(row)) for row in range(len(lists))]
    return Measured(name, ranks_collect(ranks), lists.index, popularity)


def measured_join(parts: list[Measured]) -> Measured:
    """Several runs of one model (tie seeds, positions) as one table, in order."""
    ranks = [
        one.ranks.rank[one.ranks.start[row] : one.ranks.start[row + 1]]
        for one in parts
        for row in range(len(one.ranks))
    ]
    return Measured(
        parts[0].name, ranks_collect(ranks), np.concatenate([one.lists for one in parts]), parts[0].popularity
    )
