"""Mult-VAE: a shopper's items squeezed through a small noisy code and unfolded again; what serving needs."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from recommender.data.factors import FactorModel, Factors, Network
from recommender.data.item_model import Asking
from recommender.data.types import Floats, Ints

_NEVER = -30.0
"""Logit of an item that was not learned: below all that were, and finite."""


class Prior(StrEnum):
    """What the code of a shopper is drawn towards."""

    NORMAL = "normal"  # Mult-VAE: the standard normal distribution
    COMPOSITE = "composite"  # RecVAE: standard normal, wide normal, and where the last epoch's encoder put the code


@dataclass(frozen=True)
class VaeConfig:
    """The network, how it is trained, and how it is asked."""

    hidden: int = 256
    latent: int = 64
    dropout: float = 0.5  # share of a shopper's items that are hidden from the encoder
    prior: str = Prior.NORMAL
    beta: float = 0.2  # weight of the divergence from the prior once it is annealed
    anneal_steps: int = 1000
    learning_rate: float = 2e-3
    weight_decay: float = 1e-5
    batch: int = 256  # shoppers
    steps: int = 4000
    check_every: int = 100  # steps between validations
    patience: int = 6  # validations without a better one before training stops
    stoppers: int = 1000  # shoppers whose newest item is kept back to stop with, at most a fifth of all
    max_items: int = 20_000  # the items met most often are learned, the others are left to other models
    max_user_items: int = 500  # the newest items of one shopper that count
    popularity_power: float = 0.0  # of the logit adjustment that holds popular items back; 0 is off
    history: int = 100  # newest entries that are asked
    decay: float = 0.9  # weight of an entry = decay ** (its age in steps)

    @property
    def asking(self) -> Asking:
        """How the model is asked."""
        return Asking(self.history, self.decay)


@dataclass(frozen=True)
class Autoencoder:
    """A trained network, cut into what each item gives, what happens between, and how each item answers."""

    inward: Floats  # (s, h) first layer, a row per learned item
    graph: bytes  # ONNX: ``total`` (b, h) → (b, g)
    outward: Floats  # (s, g) last layer
    bias: Floats  # (s,)


def vae_model(network: Autoencoder, learned: Ints, n_items: int, config: VaeConfig) -> FactorModel:
    """A trained autoencoder as a model over the whole vocabulary.

    Args:
        network: of the ``s`` learned items.
        learned: (s,) their vocabulary indices.
        n_items: of the vocabulary; items that were not learned come last in every list.
        config: how it is asked.
    """
    inward = np.zeros((n_items, network.inward.shape[1]), np.float32)
    outward = np.zeros((n_items, network.outward.shape[1]), np.float32)
    bias = np.full(n_items, _NEVER, np.float32)
    inward[learned], outward[learned], bias[learned] = network.inward, network.outward, network.bias
    return FactorModel(Factors(inward, outward, bias, Network(network.graph)), config.asking)
