"""Serving of the policy: long-term value of candidates, in the units of the base score."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from recommender.data.types import Floats
from recommender.ranking.rank import Network, run_in_blocks


@dataclass(frozen=True)
class QScaling:
    """How far Q and base scores differ within a pool, typically: the exchange rate between them."""

    q_spread: float  # clicks
    base_spread: float  # nats

    def scale(self, q: Floats) -> Floats:
        """(c,) Q → (c,) nats around 0: with policy weight 1 it moves cards as far as the base score does."""
        centred = q - q.mean() if len(q) else q
        scaled: Floats = (centred * np.float32(self.base_spread / max(self.q_spread, 1e-9))).astype(np.float32)
        return scaled

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> "QScaling":
        """The scaling in ``Manifest.policy``."""
        return cls(float(content["q_spread"]), float(content["base_spread"]))


def q_values(network: Network, state: Floats, item_vectors: Floats) -> Floats:
    """Expected discounted reward of showing each candidate where it is looked at.

    Args:
        network: a bundle's ``policy``: inputs ``state`` (512, d) and ``item`` (512, d), output (512,).
        state: (d,) of the shopper.
        item_vectors: (c, d) of the candidates, fresh ones included.
    Returns: (c,) float32, clicks.
    """
    if len(item_vectors) == 0:
        return np.zeros(0, np.float32)
    states = np.broadcast_to(state.astype(np.float32), (len(item_vectors), len(state)))
    return run_in_blocks(network, state=states, item=item_vectors.astype(np.float32))


def q_scores(network: Network, scaling: QScaling, state: Floats, item_vectors: Floats) -> Floats:
    """(c,) ``q_values`` in the units of the base score: the Q of ``s = score + w · Q``."""
    return scaling.scale(q_values(network, state, item_vectors))
