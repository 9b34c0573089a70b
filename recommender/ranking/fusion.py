"""One score out of many: a linear fusion of the component scores; ``fusion_fitting`` learns its weights."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from recommender.data.types import Floats, Ints
from recommender.ranking.components import COMPONENTS

FUSED = tuple(name for name in COMPONENTS if name not in ("own_recency", "ease_rank", "vae", "graph", "gan"))
"""Components that the fusion weighs: at most twenty, the same for every shop. The others serve the second stage."""


@dataclass(frozen=True)
class FusionWeights:
    """fused(candidate) = Σ_k weight_k · component_k: global weights, none per shopper."""

    weights: tuple[float, ...]  # (K,) in the order of ``names``
    names: tuple[str, ...] = COMPONENTS
    users: int = 0  # validation users the weights were fitted on; 0: not fitted
    nats_per_choice: float = float("nan")  # mean −log p(choice) at the optimum
    ridge: float = 0.0  # of the fit

    def fuse(self, components: Floats) -> Floats:
        """(c, K) components → (c,) fused scores, a utility in nats."""
        return (components @ np.array(self.weights, np.float32)).astype(np.float32)

    def to_json(self) -> dict[str, Any]:
        """For ``Manifest.fusion``."""
        return {
            "weights": dict(zip(self.names, self.weights, strict=True)),
            "users": self.users,
            "nats_per_choice": None if np.isnan(self.nats_per_choice) else self.nats_per_choice,
            "ridge": self.ridge,
        }

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> "FusionWeights":
        """The weights ``to_json`` wrote; components it does not mention weigh 0, an empty dict gives the default."""
        if not content:
            return DEFAULT_WEIGHTS
        weights = content["weights"]
        nats = content.get("nats_per_choice")
        return cls(
            tuple(float(weights.get(name, 0.0)) for name in COMPONENTS),
            users=int(content.get("users", 0)),
            nats_per_choice=float("nan") if nats is None else float(nats),
            ridge=float(content.get("ridge", 0.0)),
        )


def _weights(**given: float) -> FusionWeights:
    return FusionWeights(tuple(given.get(name, 0.0) for name in COMPONENTS))


DEFAULT_WEIGHTS = _weights(
    mixture=0.5,
    item_knn=0.1,
    ease=0.2,
    text=0.3,
    popularity=0.05,
    recent_popularity=0.1,
    own_frequency=0.8,
    due=0.15,
    brand=0.3,
    category=0.3,
)
"""What ranks where too few shoppers could be held out to fit anything, and what fitted weights are drawn towards."""


@dataclass(frozen=True)
class Choice:
    """One held-out shopper's choice among candidates."""

    components: Floats  # (c, K)
    chosen: Ints  # (t,) rows that were chosen
    facts: Floats = field(default_factory=lambda: np.zeros((0, 0), np.float32))  # (c, S), read by the second stage
