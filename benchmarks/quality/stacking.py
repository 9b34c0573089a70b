"""Peers under one roof: their lists fused by the fit that weighs the parts of our own stack.

Of each peer two columns are weighed: the score, in standard deviations of its list, and the reciprocal rank; an item
that a peer left out has the last score of its list and rank 0. Weights are fitted on the third of the validation
shoppers on which ours are fitted too.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from benchmarks.quality.cells import slug
from benchmarks.quality.work import Answers, Model, Questions, Work
from recommender.data.types import Floats, Ints
from recommender.ranking.components import COMPONENTS
from recommender.ranking.fusion import Choice, FusionWeights
from recommender.ranking.fusion_fitting import fusion_fit
from recommender.trials.lists import Lists, lists_collect
from recommender.trials.measure import Task
from recommender.trials.problems import Lesson

_FIT = "fitted on"
_OFFSET = 5.0


@dataclass(frozen=True)
class Stacked:
    """What was chosen: what each peer chose, and the weights."""

    peers: tuple[Any, ...]
    weights: FusionWeights


def stacked(
    lesson: Lesson, questions: Questions, work: Work, chosen: Stacked | None, *, name: str, peers: Sequence[Model]
) -> Answers:
    """Every peer with its first options, learned one after another, and the fusion of their lists.

    Args:
        lesson: what to learn from.
        questions: what to make lists for.
        work: seed and limits, the minutes for each peer.
        chosen: what was chosen before, for learning again.
        name: row of the table.
        peers: at most twelve.
    """
    asked = dict(questions)
    if chosen is None and lesson.validation is not None:
        fit = Task(lesson.train, lesson.validation.fusion, repeats=lesson.repeats, now_us=lesson.now_us)
        asked[_FIT] = (fit,)
    found = []
    for place, peer in enumerate(peers):
        folder = work.scratch / f"{slug(peer.name)}{'-again' if chosen else ''}"
        folder.mkdir()
        own = replace(work, options=peer.grid[0], scratch=folder)
        found.append(peer.fit(lesson, asked, own, chosen.peers[place] if chosen else None))
    lists = [answers.lists[peer.name] for peer, answers in zip(peers, found, strict=True)]
    weights = chosen.weights if chosen else weights_fit([one[_FIT][0] for one in lists], asked[_FIT][0])
    fused = {
        question: tuple(_fused([one[question][part] for one in lists], weights) for part in range(len(tasks)))
        for question, tasks in questions.items()
    }
    learned = tuple(answers.chosen for answers in found)
    told = dict(zip(_columns(peers), weights.weights, strict=False))
    return Answers({name: fused}, Stacked(learned, weights), {"weights": told, "choices": weights.users})


def weights_fit(lists: Sequence[Lists], task: Task) -> FusionWeights:
    """Weights under which the task's shoppers most likely chose what they chose, drawn towards equal ranks.

    ``fusion_fit`` knows columns by their place: those of the peers are the first ones.
    """
    used = COMPONENTS[: 2 * len(lists)]
    prior = tuple(1.0 if place < len(used) and place % 2 else 0.0 for place in range(len(COMPONENTS)))
    return fusion_fit(list(_choices(lists, task)), prior=FusionWeights(prior), columns=used)


def _choices(lists: Sequence[Lists], task: Task) -> Iterator[Choice]:
    for row in range(len(task.targets)):
        items, columns = candidates_of(lists, row)
        bought = np.flatnonzero(np.isin(items, task.targets.of(row)))
        if len(bought):
            padded = np.zeros((len(items), len(COMPONENTS)), np.float32)
            padded[:, : columns.shape[1]] = columns
            yield Choice(padded, bought)


def candidates_of(lists: Sequence[Lists], row: int) -> tuple[Ints, Floats]:
    """(c,) items that any peer lists for a shopper, and their columns (c, 2 · peers)."""
    own = [one.of(row) for one in lists]
    items = np.unique(np.concatenate([listed for listed, _scores in own]))
    columns = np.zeros((len(items), 2 * len(lists)), np.float32)
    for peer, (listed, scores) in enumerate(own):
        if len(listed):
            at = np.searchsorted(items, listed)
            standard = (scores - scores.mean()) / max(float(scores.std()), 1e-9)
            columns[:, 2 * peer] = standard.min()
            columns[at, 2 * peer] = standard
            columns[at, 2 * peer + 1] = _OFFSET / (_OFFSET + np.arange(len(listed)))
    return items, columns


def _fused(lists: Sequence[Lists], weights: FusionWeights) -> Lists:
    weight, rows = np.array(weights.weights[: 2 * len(lists)], np.float32), []
    for row in range(len(lists[0])):
        items, columns = candidates_of(lists, row)
        scores = columns @ weight
        best = np.argsort(-scores, kind="stable")
        rows.append((items[best], scores[best]))
    return lists_collect(rows, len(rows))


def _columns(peers: Sequence[Model]) -> list[str]:
    return [f"{peer.name}, {column}" for peer in peers for column in ("score", "rank")]
