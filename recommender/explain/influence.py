"""Counterfactual influence: how much worse each card would score had the shopper never met an item.

    influence(i, a) = score(a | history) − score(a | history without i)

Both scores come from the same functions with everything else held still (``serving.scores.scores_without``), so the
number is the model's own and not an approximation of it.
"""

from dataclasses import dataclass

import numpy as np

from recommender.data.types import Floats, Ints


@dataclass(frozen=True)
class Influence:
    """Influence of k history items on s shown cards, in the units of the score (nats)."""

    items: Ints  # (k,) item ids
    effect: Floats  # (k, s); 0 for cards that nobody asks about

    @classmethod
    def none(cls, cards: int) -> "Influence":
        """Nothing in the history moved anything."""
        return cls(np.zeros(0, np.int64), np.zeros((0, cards), np.float32))

    def strongest(self) -> list[tuple[int, float, float]]:
        """Per card the item that lifted it most: its id (0 none), its effect, its share of all lifts."""
        if not len(self.items):
            return [(0, 0.0, float("nan"))] * self.effect.shape[1]
        best = self.effect.argmax(axis=0)
        effect = self.effect[best, np.arange(len(best))]
        lifted = np.maximum(self.effect, 0).sum(axis=0)
        share = np.divide(effect, lifted, out=np.full(len(best), np.nan, np.float32), where=lifted > 0)
        return list(zip(self.items[best].tolist(), effect.tolist(), share.tolist(), strict=True))
