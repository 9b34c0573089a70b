"""Items taken out of every fit and ranked by their text alone: how well what is new is understood.

A random tenth of the items is cold: their interactions are left out of learning, validation and histories, they are
no rows of the vocabulary, and no statistic (popularity, whitening) has seen them. Asked are the shoppers whose next
item is a cold one. It is ranked among the cold items themselves, which asks whether the model knows one new item from
another, and among all items, which asks whether a new item can be found at all.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from recommender.data.sequences import Sequences
from recommender.data.splits import leave_last_out, validation_thirds
from recommender.data.types import DataError, Floats, Ints
from recommender.encoders.config import LearningConfig
from recommender.encoders.whitening import whitening_fit
from recommender.evaluation.bootstrap import Interval, bootstrap_mean
from recommender.evaluation.metrics import TargetRanks, hit_rate, ndcg
from recommender.serving.bundle import Bundle
from recommender.trials.catalogue import Catalogue
from recommender.trials.learn import Stages
from recommender.trials.ours import ours_learn
from recommender.trials.problems import Lesson

SHARE = 0.1
HISTORY, DECAY = 10, 0.8
RIDGE = 10.0
BOOTSTRAP_SEED = 20_111_112

Understanding = Callable[[Ints], Floats]
"""(h,) a shopper's warm items, oldest first → (w + c,) scores: the warm items in their order, then the cold ones."""


@dataclass(frozen=True)
class ColdSplit:
    """Behaviour over ``w`` warm items, and shoppers whose next item is one of ``c`` cold ones."""

    warm: Ints  # (w,) vocabulary index of each warm item
    cold: Ints  # (c,)
    histories: Sequences  # everything before the test, warm items alone, in warm indices
    users: Ints  # (v,) shoppers with a history whose next item is cold
    target: Ints  # (v,) which of the cold items


@dataclass(frozen=True)
class ColdFigures:
    """One model on cold items."""

    hit_rate: Interval  # at 10
    ndcg: Interval  # at 10


def cold_split(sequences: Sequences, *, seed: int, share: float = SHARE) -> ColdSplit:
    """Take a random ``share`` of the items out.

    Raises: DataError where that leaves no shopper to ask.
    """
    n = sequences.n_items
    order = np.random.default_rng(seed).permutation(n)
    cold, warm = np.sort(order[: round(share * n)]), np.sort(order[round(share * n) :])
    place = np.full(n, -1, np.int64)
    place[warm] = np.arange(len(warm))
    cold_place = np.full(n, -1, np.int64)
    cold_place[cold] = np.arange(len(cold))
    test = leave_last_out(sequences)
    histories = warm_only(test.train, place, len(warm))
    asked = np.flatnonzero((cold_place[test.targets.item] >= 0) & (histories.lengths[test.targets.users] > 0))
    if not len(asked):
        raise DataError(
            f"no shopper's last item is among {len(cold)} cold ones; more behaviour or a larger share is needed"
        )
    return ColdSplit(warm, cold, histories, test.targets.users[asked], cold_place[test.targets.item[asked]])


def warm_only(sequences: Sequences, place: Ints, n_warm: int) -> Sequences:
    """Entries with warm items, in warm indices; ``place`` (n,) is -1 for cold items."""
    kept = sequences.keep(place[sequences.item] >= 0)
    return Sequences(kept.start, place[kept.item], kept.kind, kept.at_us, kept.order, n_warm)


def cold_learn(
    folder: Path, split: ColdSplit, catalogue: Catalogue, config: LearningConfig, *, seed: int, stages: Stages
) -> Bundle:
    """Our models from warm behaviour; the last warm item of each shopper stops the encoder."""
    held = leave_last_out(split.histories)
    lesson = Lesson(held.train, validation_thirds(held.targets, seed=seed))
    warm = catalogue_part(catalogue, split.warm)
    return ours_learn(folder, lesson, warm, config, seed=seed, stages=stages, fused=False).bundle


