"""Serving of the ranker: features of candidates → what is likely to come of showing them."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from recommender.data.reward import HEADS, RewardWeights
from recommender.data.types import Floats

ROWS = 512
"""Rows of one run: always the same shape, so that a row's numbers do not depend on its companions."""

FLOOR = 1e-4
"""Least expected reward, in clicks, that a score tells apart."""


class Network(Protocol):
    """``data.onnx_model.OnnxModel``, or a test's stand-in."""

    def run(self, **inputs: npt.NDArray[np.generic]) -> list[Floats]:
        """All outputs for named inputs."""
        ...


@dataclass(frozen=True)
class Ranked:
    """Calibrated probabilities at the reference place of a page, and the base score made of them."""

    p_click: Floats  # (c,)
    p_cart: Floats  # (c,)
    p_purchase: Floats  # (c,)
    p_dislike: Floats  # (c,)
    value: Floats  # (c,) expected reward, in clicks
    score: Floats  # (c,) log of it: a difference of 1 is e times the value


def rank(network: Network, features: Floats, rewards: RewardWeights | None = None) -> Ranked:
    """Score candidates with the exported ranker.

    Args:
        network: a bundle's ``ranker``: input ``features`` (512, F), output probabilities (512, 4).
        features: (c, F) of ``ranking.features``.
        rewards: what the outcomes are worth; the standard ones if None.
    """
    if not len(features):
        return ranked_of(np.zeros((0, len(HEADS)), np.float32), RewardWeights())
    return ranked_of(run_in_blocks(network, features=features), rewards or RewardWeights())


def ranked_of(probabilities: Floats, rewards: RewardWeights) -> Ranked:
    """(c, 4) click, cart, purchase, dislike → the same with value and score."""
    value = (probabilities * rewards.vector()).sum(axis=1)  # not @: BLAS rounds a row by its companions
    score = np.log(np.maximum(value, FLOOR)).astype(np.float32)
    click, cart, purchase, dislike = probabilities.T
    return Ranked(click, cart, purchase, dislike, value, score)


def run_in_blocks(network: Network, **rows: Floats) -> Floats:
    """First output of a network of fixed shape for any number of rows; the last block is padded with zeros.

    Args:
        network: its inputs take ``ROWS`` rows.
        rows: by input name, (c, …) float32, c ≥ 1.
    """
    c = len(next(iter(rows.values())))
    parts = []
    for begin in range(0, c, ROWS):
        block = {name: _padded(array[begin : begin + ROWS]) for name, array in rows.items()}
        parts.append(network.run(**block)[0][: min(ROWS, c - begin)])
    return np.concatenate(parts)


def _padded(rows: Floats) -> Floats:
    block = np.zeros((ROWS, *rows.shape[1:]), np.float32)
    block[: len(rows)] = rows
    return block
