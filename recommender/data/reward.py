"""What an outcome of a shown card is worth: fixed by staff and versioned, never learned."""

from dataclasses import dataclass

import numpy as np

from recommender.data.snapshot import ImpressionTable
from recommender.data.types import Floats

HEADS = ("click", "cart", "purchase", "dislike", "dwell")
"""Outcomes a ranker foretells, in the order of its outputs. Dwell: clicked and stayed longer than the median stay."""

FEWEST_STAYS = 20
"""Below this many known stays their median says nothing, and nobody is said to have stayed long."""

UNKNOWN_STAY = 0.5
"""What a stay of unknown length counts: half of all stays are longer than the median."""


@dataclass(frozen=True)
class RewardWeights:
    """Value of each outcome in units of one click.

    Rewards of one card add up: a card that was clicked, put into the basket and bought earns all three. A long stay
    earns half a click more, so that a click on something which holds nobody is worth less than one which does.
    """

    version: str = "2"
    click: float = 1.0
    cart: float = 3.0
    purchase: float = 10.0
    dislike: float = -3.0
    dwell: float = 0.5

    def vector(self) -> Floats:
        """(5,) weights in the order of ``HEADS``."""
        return np.asarray([getattr(self, head) for head in HEADS], np.float32)

    def earned(self, impressions: ImpressionTable) -> Floats:
        """(k,) reward of each shown slot, in clicks."""
        known = np.nan_to_num(outcomes(impressions), nan=UNKNOWN_STAY)
        earned: Floats = known @ self.vector()
        return earned


def long_stay_seconds(impressions: ImpressionTable) -> float:
    """The median of all known stays, seconds; NaN where too few are known."""
    known = impressions.stayed_seconds[np.isfinite(impressions.stayed_seconds)]
    return float(np.median(known)) if len(known) >= FEWEST_STAYS else float("nan")


def outcomes(impressions: ImpressionTable) -> Floats:
    """(k, 5) what came of each shown slot, 1 or 0, in the order of ``HEADS``; NaN for stays of unknown length.

    Where too few stays are known to say what is long, nothing counts as a long one.
    """
    columns = (impressions.clicked, impressions.carted, impressions.purchased, impressions.disliked)
    longer = np.zeros(len(impressions), np.float32)
    enough = long_stay_seconds(impressions)
    if np.isfinite(enough):
        stayed = impressions.stayed_seconds
        longer = np.where(impressions.clicked, np.where(np.isnan(stayed), np.nan, stayed > enough), 0.0)
    return np.stack([*columns, longer], axis=1).astype(np.float32)


def outcome_weights(labels: Floats) -> Floats:
    """(k, 5) weights under which the known labels stand for all: unknown ones count 0.

    A click whose stay is known counts for those whose stay is not, as if stays were lost at random; without that,
    leaving out only clicked rows would make long stays look rarer than they are.
    """
    known = np.isfinite(labels)
    clicked = labels[:, HEADS.index("click")] > 0
    stays = known[:, HEADS.index("dwell")]
    weights = known.astype(np.float32)
    if (clicked & stays).any():
        weights[clicked & stays, HEADS.index("dwell")] = clicked.sum() / (clicked & stays).sum()
    return weights
