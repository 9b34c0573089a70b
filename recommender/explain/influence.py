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

    def strongest(self, card: int) -> tuple[int, float, float]:
        """The item that lifted a card most: its id (0 none), its effect, its share of all lifts."""
        if not len(self.items):
            return 0, 0.0, float("nan")
        column = self.effect[:, card]
        best = int(column.argmax())
        lifted = float(np.maximum(column, 0).sum())
        return int(self.items[best]), float(column[best]), float(column[best]) / lifted if lifted > 0 else float("nan")