def catalogue_part(catalogue: Catalogue, rows: Ints) -> Catalogue:
    """Some of the items, in the given order."""
    columns = (catalogue.brand[rows], catalogue.category[rows], catalogue.department[rows])
    return Catalogue(*columns, None if catalogue.text_vectors is None else catalogue.text_vectors[rows])


def frozen_understandings(split: ColdSplit, text: Floats) -> dict[str, Understanding]:
    """The baselines: texts as the frozen encoder gives them, whitened, and whitened with a trained head."""
    whitening = whitening_fit(text[split.warm])
    rows = np.concatenate([split.warm, split.cold])
    frozen, whitened = np.nan_to_num(text[rows]).astype(np.float32), whitening.apply(text[rows])
    head = head_fit(leave_last_out(split.histories).train, whitened[: len(split.warm)])
    return {
        "frozen text": lambda items: frozen @ liked(frozen, items),
        "whitened text": lambda items: whitened @ liked(whitened, items),
        "whitened text, trained head": lambda items: whitened @ (liked(whitened, items) @ head),
    }


def liked(vectors: Floats, items: Ints) -> Floats:
    """(t,) decayed sum of the newest items' vectors."""
    newest = items[::-1][:HISTORY]
    return np.asarray((DECAY ** np.arange(len(newest), dtype=np.float32)) @ vectors[newest], np.float32)


def head_fit(train: Sequences, whitened: Floats) -> Floats:
    """(t, t) W that turns what somebody liked into the text of what they take next.

        minimise  Σ ‖l_i W − x_i‖² + λ ‖W‖²    over all entries i with an entry before them

    Args:
        train: warm behaviour.
        whitened: (w, t) texts of the warm items.
    """
    pairs = [
        (liked(whitened, items[:end]), whitened[items[end]])
        for items in (train.items_of(user) for user in range(len(train)))
        for end in range(1, len(items))
    ]
    if not pairs:
        return np.eye(whitened.shape[1], dtype=np.float32)
    given, wanted = (np.stack(side).astype(np.float64) for side in zip(*pairs, strict=True))
    ridge = RIDGE * np.eye(given.shape[1])
    return np.asarray(np.linalg.solve(given.T @ given + ridge, given.T @ wanted), np.float32)


def cold_measure(split: ColdSplit, score: Understanding, *, seed: int) -> Mapping[str, ColdFigures]:
    """Figures among the cold items and among all; shoppers' own warm items are left out.

    Texts are often shared, so scores tie often: a target's place among those that tie with it is drawn from ``seed``.
    """
    rng = np.random.default_rng(seed)
    w = len(split.warm)
    themselves, everything = np.zeros(len(split.users), np.float32), np.zeros(len(split.users), np.float32)
    for row, (user, target) in enumerate(zip(split.users.tolist(), split.target.tolist(), strict=True)):
        items = split.histories.items_of(user)
        scores = np.array(score(items), np.float32)
        scores[items] = -np.inf
        lot = rng.random()
        themselves[row] = drawn_rank(scores[w:], target, lot)
        everything[row] = drawn_rank(scores, w + target, lot)
    return {"among themselves": _figures(themselves), "among all": _figures(everything)}


def drawn_rank(scores: Floats, target: int, lot: float) -> float:
    """Rank of the target, 1 the best; ``lot`` in [0, 1) says where it stands among those that tie with it.

    >>> [drawn_rank(np.array([3.0, 1.0, 1.0, 1.0]), 2, lot) for lot in (0.0, 0.99)]
    [2.0, 4.0]
    """
    better, same = int((scores > scores[target]).sum()), int((scores == scores[target]).sum())
    return float(better + 1 + int(lot * same))


def _figures(rank: Floats) -> ColdFigures:
    ranks = TargetRanks(np.arange(len(rank) + 1, dtype=np.int64), rank)
    return ColdFigures(
        *(bootstrap_mean(metric(ranks, 10), seed=BOOTSTRAP_SEED) for metric in (hit_rate, ndcg)),
    )
