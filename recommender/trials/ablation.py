"""What each part of the stack is worth: the fusion fitted with it and without it, judged on other shoppers.

Candidates and component scores are computed once per shopper, with every part. Taking a part away takes its columns
and the candidates that no other source proposed; ranks among candidates stay those of the whole list. Weights are
fitted anew each time, so that the others may do what the part did.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from recommender.data.types import Bits, Bools, Floats, Ints, Source
from recommender.evaluation.bootstrap import Interval, bootstrap_difference
from recommender.evaluation.metrics import ndcg, ranks_collect, ranks_in_list
from recommender.ranking.choices import context_of, state_of
from recommender.ranking.components import COMPONENTS, components_compute
from recommender.ranking.fusion import Choice
from recommender.ranking.fusion_fitting import fusion_fit
from recommender.retrieval.exact import ExactGather
from recommender.serving.bundle import Bundle
from recommender.trials.measure import Task

_CUT = 10


@dataclass(frozen=True)
class Part:
    """A part of the stack: its columns, and the source that proposes by it."""

    columns: tuple[str, ...]
    source: Source | None = None


PARTS: dict[str, Part] = {
    "encoder": Part(("encoder", "encoder_rank", "mixture"), Source.STATE_VECTOR),
    "rules": Part(("rules", "rules_rank", "mixture"), Source.SEQUENTIAL_RULES),
    "item_knn": Part(("item_knn", "knn_recent", "knn_rank"), Source.ITEM_KNN),
    "text": Part(("text", "text_nearest", "text_rank"), Source.SIMILAR_TEXT),
    "popularity": Part(("popularity", "recent_popularity"), Source.TRENDING),
    "own": Part(("own_frequency", "own_recency", "due"), Source.BUY_AGAIN),
    "attributes": Part(("brand", "category", "department")),
    "ease": Part(("ease", "ease_rank"), Source.EASE),
    "als": Part(("als",), Source.ALS),
    "vae": Part(("vae",), Source.VAE),
    "graph": Part(("graph",), Source.GRAPH),
    "gan": Part(("gan",), Source.GAN),
}
"""Parts that can be taken away. A column of two parts needs both; what belongs to no part is always there."""


@dataclass(frozen=True)
class Question:
    """One shopper with every candidate, every component score, and what was chosen."""

    components: Floats  # (c, K)
    index: Ints  # (c,) vocabulary index
    sources: Bits  # (c,)
    wanted: Ints  # (t,) chosen items, gathered or not


@dataclass(frozen=True)
class Questions:
    """What the fusion is fitted on and what it is judged on: different shoppers, the same kind of task."""

    fit: tuple[Question, ...]
    judge: tuple[Question, ...]
    seed: int = 0

    @cached_property
    def _found(self) -> dict[frozenset[str], Floats]:
        return {}

    def ndcg(self, parts: Collection[str]) -> Floats:
        """(v,) NDCG@10 of each judged shopper under the parts alone; kept, so asking again costs nothing."""
        kept = frozenset(parts)
        if kept not in self._found:
            self._found[kept] = _ndcg_with(self, kept)
        return self._found[kept]

    def gain(self, part: str, among: Collection[str]) -> Interval:
        """Difference that a part makes when it joins the others of ``among``, paired over shoppers."""
        others = set(among) - {part}
        return bootstrap_difference(self.ndcg(others | {part}), self.ndcg(others), seed=self.seed)


def questions_make(
    bundle: Bundle, task: Task, *, most: int = 4000, progress: Callable[[int, int], None] | None = None
) -> tuple[Question, ...]:
    """Every shopper of a task as a question.

    Args:
        bundle: learned without the targets.
        task: shoppers and targets, in the bundle's vocabulary.
        most: shoppers who are asked, the first ones.
        progress: called with (shoppers done, shoppers).
    """
    gather, arrays, made = ExactGather(bundle.arrays), bundle.arrays, []
    users = task.targets.users[:most].tolist()
    for row, user in enumerate(users):
        context = context_of(task.sequences, user, arrays.item_ids, now_us=task.now_us)
        history = task.sequences.items_of(user)
        state = state_of(context, history, arrays, bundle.state_encoder, bundle.manifest.max_length)
        gathered = gather(context, history_index=history, state=state, repeats=task.repeats)
        components = components_compute(context, gathered, arrays, history_index=history, state=state)
        made.append(Question(components, gathered.index, gathered.sources, task.targets.of(row)))
        if progress:
            progress(row + 1, len(users))
    return tuple(made)


def columns_of(parts: Collection[str]) -> tuple[str, ...]:
    """Component columns that stay when only ``parts`` are there."""
    gone = {column for name, part in PARTS.items() if name not in parts for column in part.columns}
    return tuple(name for name in COMPONENTS if name not in gone)


def _ndcg_with(questions: Questions, parts: frozenset[str]) -> Floats:
    columns, gone = columns_of(parts), _sources_gone(parts)
    weights = fusion_fit(_choices(questions.fit, gone), columns=columns)
    ranks = []
    for question in questions.judge:
        kept = _kept(question, gone)
        scores = weights.fuse(question.components[kept])
        order = np.argsort(-scores, kind="stable")
        ranks.append(ranks_in_list(question.index[kept][order], scores[order], question.wanted))
    return ndcg(ranks_collect(ranks), _CUT)


def _choices(questions: Sequence[Question], gone: int) -> list[Choice]:
    """Shoppers at least one of whose targets is still a candidate."""
    made = []
    for question in questions:
        kept = _kept(question, gone)
        chosen = np.flatnonzero(np.isin(question.index[kept], question.wanted))
        if len(chosen):
            made.append(Choice(question.components[kept], chosen))
    return made


def _sources_gone(parts: Collection[str]) -> int:
    """Bits of the sources that are taken away."""
    sources = [part.source for name, part in PARTS.items() if name not in parts and part.source is not None]
    return sum(1 << int(source) for source in sources)


def _kept(question: Question, gone: int) -> Bools:
    """(c,) candidates that some other source proposed."""
    return np.asarray(question.sources & ~np.uint32(gone) != 0)
