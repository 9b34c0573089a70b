"""The first requests of shoppers whom no model has met: what is shown after none, one … four things that they did.

A random tenth of the shoppers is left out of everything that is learned. Their ``h``-th item is predicted from the
``h`` before it; a few taps on a taste page are such a history too.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from recommender.collaborative.popularity import popularity_fit
from recommender.data.sequences import Sequences, sequences_from_lists
from recommender.data.splits import leave_last_out, validation_thirds
from recommender.data.types import DataError, Floats, Ints
from recommender.encoders.config import LearningConfig
from recommender.evaluation.bootstrap import Interval, bootstrap_mean
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

Scorer = Callable[[Ints], Floats]
"""(h,) what a shopper did, oldest first → (n,) scores of all items."""


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

    def score(items: Ints) -> Floats:
        history = sequences_from_lists([items.tolist()], len(vectors))
        context = context_of(history, 0, arrays.item_ids)
        state = state_of(context, items, arrays, bundle.state_encoder, bundle.manifest.max_length)
        return np.asarray(vectors @ state + bias, np.float32)

    return score


def popularity_scorer(split: NewShoppers, config: LearningConfig) -> Scorer:
    """What everybody else took most."""
    counts = popularity_fit(split.known, config.popularity, until_us=0).astype(np.float32)
    return lambda items: np.log1p(counts)


def first_requests(split: NewShoppers, models: Mapping[str, Scorer]) -> dict[str, list[Interval]]:
    """NDCG@10 of each model after none, one … ``REQUESTS`` − 1 things; items already met are left out."""
    ranks: dict[str, list[list[float]]] = {name: [[] for _ in range(REQUESTS)] for name in models}
    for user in range(len(split.new)):
        items = split.new.items_of(user)
        for h in range(min(REQUESTS, len(items))):
            if items[h] in items[:h]:
                continue
            for name, score in models.items():
                scores = np.array(score(items[:h]), np.float32)
                scores[items[:h]] = -np.inf
                ranks[name][h].append(float((scores >= scores[items[h]]).sum()))
    return {name: [_figure(np.array(one, np.float32)) for one in lists] for name, lists in ranks.items()}


def _figure(rank: Floats) -> Interval:
    ranks = TargetRanks(np.arange(len(rank) + 1, dtype=np.int64), rank)
    return bootstrap_mean(ndcg(ranks, 10), seed=BOOTSTRAP_SEED)
