"""Fits the second stage: trees on lists of other people's fusion, their number and worth on lists they never saw.

Everything happens inside one third of the validation shoppers, dealt into folds. The fusion of the other folds makes
each fold's lists, so lists look as they will when serving: ranked by weights that never saw their choice.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import lightgbm
import numpy as np
from scipy.optimize import minimize

from recommender.data.absent import Absent
from recommender.data.forest import Forest
from recommender.data.types import Bools, Floats, Ints
from recommender.ranking.fusion import Choice
from recommender.ranking.fusion_fitting import fusion_fit
from recommender.ranking.second_stage import LIST, SecondStage, feature_names, list_features, list_rows

LEAST_GAIN = 2.0
"""Nats over all lists that the trees must save on the fusion alone: less is what a weight too many saves by chance."""


@dataclass(frozen=True)
class SecondStageConfig:
    """Size of the trees and how they are grown; small enough that little data grows little."""

    n: int = LIST
    folds: int = 5
    max_trees: int = 400
    step: int = 20  # trees between two looks at the held-out folds
    leaves: int = 7
    learning_rate: float = 0.05
    min_rows: int = 20  # of a leaf
    min_hessian: float = 1.0  # of a leaf: about as many choices
    l2: float = 10.0
    feature_share: float = 0.7
    row_share: float = 0.8
    minimum: int = 100  # lists that hold their choice, below which nothing is fitted


@dataclass(frozen=True)
class ChoiceLists:
    """Lists that hold what was chosen, one after the other: v lists, r rows."""

    features: Floats  # (r, F)
    fused: Floats  # (r,)
    chosen: Bools  # (r,)
    start: Ints  # (v+1,)

    def __len__(self) -> int:
        return len(self.start) - 1

    def rows_of(self, lists: Ints) -> Ints:
        """(r',) rows of the lists (v',), in their order."""
        return np.concatenate([np.arange(self.start[one], self.start[one + 1]) for one in lists])

    def take(self, lists: Ints) -> "ChoiceLists":
        """The lists (v',), in the given order."""
        rows = self.rows_of(lists)
        start = np.concatenate([[0], np.cumsum(np.diff(self.start)[lists])]).astype(np.int64)
        return ChoiceLists(self.features[rows], self.fused[rows], self.chosen[rows], start)


def second_stage_fit(
    choices: Sequence[Choice], *, repeats: bool = False, config: SecondStageConfig | None = None, seed: int = 0
) -> SecondStage | Absent:
    """Trees and their weight beside the fusion, from held-out choices.

    The number of trees is the one after which unseen folds' choices are likeliest; a and b then make them likeliest:

        maximise  Σ_u mean_{i ∈ chosen_u} log softmax(a · fused + b · trees)_i  −  (a − 1)² − b²,   a ≥ 0.05, b ≥ 0

    Args:
        choices: with ``facts``, one per shopper.
        repeats: whether items already met are among the candidates.
        config: sizes.
        seed: of the folds and of the trees' draws.
    Returns: the second stage, or why there is none: too few lists, or trees that foresee nothing beyond the fusion.
    """
    config = config or SecondStageConfig()
    fold = np.random.default_rng(seed).permutation(len(choices)) % config.folds
    lists, owner = lists_make(choices, fold, config)
    if len(lists) < config.minimum:
        told = {"shoppers": len(lists), "best": config.n, "needed": config.minimum}
        return Absent("%(shoppers)d held-out shoppers chose among the best %(best)d, at least %(needed)d must", told)
    unseen = _unseen_sums(lists, fold[owner], config, seed)  # (steps, r)
    nats = [log_loss(lists, lists.fused + sums) for sums in unseen]
    best = int(np.argmin(nats))
    fused_weight, trees_weight, after = weights_fit(lists, unseen[best])
    _, _, before = weights_fit(lists, np.zeros_like(lists.fused))
    if (before - after) * len(lists) < LEAST_GAIN:
        return Absent("trees foresee held-out choices no better than the fusion does")
    trees = config.step * (best + 1)
    about = {"lists": len(lists), "trees": trees, "nats_per_choice": after, "nats_of_fusion": before}
    forest = Forest(_grown(lists, trees, config, seed).model_to_string(num_iteration=trees))
    return SecondStage(forest, fused_weight, trees_weight, n=config.n, repeats=repeats, about=about)


def lists_make(choices: Sequence[Choice], fold: Ints, config: SecondStageConfig) -> tuple[ChoiceLists, Ints]:
    """Lists of each fold as the fusion of the others ranks them, and the choice each was made from.

    Args:
        choices: one per shopper.
        fold: (u,) 0 … folds - 1.
        config: ``folds`` and ``n``.
    Returns: lists that hold something chosen, and (v,) their places in ``choices``.
    """
    features: list[Floats] = []
    fused: list[Floats] = []
    chosen: list[Bools] = []
    owner: list[int] = []
    for part in range(config.folds):
        fusion = fusion_fit([one for place, one in enumerate(choices) if fold[place] != part])
        for place in np.flatnonzero(fold == part).tolist():
            one = choices[place]
            scores = fusion.fuse(one.components)
            rows = list_rows(scores, config.n)
            hit = np.isin(rows, one.chosen)
            if hit.any():
                features.append(list_features(one.components[rows], scores[rows], one.facts[rows]))
                fused.append(scores[rows])
                chosen.append(hit)
                owner.append(place)
    start = np.concatenate([[0], np.cumsum([len(one) for one in fused])]).astype(np.int64)
    if not owner:
        return ChoiceLists(np.zeros((0, len(feature_names())), np.float32), *_EMPTY, start), np.zeros(0, np.int64)
    lists = ChoiceLists(np.concatenate(features), np.concatenate(fused), np.concatenate(chosen), start)
    return lists, np.array(owner, np.int64)


_EMPTY = (np.zeros(0, np.float32), np.zeros(0, np.bool_))


def choice_odds(lists: ChoiceLists, scores: Floats) -> tuple[Floats, Floats]:
    """(r,) probability of each candidate within its list, (v,) log of each list's normaliser."""
    first, size = lists.start[:-1], np.diff(lists.start)
    top = np.maximum.reduceat(scores, first)
    odds = np.exp(scores - np.repeat(top, size))
    total = np.add.reduceat(odds, first)
    return odds / np.repeat(total, size), np.log(total) + top


def log_loss(lists: ChoiceLists, scores: Floats) -> float:
    """Mean nats of a choice under ``scores`` (r,)."""
    _, normaliser = choice_odds(lists, scores.astype(np.float64))
    return float((normaliser - np.add.reduceat(scores * _shares(lists), lists.start[:-1])).mean())


def weights_fit(lists: ChoiceLists, trees: Floats) -> tuple[float, float, float]:
    """Weights of fusion and trees that maximise the objective of ``second_stage_fit``.

    Args:
        lists: with what was chosen.
        trees: (r,) sums of the trees, grown without the lists they are of.
    Returns: a, b and the mean nats of a choice under them.
    """

    def objective(weights: np.ndarray) -> float:
        a, b = weights
        return float(log_loss(lists, a * lists.fused + b * trees) * len(lists) + (a - 1) ** 2 + b**2)

    found = minimize(objective, [1.0, 0.5], method="L-BFGS-B", bounds=[(0.05, None), (0.0, None)])
    a, b = (float(value) for value in found.x)
    return a, b, log_loss(lists, a * lists.fused + b * trees)


def _unseen_sums(lists: ChoiceLists, fold: Ints, config: SecondStageConfig, seed: int) -> Floats:
    """(steps, r) sums of growing numbers of trees, each list by trees grown on the other folds."""
    steps = config.max_trees // config.step
    sums = np.zeros((steps, len(lists.fused)), np.float32)
    for part in range(config.folds):
        grown = _grown(lists.take(np.flatnonzero(fold != part)), steps * config.step, config, seed)
        rows = lists.rows_of(np.flatnonzero(fold == part)) if (fold == part).any() else np.zeros(0, np.int64)
        total = np.zeros(len(rows))
        for step in range(steps if len(rows) else 0):
            total += np.asarray(
                grown.predict(
                    lists.features[rows],
                    start_iteration=step * config.step,
                    num_iteration=config.step,
                    raw_score=True,
                    num_threads=1,
                )
            )
            sums[step, rows] = total
    return sums


def _grown(lists: ChoiceLists, trees: int, config: SecondStageConfig, seed: int) -> lightgbm.Booster:
    """Trees added to the fusion, each a step down the listwise log loss."""
    shares = _shares(lists)

    def slopes(scores: np.ndarray, _: lightgbm.Dataset) -> tuple[np.ndarray, np.ndarray]:
        odds, _normaliser = choice_odds(lists, scores)
        return odds - shares, np.maximum(odds * (1 - odds), 1e-6)

    parameters = {
        "objective": slopes,
        "num_leaves": config.leaves,
        "learning_rate": config.learning_rate,
        "min_data_in_leaf": config.min_rows,
        "min_sum_hessian_in_leaf": config.min_hessian,
        "lambda_l2": config.l2,
        "feature_fraction": config.feature_share,
        "bagging_fraction": config.row_share,
        "bagging_freq": 1,
        "max_bin": 63,
        "num_threads": 1,
        "deterministic": True,
        "force_row_wise": True,
        "seed": seed + 1,
        "verbose": -1,
    }
    best = np.maximum.reduceat(lists.fused, lists.start[:-1])
    data = lightgbm.Dataset(
        lists.features,
        init_score=(lists.fused - np.repeat(best, np.diff(lists.start))).astype(np.float64),
        feature_name=list(feature_names()),
        params={"max_bin": 63, "verbose": -1},
        free_raw_data=True,
    )
    return lightgbm.train(parameters, data, num_boost_round=trees)


def _shares(lists: ChoiceLists) -> Floats:
    """(r,) 1 / number of chosen candidates of the list where one was chosen, else 0."""
    count = np.add.reduceat(lists.chosen.astype(np.float64), lists.start[:-1])
    return np.asarray(lists.chosen / np.repeat(count, np.diff(lists.start)), np.float32)
