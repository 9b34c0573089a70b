"""When to stop: shoppers with a kept-back item are asked now and then, and the best network is kept (torch)."""

import math
import time
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass

import numpy as np
from torch import nn

from recommender.collaborative.fitting import Progress
from recommender.data.sequences import Sequences
from recommender.data.types import Floats, Ints

_MIN_LENGTH = 3  # entries of a shopper to stop with
_CUT = 10
_CHUNK = 512

Scores = Callable[[Ints], Floats]
"""(c,) shoppers → (c, n) scores, which the caller may write into."""


@dataclass(frozen=True)
class Pace:
    """How long a training goes on."""

    steps: int
    check_every: int  # steps between validations
    patience: int  # validations without a better one before it ends
    minutes: float = math.inf  # after which it ends at the next validation


@dataclass(frozen=True)
class Stoppers:
    """Shoppers to stop with, and the behaviour that is left to learn from."""

    train: Sequences
    users: Ints  # (v,)
    target: Ints  # (v,) item that was kept back, new to its shopper

    @classmethod
    def of(cls, sequences: Sequences, *, most: int, rng: np.random.Generator) -> "Stoppers":
        """Random shoppers of at least three entries: ``most``, and at most a fifth of all."""
        fit = np.flatnonzero(sequences.lengths >= _MIN_LENGTH)
        users = np.sort(rng.permutation(fit)[: min(most, len(fit) // 5)])
        wanted = np.zeros(len(sequences), np.bool_)
        wanted[users] = True
        held = (sequences.age == 0) & wanted[sequences.user]
        train, target = sequences.keep(~held), sequences.item[held]
        new = [item not in train.items_of(user) for user, item in zip(users.tolist(), target.tolist(), strict=True)]
        kept = np.flatnonzero(new)
        return cls(train, users[kept], target[kept])

    def ndcg(self, scores: Scores) -> float:
        """NDCG@10 among items new to the shopper, ties counted against us; NaN where there is nobody."""
        gains = []
        for begin in range(0, len(self.users), _CHUNK):
            users, target = self.users[begin : begin + _CHUNK], self.target[begin : begin + _CHUNK]
            found = scores(users)
            for row, user in enumerate(users.tolist()):
                found[row, self.train.items_of(user)] = -np.inf
            own = found[np.arange(len(users)), target]
            rank = (found >= own[:, None]).sum(axis=1) - 1
            gains.append(np.where(rank < _CUT, 1.0 / np.log2(rank + 2.0), 0.0))
        return float(np.concatenate(gains).mean()) if gains else float("nan")


def among_all(scores: Scores, learned: Ints, n_items: int) -> Scores:
    """Scores (c, n) of all items from those (c, s) of the learned ones; what was not learned is never an answer."""

    def spread(users: Ints) -> Floats:
        found = np.full((len(users), n_items), -np.inf, np.float32)
        found[:, learned] = scores(users)
        return found

    return spread


def best_kept(
    network: nn.Module, learn: Callable[[int], None], ndcg: Callable[[], float], pace: Pace, progress: Progress
) -> float:
    """Learn until nothing gets better, and leave ``network`` as it was at its best.

    Args:
        network: whose parameters are kept and brought back.
        learn: goes on for some steps.
        ndcg: of the stoppers; NaN: the newest network is the best.
        pace: when to ask and when to end.
        progress: called with (steps done, steps in all).

    Returns: the best NDCG, NaN where nobody could be asked.
    """
    best, best_ndcg, best_at, steps = deepcopy(network.state_dict()), float("nan"), 0, 0
    end = time.monotonic() + 60 * pace.minutes
    while steps < pace.steps:
        learn(min(pace.check_every, pace.steps - steps))
        steps = min(steps + pace.check_every, pace.steps)
        progress(steps, pace.steps)
        now = ndcg()
        if np.isnan(now) or not now <= best_ndcg:
            best, best_ndcg, best_at = deepcopy(network.state_dict()), now, steps
        elif steps - best_at >= pace.patience * pace.check_every:
            break
        if time.monotonic() > end:
            break
    network.load_state_dict(best)
    progress(pace.steps, pace.steps)
    return best_ndcg
