"""A tiny shop for trials: shoppers walk along a ring of items inside their favourite half."""

from dataclasses import replace

import numpy as np

from recommender.data.sequences import Sequences, sequences_from_lists
from recommender.encoders.config import SHOP_DEFAULTS, LearningConfig
from recommender.trials.catalogue import Catalogue

N = 40
SMALL: LearningConfig = replace(
    SHOP_DEFAULTS,
    encoder=replace(
        SHOP_DEFAULTS.encoder,
        embedding_dim=16,
        max_length=10,
        epochs=8,
        tokens_per_batch=512,
        warmup_steps=5,
        learning_rate=1e-2,
        precision="float32",
    ),
)


def walks(users: int = 150, seed: int = 0) -> list[list[int]]:
    """Steps of 1 or 2 around one of two rings of 20 items."""
    rng = np.random.default_rng(seed)
    lists = []
    for _ in range(users):
        half, place = rng.integers(0, 2) * 20, rng.integers(0, 20)
        steps = np.cumsum(rng.integers(1, 3, rng.integers(4, 9)))
        lists.append([int(half + (place + step) % 20) for step in steps])
    return lists


def sequences() -> Sequences:
    return sequences_from_lists(walks(), N)


def catalogue(*, text: bool = True) -> Catalogue:
    half = np.repeat([1, 2], 20).astype(np.int64)
    rng = np.random.default_rng(1)
    vectors = rng.normal(size=(N, 384)).astype(np.float32) * 0.3
    vectors[:, :2] += 3 * np.eye(2)[half - 1]
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    vectors[3] = np.nan  # an item without a text
    return Catalogue(half, half, half, vectors if text else None)
