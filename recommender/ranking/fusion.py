"""One score out of many: a linear fusion of the component scores, fitted as a choice among candidates."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.optimize import minimize

from recommender.data.types import DataError, Floats, Ints
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

    def fuse(self, components: Floats) -> Floats:
        """(c, K) components → (c,) fused scores, a utility in nats."""
        return (components @ np.array(self.weights, np.float32)).astype(np.float32)

    def to_json(self) -> dict[str, Any]:
        """For ``Manifest.fusion``."""
        return {
            "weights": dict(zip(self.names, self.weights, strict=True)),
            "users": self.users,
            "nats_per_choice": None if np.isnan(self.nats_per_choice) else self.nats_per_choice,
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
        )


def _weights(**given: float) -> FusionWeights:
    return FusionWeights(tuple(given.get(name, 0.0) for name in COMPONENTS))


DEFAULT_WEIGHTS = _weights(mixture=0.8, item_knn=0.1, text=0.3, popularity=0.05, brand=0.3, category=0.3)
"""What ranks where too few shoppers could be held out to fit anything, and what fitted weights are drawn towards."""


@dataclass(frozen=True)
class Choice:
    """One held-out shopper's choice among candidates."""

    components: Floats  # (c, K)
    chosen: Ints  # (t,) rows that were chosen
    facts: Floats = field(default_factory=lambda: np.zeros((0, 0), np.float32))  # (c, S), read by the second stage


def fusion_fit(
    choices: Sequence[Choice],
    *,
    ridge: float = 2.0,
    prior: FusionWeights = DEFAULT_WEIGHTS,
    minimum: int = 30,
    columns: Sequence[str] = FUSED,
) -> FusionWeights:
    """Weights that make the held-out choices most likely (multinomial logit).

        maximise  Σ_u mean_{i ∈ chosen_u} log softmax(X_u w)_i  −  ridge/2 · ‖σ ⊙ (w − w₀)‖²

    σ are the components' standard deviations among a shopper's candidates, so the penalty does not depend on units.

    Args:
        choices: one per shopper; shoppers whose target was not gathered are left out by the caller.
        ridge: strength of the pull towards ``prior``.
        prior: w₀.
        minimum: below this number of choices the prior is returned unchanged.
        columns: components that may have weight.
    Raises: DataError if a component is NaN or infinite.
    Reference: McFadden, 1974.
    """
    if len(choices) < minimum:
        return prior
    start = np.concatenate([[0], np.cumsum([len(one.components) for one in choices])])
    x = np.concatenate([one.components for one in choices]).astype(np.float64)  # (Σc, K)
    if not np.isfinite(x).all():
        raise DataError("a component score is not finite; fusion cannot be fitted on it")
    owner = np.repeat(np.arange(len(choices)), np.diff(start))
    x -= (np.add.reduceat(x, start[:-1]) / np.diff(start)[:, None])[owner]
    scale = np.maximum(x.std(axis=0), 1e-9)
    active = (x.std(axis=0) > 1e-9) & np.isin(COMPONENTS, columns)
    x /= scale
    mean_chosen = np.stack([x[start[u] + one.chosen].mean(axis=0) for u, one in enumerate(choices)])
    w0 = np.array(prior.weights) * scale * active

    def objective(w: np.ndarray) -> tuple[float, np.ndarray]:
        logits = x @ w
        top = np.maximum.reduceat(logits, start[:-1])
        odds = np.exp(logits - top[owner])
        total = np.add.reduceat(odds, start[:-1])
        loss = float((np.log(total) + top - mean_chosen @ w).sum() + ridge / 2 * ((w - w0) ** 2).sum())
        slope = x.T @ (odds / total[owner]) - mean_chosen.sum(axis=0) + ridge * (w - w0)
        return loss, slope * active

    found = minimize(objective, w0, jac=True, method="L-BFGS-B", options={"maxiter": 200})
    nats = (found.fun - ridge / 2 * ((found.x - w0) ** 2).sum()) / len(choices)
    weights = tuple(float(value) for value in np.where(active, found.x / scale, 0.0))
    return FusionWeights(weights, users=len(choices), nats_per_choice=float(nats))
