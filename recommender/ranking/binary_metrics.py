"""How well probabilities tell yes from no: order, sharpness, honesty. Rows may be weighted."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Doubles = npt.NDArray[np.float64]
Array = npt.NDArray[np.floating]

EPSILON = 1e-7
LEAST_SLOPE = 0.05
STIFF = 1e12


@dataclass(frozen=True)
class Platt:
    """Calibrated logit = ``slope`` · logit + ``intercept``."""

    slope: float = 1.0
    intercept: float = 0.0

    def apply(self, logits: Array) -> Doubles:
        """Probabilities."""
        return 1 / (1 + np.exp(-np.clip(self.slope * logits.astype(np.float64) + self.intercept, -30, 30)))


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
    free = (labels > 0).sum() >= minimum
    slope, intercept = _newton(logits, labels, weights, slope=1.0, stiffness=ridge if free else STIFF)
    if slope < LEAST_SLOPE:
        slope, intercept = _newton(logits, labels, weights, slope=LEAST_SLOPE, stiffness=STIFF)
    return Platt(slope, intercept)


def _newton(logits: Array, labels: Array, weights: Array, *, slope: float, stiffness: float) -> tuple[float, float]:
    """Weighted logistic regression on one logit whose slope is held near ``slope``."""
    x = np.stack([logits.astype(np.float64), np.ones(len(logits))])  # (2, n)
    w = start = np.array([slope, 0.0])
    penalty = np.array([stiffness, 1e-6])
    for _ in range(25):
        p = 1 / (1 + np.exp(-np.clip(w @ x, -30, 30)))
        uphill = x @ (weights * (labels - p)) - penalty * (w - start)
        curvature = (x * (weights * p * (1 - p) + 1e-12)) @ x.T + np.diag(penalty)
        w = w + np.clip(np.linalg.solve(curvature, uphill), -2, 2)
    return float(w[0]), float(w[1])


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
    """Mean −log likelihood, nats per row."""
    p = np.clip(probabilities.astype(np.float64), EPSILON, 1 - EPSILON)
    losses = -np.where(labels > 0, np.log(p), np.log1p(-p))
    return float(np.average(losses, weights=weights))


def calibration_error(probabilities: Array, labels: Array, weights: Array | None = None, *, bins: int = 15) -> float:
    """Expected calibration error: mean |said − happened| over bins with equally many rows.

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
