"""Fits the fusion's weights to what held-out shoppers chose among their candidates (multinomial logit).

    maximise  Σ_u mean_{i ∈ chosen_u} log softmax(X_u w)_i  −  ridge/2 · ‖σ ⊙ (w − w₀)‖²

σ are the components' standard deviations among a shopper's candidates, so the penalty does not depend on units. Some
thirty choices do not tell twenty weights: how strongly they are drawn towards w₀ is decided by choices kept back.

Reference: McFadden, "Conditional logit analysis of qualitative choice behavior", 1974.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from recommender.data.types import Bools, DataError, Ints
from recommender.ranking.components import COMPONENTS
from recommender.ranking.fusion import DEFAULT_WEIGHTS, FUSED, Choice, FusionWeights

RIDGE = 2.0
"""The pull of the default weights where there are many choices: it prevents what has no finite optimum, no more."""

RIDGES = (2048.0, 512.0, 128.0, 32.0, 8.0, RIDGE, 0.5)
"""Strongest first."""

FEW = 400
"""Choices from which on all ridges rank alike and none is looked for."""

_FOLDS = 5
_DOUBT = 0.5
"""Standard errors of the difference by which the best ridge must beat a stronger one."""


def fusion_fit(
    choices: Sequence[Choice],
    *,
    ridge: float | None = None,
    prior: FusionWeights = DEFAULT_WEIGHTS,
    minimum: int = 30,
    columns: Sequence[str] = FUSED,
) -> FusionWeights:
    """Weights that make the held-out choices most likely.

    Args:
        choices: one per shopper; shoppers whose target was not gathered are left out by the caller.
        ridge: strength of the pull towards ``prior``; None: below ``FEW`` choices the strongest of ``RIDGES`` under
            which choices kept back are as good as likeliest, else ``RIDGE``.
        prior: w₀.
        minimum: below this number of choices the prior is returned unchanged.
        columns: components that may have weight.
    Raises: DataError if a component is NaN or infinite.
    """
    if len(choices) < minimum:
        return prior
    table = _table(choices, columns)
    w0 = np.array(prior.weights) * table.scale * table.active
    if ridge is None:
        ridge = _ridge_chosen(table, w0) if len(choices) < FEW else RIDGE
    found = _fitted(table, ridge, w0, w0)
    nats = float(table.nats(found)[0].mean())
    weights = tuple(float(value) for value in np.where(table.active, found / table.scale, 0.0))
    return FusionWeights(weights, users=len(choices), nats_per_choice=nats, ridge=ridge)


@dataclass(frozen=True)
class _Table:
    """Lists of candidates one after the other: n choices, r rows."""

    x: np.ndarray  # (r, K) components, centred in each list, in standard deviations
    start: Ints  # (n+1,)
    chosen: np.ndarray  # (n, K) mean over the rows that were chosen
    scale: np.ndarray  # (K,) what a standard deviation is
    active: Bools  # (K,) components that may have weight

    def __len__(self) -> int:
        return len(self.start) - 1

    def take(self, lists: Ints) -> "_Table":
        """Some lists, in the given order."""
        rows = np.concatenate([np.arange(self.start[one], self.start[one + 1]) for one in lists])
        start = np.concatenate([[0], np.cumsum(np.diff(self.start)[lists])])
        return _Table(self.x[rows], start, self.chosen[lists], self.scale, self.active)

    def nats(self, w: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(n,) −log p of each choice under (K,) scaled weights, and the slope (K,) of their sum."""
        owner = np.repeat(np.arange(len(self)), np.diff(self.start))
        logits = self.x @ w
        top = np.maximum.reduceat(logits, self.start[:-1])
        odds = np.exp(logits - top[owner])
        total = np.add.reduceat(odds, self.start[:-1])
        slope = self.x.T @ (odds / total[owner]) - self.chosen.sum(axis=0)
        return np.log(total) + top - self.chosen @ w, slope


def _table(choices: Sequence[Choice], columns: Sequence[str]) -> _Table:
    start = np.concatenate([[0], np.cumsum([len(one.components) for one in choices])])
    x = np.concatenate([one.components for one in choices]).astype(np.float64)
    if not np.isfinite(x).all():
        raise DataError("a component score is not finite; fusion cannot be fitted on it")
    owner = np.repeat(np.arange(len(choices)), np.diff(start))
    x -= (np.add.reduceat(x, start[:-1]) / np.diff(start)[:, None])[owner]
    scale = np.maximum(x.std(axis=0), 1e-9)
    active = (x.std(axis=0) > 1e-9) & np.isin(COMPONENTS, columns)
    x /= scale
    chosen = np.stack([x[start[u] + one.chosen].mean(axis=0) for u, one in enumerate(choices)])
    return _Table(x, start, chosen, scale, active)


def _fitted(table: _Table, ridge: float, w0: np.ndarray, begin: np.ndarray) -> np.ndarray:
    """(K,) scaled weights."""

    def objective(w: np.ndarray) -> tuple[float, np.ndarray]:
        nats, slope = table.nats(w)
        return float(nats.sum() + ridge / 2 * ((w - w0) ** 2).sum()), (slope + ridge * (w - w0)) * table.active

    return np.asarray(minimize(objective, begin, jac=True, method="L-BFGS-B", options={"maxiter": 200}).x)


def _ridge_chosen(table: _Table, w0: np.ndarray) -> float:
    """The strongest ridge under which folds that were kept back are, within ``_DOUBT``, as likely as under the best."""
    n = len(table)
    fold = np.random.default_rng(0).permutation(n) % _FOLDS
    nats = np.zeros((len(RIDGES), n))
    for part in range(_FOLDS):
        known, kept_back = np.flatnonzero(fold != part), np.flatnonzero(fold == part)
        learned, judged, found = table.take(known), table.take(kept_back), w0
        for place, ridge in enumerate(RIDGES):
            found = _fitted(learned, ridge, w0, found)
            nats[place, kept_back] = judged.nats(found)[0]
    worse = nats - nats[nats.sum(axis=1).argmin()]
    good = worse.mean(axis=1) <= _DOUBT * worse.std(axis=1) / np.sqrt(n)
    return RIDGES[int(np.flatnonzero(good)[0])]
