"""What a ranker is worth on pages of other shoppers at a later time."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from recommender.data.reward import HEADS
from recommender.data.types import Bools, Floats, Ints
from recommender.ranking.binary_metrics import Platt, auc, calibration_error, log_loss, platt_fit
from recommender.ranking.reliability import reliability

MIN_POSITIVES = 10
"""Below this many an AUC is not reported."""


@dataclass(frozen=True)
class HeldOut:
    """Rows with logits of a net that never saw their shoppers."""

    logits: Floats  # (n, 5) at the reference place
    labels: Floats  # (n, 5)
    known: Floats  # (n, 5) weight of each label, 0 where it is not known
    offset: Floats  # (n,) examination where the card stood
    exploration: Floats  # (n,) weight as exploration
    fused: Floats  # (n,)
    page: Ints  # (n,)
    shopper: Ints  # (n,)
    late: Bools  # (n,) shown after the time the net was trained on


def calibrations_fit(held: HeldOut, rows: Bools) -> tuple[Platt, ...]:
    """One calibration per head, fitted on exploration among ``rows`` (all of them where nothing was explored)."""
    placed = held.logits[rows] + held.offset[rows, None]
    weights = explored(held, rows)
    return tuple(platt_fit(placed[:, h], held.labels[rows, h], weights[:, h]) for h in range(len(HEADS)))


def explored(held: HeldOut, rows: Bools | Ints) -> Floats:
    """(r, 5) weights of rows as exploration, 1 on average; of their labels alone where nothing was explored."""
    weights = held.exploration[rows]
    if weights.sum() == 0:
        weights = np.ones(len(weights), np.float32)
    return np.asarray(held.known[rows] * (weights / weights.mean() if len(weights) else weights)[:, None])


def ranker_metrics(held: HeldOut) -> dict[str, Any]:
    """Per head: AUC, log-loss, ECE and reliability on late pages of held-out shoppers, calibrated on their early pages.

    ``auc`` is of the prediction for the card where it stood; ``auc_explored`` weights rows as exploration and leaves
    the place out, so it tells cards and not places; ``auc_page`` is the mean within pages. ``fusion_*`` are the same of
    the fused score. ``ece_explored`` and ``reliability`` weight rows as exploration.
    """
    calibrations = calibrations_fit(held, ~held.late)
    late = np.flatnonzero(held.late)
    heads = {head: _head_metrics(held, late, h, calibrations[h]) for h, head in enumerate(HEADS)}
    return {"heads": heads, "rows": len(late), "pages": len(np.unique(held.page[late]))}


def _head_metrics(held: HeldOut, late: Ints, h: int, calibration: Platt) -> dict[str, Any]:
    known = late[held.known[late, h] > 0]
    labels, logits, weights = held.labels[known, h], held.logits[known, h], held.known[known, h]
    positives = int(labels.sum())
    if positives < MIN_POSITIVES:
        return {"positives": positives}
    exploration = weights * held.exploration[known]
    said = calibration.apply(logits + held.offset[known]).astype(np.float32)
    base = np.full(len(labels), np.average(labels, weights=weights))
    scores = {
        "auc": auc(said, labels, weights),
        "auc_explored": auc(logits, labels, exploration),
        "auc_page": page_auc(logits, labels, held.page[known]),
        "fusion_auc": auc(held.fused[known], labels, weights),
        "fusion_auc_explored": auc(held.fused[known], labels, exploration),
        "fusion_auc_page": page_auc(held.fused[known], labels, held.page[known]),
        "log_loss": log_loss(said, labels, weights),
        "log_loss_of_rate": log_loss(base, labels, weights),
        "ece": calibration_error(said, labels, weights),
        "ece_explored": calibration_error(said, labels, exploration),
    }
    bins = reliability(said, labels, explored(held, known)[:, h], held.shopper[known])
    drawn = [{name: _number(value) for name, value in asdict(one).items()} for one in bins]
    return {"positives": positives, **{name: _number(value) for name, value in scores.items()}, "reliability": drawn}


def _number(value: float) -> float | None:
    return round(value, 6) if np.isfinite(value) else None


def page_auc(scores: Floats, labels: Floats, page: Ints) -> float:
    """Mean AUC over the pages that have a yes and a no, NaN where none has.

    Args:
        scores: (n,).
        labels: (n,) 0 or 1.
        page: (n,) page of each row.
    """
    order = np.argsort(page, kind="stable")
    pages = np.split(order, np.flatnonzero(np.diff(page[order])) + 1)
    values = [auc(scores[rows], labels[rows]) for rows in pages if 0 < labels[rows].sum() < len(rows)]
    return float(np.mean(values)) if values else float("nan")
