"""ALS: shoppers and items as short vectors whose products say how surely one met the other; what serving needs."""

from dataclasses import dataclass

import numpy as np

from recommender.data.factors import FactorModel, Factors, Ridge
from recommender.data.item_model import Asking
from recommender.data.types import Floats


@dataclass(frozen=True)
class AlsConfig:
    """Size and regularisation of the factors, and how they are asked."""

    factors: int = 64
    iterations: int = 15
    ridge: float = 0.05  # λ
    confidence: float = 3.0  # α: how much surer a met item is than one never met
    max_user_items: int = 500  # the newest items of one shopper that count
    rarity_power: float = 0.5  # of the inverse propensity by which a rare item that was met says more; 0 is off
    history: int = 100  # newest entries that are asked
    decay: float = 0.9  # weight of an entry = decay ** (its age in steps)

    @property
    def asking(self) -> Asking:
        """How the model is asked."""
        return Asking(self.history, self.decay)


def als_model(item_factors: Floats, config: AlsConfig) -> FactorModel:
    """Item factors as a model: each history is answered by the ridge regression that training solves for a shopper.

    Args:
        item_factors: (n, f) float32.
        config: that they were learned with.

    Reference: Hu, Koren, Volinsky, 2008.
    """
    y = np.asarray(item_factors, np.float32)
    gram = (y.T @ y + config.ridge * np.eye(y.shape[1], dtype=np.float32)).astype(np.float32)
    bias = np.zeros(len(y), np.float32)
    return FactorModel(Factors(y, y, bias, Ridge(gram, config.confidence)), config.asking)
