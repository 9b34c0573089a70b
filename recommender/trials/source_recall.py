"""Recall of the union of the sources: the share of what shoppers did next that was gathered at all.

No ranking can show what was not gathered, so this is the ceiling of every list. Cut to a size, the union keeps what
the bundle ranks first: that is the ceiling of whatever looks at so many candidates.
"""

from dataclasses import dataclass

import numpy as np

from recommender.data.types import Floats, Gathered, Ints, Source
from recommender.ranking.choices import context_of, state_of
from recommender.retrieval.exact import ExactGather
from recommender.serving.bundle import Bundle
from recommender.serving.scores import base_scores
from recommender.trials.measure import Task

SIZES = (50, 100, 200, 500)
SHOPPERS = 2000
"""Asked at most: shoppers' indices are random, so the first ones are a sample."""


@dataclass(frozen=True)
class SourceRecall:
    """Shares of targets, each between 0 and 1."""

    shoppers: int
    candidates: float  # mean size of the union
    union: float  # all that was gathered
    at: dict[int, float]  # the union cut to so many candidates
    of_source: dict[str, float]  # what each source brought by itself


def source_recall(bundle: Bundle, task: Task, *, sizes: tuple[int, ...] = SIZES) -> SourceRecall:
    """Gather for the shoppers of a task and look for their targets."""
    gather = ExactGather(bundle.arrays)
    rows = range(min(len(task.targets), SHOPPERS))
    found = [_one(bundle, gather, task, row) for row in rows]
    targets = sum(len(places) for places, _, _ in found)
    places = np.concatenate([places for places, _, _ in found])  # (t,) place in the ranked union, inf if not gathered
    bits = np.concatenate([bits for _, bits, _ in found])  # (t,) sources that brought it
    return SourceRecall(
        shoppers=len(rows),
        candidates=float(np.mean([size for _, _, size in found])),
        union=float(np.isfinite(places).sum() / targets),
        at={size: float((places <= size).sum() / targets) for size in sizes},
        of_source={
            source.name.lower(): float(share)
            for source in Source
            if (share := (bits & np.uint32(1 << source) > 0).sum() / targets)
        },
    )


def _one(bundle: Bundle, gather: ExactGather, task: Task, row: int) -> tuple[Floats, np.ndarray, int]:
    """Place and sources of each target of one shopper, and the size of the union."""
    user = int(task.targets.users[row])
    context = context_of(task.sequences, user, bundle.arrays.item_ids, now_us=task.now_us)
    index = bundle.index_of(context.history.item_ids)
    state = state_of(context, index, bundle.arrays, bundle.state_encoder, bundle.manifest.max_length)
    gathered = gather(context, history_index=index, state=state, repeats=task.repeats)
    scores = base_scores(context, gathered, bundle, index, state)[-1]
    return *_places(gathered, scores, task.targets.of(row)), len(gathered)


def _places(gathered: Gathered, scores: Floats, targets: Ints) -> tuple[Floats, np.ndarray]:
    same = gathered.index[None, :] == targets[:, None]  # (t, c)
    found, column = same.any(axis=1), same.argmax(axis=1)
    place = (scores[None, :] >= scores[column][:, None]).sum(axis=1)
    sources = np.where(found, gathered.sources[column], 0).astype(np.uint32)
    return np.where(found, place, np.inf).astype(np.float32), sources
