"""How well probabilities tell yes from no: order, sharpness, honesty. Rows may be weighted."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import expit

Doubles = npt.NDArray[np.float64]
Array = npt.NDArray[np.floating]

EPSILON = 1e-7
LEAST_SLOPE = 0.05


@dataclass(frozen=True)
class Platt:
    """Calibrated logit = ``slope`` · logit + ``intercept``."""

    slope: float = 1.0
    intercept: float = 0.0

    def apply(self, logits: Array) -> Doubles:
        """Probabilities."""
        probabilities: Doubles = expit(self.slope * logits.astype(np.float64) + self.intercept)
        return probabilities


def platt_fit(logits: Array, labels: Array, weights: Array, *, minimum: int = 30, ridge: float = 1.0) -> Platt:
    """Slope and intercept that make held-out logits honest.

    The slope is drawn to 1 by ``ridge`` and stays there below ``minimum`` positives; with none at all nothing changes.

    Args:
        logits: (n,) of rows the model was not fitted on.
        labels: (n,) 0 or 1.
        weights: (n,) of the rows.
        minimum: positives needed to move the slope.
        ridge: strength of the pull to slope 1, in squared logits.
    Reference: Platt, 1999.
    """
    if (labels * weights).sum() <= 0:
        return Platt()
    if (labels > 0).sum() < minimum:
        return _fit(logits, labels, weights, slope=1.0)
    free = _fit(logits, labels, weights, ridge=ridge)
    return free if free.slope >= LEAST_SLOPE else _fit(logits, labels, weights, slope=LEAST_SLOPE)


def _fit(logits: Array, labels: Array, weights: Array, *, slope: float | None = None, ridge: float = 0.0) -> Platt:
    """Weighted logistic regression on one logit; a given ``slope`` stays, else it is drawn to 1 by ``ridge``."""
    x, share = logits.astype(np.float64), weights / weights.sum()

    def objective(w: Doubles) -> tuple[float, Doubles]:
        z = w[0] * x + w[1]
        error = share * (expit(z) - labels)
        pull = ridge / weights.sum() * (w[0] - 1)
        loss = share @ (np.logaddexp(0, z) - labels * z) + pull * (w[0] - 1) / 2
        return float(loss), np.array([error @ x + pull if slope is None else 0.0, error.sum()])

    found = minimize(objective, np.array([1.0 if slope is None else slope, 0.0]), jac=True, method="BFGS", tol=1e-9)
    return Platt(float(found.x[0]), float(found.x[1]))


def auc(scores: Array, labels: Array, weights: Array | None = None) -> float:
    """Probability that a random yes scores above a random no, ties half; NaN where one of them is missing.

    >>> auc(np.array([0.1, 0.4, 0.35, 0.8]), np.array([0, 0, 1, 1]))
    0.75
    """
    w = np.ones(len(scores)) if weights is None else weights.astype(np.float64)
    _, place = np.unique(scores, return_inverse=True)
    yes = np.bincount(place, w * (labels > 0))
    no = np.bincount(place, w * (labels <= 0))
    pairs = float(yes.sum() * no.sum())
    below = np.cumsum(no) - no / 2
    return float((yes * below).sum()) / pairs if pairs else float("nan")


def log_loss(probabilities: Array, labels: Array, weights: Array | None = None) -> float:
    """Mean −log likelihood, nats per row: of (n,) probabilities, labels 0 or 1, and weights of the rows."""
    p = np.clip(probabilities.astype(np.float64), EPSILON, 1 - EPSILON)
    losses = -np.where(labels > 0, np.log(p), np.log1p(-p))
    return float(np.average(losses, weights=weights))


def calibration_error(probabilities: Array, labels: Array, weights: Array | None = None, *, bins: int = 15) -> float:
    """Expected calibration error: mean |said − happened| over bins with equally many rows.

    Args:
        probabilities: (n,) in [0, 1].
        labels: (n,) 0 or 1.
        weights: (n,) of the rows; 1 where they are not given.
        bins: how many.
    Returns: in [0, 1]; NaN where no row has a weight.
    Reference: Naeini, Cooper, Hauskrecht, 2015.
    """
    w = np.ones(len(labels)) if weights is None else weights.astype(np.float64)
    if w.sum() == 0:
        return float("nan")
    order = np.argsort(probabilities, kind="stable")
    cell = np.minimum(np.arange(len(order)) * bins // max(len(order), 1), bins - 1)
    said = np.bincount(cell, (w * probabilities)[order], bins)
    happened = np.bincount(cell, (w * labels)[order], bins)
    return float(np.abs(said - happened).sum() / w.sum())
