"""How likely a card is looked at where it stands: a fixed offset by section and slot.

Estimated on exploration alone. A slot drawn with probability p out of |A| items was drawn by the uniform part of the
draw with probability ``(ε/|A|)/p``; weighting rows by ``1/(p·|A|)`` therefore compares slots as if all of them had
shown uniformly drawn items, whatever the ranking put on top. What stands higher on the page is
gone from later slots, which therefore look a little worse than they are where the pool is hardly larger than the page.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recommender.data.snapshot import ImpressionTable
from recommender.data.types import Floats, Ints, Section

MAX_WEIGHT = 20.0
SECTIONS = len(Section)

Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Examination:
    """Log-odds of a click by place, relative to the reference place (first slot of the section that leads pages)."""

    offset: Floats  # (SECTIONS, K)
    ratio: Floats  # (SECTIONS, K) click rate relative to the reference place, in (0, 1]
    rows: float  # effective number of exploration rows behind it, 0: nothing could be estimated

    def at(self, section: Ints, slot: Ints) -> Floats:
        """(k,) offset of each place; slots beyond the table take its last column."""
        found: Floats = self.offset[section, np.minimum(slot, self.offset.shape[1] - 1)]
        return found

    def ratio_at(self, section: Ints, slot: Ints) -> Floats:
        """(k,) ratio of each place."""
        found: Floats = self.ratio[section, np.minimum(slot, self.ratio.shape[1] - 1)]
        return found


def exploration_weights(impressions: ImpressionTable) -> Floats:
    """(k,) how much each shown slot counts as exploration: ``min(20, 1/(p·|A|))``, 0 where it was not drawn.

    The allowed set of a later slot is the page's pool without what already stands on the page.
    """
    pool = np.diff(impressions.pool_start)[impressions.page]
    allowed = np.maximum(pool - impressions.slot, 1)
    drawn = np.isfinite(impressions.propensity) & (impressions.propensity < 1) & (impressions.propensity > 0)
    safe = np.where(drawn, impressions.propensity, 1.0)
    return np.where(drawn & (pool > 0), np.minimum(MAX_WEIGHT, 1 / (safe * allowed)), 0).astype(np.float32)


def examination_fit(
    impressions: ImpressionTable, *, ridge: tuple[float, float, float] = (0.1, 4.0, 16.0)
) -> Examination:
    """Estimate examination from weighted clicks by place.

        logit(click rate) = b − β·log(1 + slot) + section + (section, slot),   ridge on the last three

    The cells shrink towards the curve, so that a place with little exploration takes its neighbours' word for it.

    Args:
        impressions: with propensities and pools.
        ridge: pull towards 0 of β, sections and cells, in effective rows.
    Returns: Examination; all offsets 0 where nothing was explored or nobody clicked.
    """
    width = int(impressions.slot.max(initial=0)) + 1
    shown, clicks = _cells(impressions, width)
    if shown.sum() == 0 or clicks.sum() == 0:
        return Examination(np.zeros((SECTIONS, width), np.float32), np.ones((SECTIONS, width), np.float32), 0.0)
    design, penalty = _design(width, ridge)
    logit = (design @ _newton(design, penalty, shown.ravel(), clicks.ravel())).reshape(SECTIONS, width)
    offset = np.minimum(logit - logit[int(shown[:, 0].argmax()), 0], 0.0)
    reference = 1 / (1 + np.exp(-logit[int(shown[:, 0].argmax()), 0]))
    ratio = 1 / (reference + (1 - reference) * np.exp(-offset))
    return Examination(offset.astype(np.float32), ratio.astype(np.float32), float(shown.sum()))


def _cells(impressions: ImpressionTable, width: int) -> tuple[Doubles, Doubles]:
    """(SECTIONS, K) effective rows and effective clicks of each place."""
    weight = exploration_weights(impressions).astype(np.float64)
    cell = impressions.section * width + impressions.slot

    def total(values: Doubles) -> Doubles:
        return np.bincount(cell, values, SECTIONS * width).reshape(SECTIONS, width).astype(np.float64)

    squares, sums = total(weight**2), total(weight)
    effective = np.divide(sums**2, squares, out=np.zeros_like(sums), where=squares > 0)
    rate = np.divide(total(weight * impressions.clicked), sums, out=np.zeros_like(sums), where=sums > 0)
    return effective, effective * rate


def _design(width: int, ridge: tuple[float, float, float]) -> tuple[Doubles, Doubles]:
    """(cells, parameters) intercept, curve, section and cell effects, and the (parameters,) ridge of each."""
    section, slot = np.divmod(np.arange(SECTIONS * width), width)
    curve = -np.log1p(slot)[:, None]
    sections = np.eye(SECTIONS)[section]
    design = np.hstack([np.ones((len(slot), 1)), curve, sections, np.eye(len(slot))])
    return design, np.repeat([1e-6, *ridge], [1, 1, SECTIONS, len(slot)])


def _newton(design: Doubles, penalty: Doubles, shown: Doubles, clicks: Doubles, steps: int = 12) -> Doubles:
    """Coefficients of a ridge logistic regression on binomial cells."""
    w = np.zeros(design.shape[1])
    w[0] = np.log((clicks.sum() + 0.5) / (shown.sum() - clicks.sum() + 0.5))
    for _ in range(steps):
        p = 1 / (1 + np.exp(-np.clip(design @ w, -30, 30)))
        slope = design.T @ (clicks - shown * p) - penalty * w
        curvature = (design * (shown * p * (1 - p))[:, None]).T @ design + np.diag(penalty)
        w += np.linalg.solve(curvature, slope)
    return w
