"""The first requests of shoppers whom no model has met: what is shown after none, one … four things that they did.

A random tenth of the shoppers is left out of everything that is learned. Their ``h``-th item is predicted from the
``h`` before it; a few taps on a taste page are such a history too.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from recommender.collaborative.popularity import popularity_fit
from recommender.data.absent import Absent
from recommender.data.sequences import Sequences, sequences_from_lists
from recommender.data.snapshot import Trait
from recommender.data.splits import leave_last_out, validation_thirds
from recommender.data.types import DataError, Floats, Ints
from recommender.encoders.config import LearningConfig
from recommender.encoders.start_states import StartStates, situation_of
from recommender.encoders.start_states_training import start_states_fit
from recommender.evaluation.bootstrap import Interval, bootstrap_difference, bootstrap_mean
from recommender.evaluation.metrics import TargetRanks, ndcg
from recommender.ranking.choices import context_of, state_of
from recommender.serving.bundle import Bundle
from recommender.trials.catalogue import Catalogue
from recommender.trials.learn import Stages
from recommender.trials.ours import ours_learn
from recommender.trials.problems import Lesson

SHARE = 0.1
REQUESTS = 5
BOOTSTRAP_SEED = 20_111_112

Scorer = Callable[[int, Ints], Floats]
"""A shopper's row, and (h,) what they did, oldest first → (n,) scores of all items."""


@dataclass(frozen=True)
class NewShoppers:
    """Behaviour to learn from, and shoppers who are not in it."""

    known: Sequences
    new: Sequences


def new_shoppers_split(sequences: Sequences, *, seed: int, share: float = SHARE) -> NewShoppers:
    """Take a random ``share`` of the shoppers out.

    Raises: DataError where nobody of them did anything.
    """
    users = np.random.default_rng(seed).permutation(len(sequences))
    out = np.zeros(len(sequences), np.bool_)
    out[users[: round(share * len(users))]] = True
    mine = out[sequences.user]
    if not mine.any():
        raise DataError(f"none of {len(sequences)} shoppers can be taken out; more behaviour is needed")
    return NewShoppers(sequences.keep(~mine), sequences.keep(mine))


def new_shoppers_learn(
    folder: Path, split: NewShoppers, catalogue: Catalogue, config: LearningConfig, *, seed: int, stages: Stages
) -> Bundle:
    """Our models from the others' behaviour; the last item of each stops the encoder."""
    held = leave_last_out(split.known)
    lesson = Lesson(held.train, validation_thirds(held.targets, seed=seed))
    return ours_learn(folder, lesson, catalogue, config, seed=seed, stages=stages, fused=False).bundle


def encoder_scorer(bundle: Bundle) -> Scorer:
    """The encoder, whose start state was learned from everybody's first item."""
    arrays = bundle.arrays
    vectors, bias = np.asarray(arrays.item_vectors, np.float32), np.asarray(arrays.item_bias, np.float32)

    def score(shopper: int, items: Ints) -> Floats:
        return np.asarray(vectors @ _state(bundle, items) + bias, np.float32)

    return score


def moved_scorer(bundle: Bundle, lifts: Floats) -> Scorer:
    """The same, moved by ``lifts`` (u, n) for those who have done nothing yet."""
    plain = encoder_scorer(bundle)

    def score(shopper: int, items: Ints) -> Floats:
        return plain(shopper, items) if len(items) else plain(shopper, items) + lifts[shopper]

    return score


def situation_lifts(split: NewShoppers, starts: StartStates, traits: Sequence[Trait], vectors: Floats) -> Floats:
    """(u, n) what the situation of each new shopper's first request adds to the logits; zeros for everybody else."""
    lifts = np.zeros((len(split.new), len(vectors)), np.float32)
    for shopper in np.flatnonzero(split.new.lengths).tolist():
        words = {one.name: one.words[one.code[shopper]] for one in traits if one.code[shopper] >= 0}
        at_us = int(split.new.at_us[split.new.start[shopper]])
        lifts[shopper] = vectors @ starts.shift(situation_of(words, at_us, starts.time_zone))
    return lifts


def start_states_of(
    bundle: Bundle, split: NewShoppers, traits: Sequence[Trait], time_zone: str
) -> StartStates | Absent:
    """What the known shoppers' situations say of what somebody begins with."""
    arrays = bundle.arrays
    return start_states_fit(
        split.known,
        traits,
        item_vectors=np.asarray(arrays.item_vectors, np.float32),
        item_bias=np.asarray(arrays.item_bias, np.float32),
        start_state=_state(bundle, np.zeros(0, np.int64)),
        time_zone=time_zone,
    )


def _state(bundle: Bundle, items: Ints) -> Floats:
    arrays = bundle.arrays
    context = context_of(sequences_from_lists([items.tolist()], len(arrays.item_ids)), 0, arrays.item_ids)
    return state_of(context, items, arrays, bundle.state_encoder, bundle.manifest.max_length)


def popularity_scorer(split: NewShoppers, config: LearningConfig) -> Scorer:
    """What everybody else took most."""
    counts = popularity_fit(split.known, config.popularity, until_us=0).astype(np.float32)
    return lambda shopper, items: np.log1p(counts)


def first_items_scorer(split: NewShoppers) -> Scorer:
    """What most others began with."""
    known = split.known
    counts = np.bincount(known.item[known.start[:-1][known.lengths > 0]], minlength=known.n_items)
    return lambda shopper, items: np.log1p(counts).astype(np.float32)


def situation_popularity_scorer(popular: Scorer, lifts: Floats) -> Scorer:
    """What everybody else took most, moved by the situation: what the shop shows to somebody unknown."""
    return lambda shopper, items: popular(shopper, items) + lifts[shopper]


@dataclass(frozen=True)
class FirstRequests:
    """NDCG@10 of every model after the same number of things done."""

    shopper: Ints  # (v,) who was asked
    ndcg: Mapping[str, Floats]  # model → (v,)

    def interval(self, model: str) -> Interval:
        """Mean over the shoppers; those who are there several times are drawn together."""
        return bootstrap_mean(self.ndcg[model], seed=BOOTSTRAP_SEED, clusters=self.shopper)

    def difference(self, model: str, other: str) -> Interval:
        """Mean of the shoppers' differences."""
        values = self.ndcg[model], self.ndcg[other]
        return bootstrap_difference(*values, seed=BOOTSTRAP_SEED, clusters=self.shopper)


def first_requests(split: NewShoppers, models: Mapping[str, Scorer]) -> list[FirstRequests]:
    """Each model after none, one … ``REQUESTS`` − 1 things; items already met are left out."""
    ranks: dict[str, list[list[float]]] = {name: [[] for _ in range(REQUESTS)] for name in models}
    asked: list[list[int]] = [[] for _ in range(REQUESTS)]
    for user in range(len(split.new)):
        items = split.new.items_of(user)
        for h in range(min(REQUESTS, len(items))):
            if items[h] in items[:h]:
                continue
            asked[h].append(user)
            for name, score in models.items():
                scores = np.array(score(user, items[:h]), np.float32)
                scores[items[:h]] = -np.inf
                ranks[name][h].append(float((scores >= scores[items[h]]).sum()))
    return [
        FirstRequests(np.array(asked[h], np.int64), {name: _ndcg(lists[h]) for name, lists in ranks.items()})
        for h in range(REQUESTS)
    ]


def _ndcg(rank: list[float]) -> Floats:
    return ndcg(TargetRanks(np.arange(len(rank) + 1, dtype=np.int64), np.array(rank, np.float32)), 10)
