"""What an outcome of a shown card is worth: fixed by staff and versioned, never learned."""

from dataclasses import dataclass

import numpy as np

from recommender.data.snapshot import ImpressionTable
from recommender.data.types import Floats


@dataclass(frozen=True)
class RewardWeights:
    """Value of each outcome in units of one click.

    Rewards of one card add up: a card that was clicked, put into the basket and bought earns all three.
    """

    version: str = "1"
    click: float = 1.0
    cart: float = 3.0
    purchase: float = 10.0
    dislike: float = -3.0

    def vector(self) -> Floats:
        """(4,) weights in the order click, cart, purchase, dislike."""
        return np.asarray([self.click, self.cart, self.purchase, self.dislike], np.float32)

    def earned(self, impressions: ImpressionTable) -> Floats:
        """(k,) reward of each shown slot, in clicks."""
        return outcomes(impressions) @ self.vector()


HEADS = ("click", "cart", "purchase", "dislike")


def outcomes(impressions: ImpressionTable) -> Floats:
    """(k, 4) what came of each shown slot, 1 or 0, in the order of ``HEADS``."""
    columns = (impressions.clicked, impressions.carted, impressions.purchased, impressions.disliked)
    return np.stack(columns, axis=1).astype(np.float32)
