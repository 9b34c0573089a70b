"""Serving of the ranker: features of candidates → what is likely to come of showing them."""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from recommender.data.reward import HEADS, RewardWeights
from recommender.data.types import Floats
from recommender.ranking.components import COMPONENTS
from recommender.ranking.features import feature_names

ROWS = 512
"""Rows of one run: always the same shape, so that a row's numbers do not depend on its companions."""

FLOOR = 1e-4
"""Least expected reward, in clicks, that a score tells apart."""


OLDER_HEADS = ("click", "cart", "purchase", "dislike")
"""What rankers foretold before they were taught stays; they are read as they are."""


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
    p_dwell: Floats  # (c,) clicked and stayed longer than the median stay; NaN from rankers without that head
    value: Floats  # (c,) expected reward, in clicks
    score: Floats  # (c,) log of it: a difference of 1 is e times the value
    deviation: Floats  # (c,) standard deviation of ``score``; NaN from rankers that do not tell

    def probabilities(self) -> dict[str, Floats]:
        """By head, those that the ranker has."""
        found = {head: getattr(self, f"p_{head}") for head in HEADS}
        return {head: said for head, said in found.items() if not np.isnan(said).all()}


def rank(network: Network, features: Floats, rewards: RewardWeights | None = None) -> Ranked:
    """Score candidates with the exported ranker.

    Args:
        network: a bundle's ``ranker``: input ``features`` (512, F), output (512, 10): probabilities and the deviation
            of each logit; (512, 4) from a ranker of an older version, which foretells no stays.
        features: (c, F) of ``ranking.features``.
        rewards: what the outcomes are worth; the standard ones if None.
    """
    if not len(features):
        return ranked_of(np.zeros((0, 2 * len(HEADS)), np.float32), RewardWeights())
    return ranked_of(run_in_blocks(network, features=features), rewards or RewardWeights())


def ranked_of(outputs: Floats, rewards: RewardWeights) -> Ranked:
    """(c, H) probabilities, or (c, 2 H) with the deviations of their logits → the same with value and score.

    The deviation of the score is that of a first-order expansion, heads taken as independent:

        sd(log v)² = Σ_h ( r_h · p_h (1 − p_h) / v )² · sd(logit_h)²
    """
    c, width = outputs.shape
    heads = min(width, len(HEADS))
    probabilities, worth = outputs[:, :heads], rewards.vector()[:heads]
    value = (probabilities * worth).sum(axis=1)  # not @: BLAS rounds a row by its companions
    floored = np.maximum(value, FLOOR)
    deviation = np.full(c, np.nan, np.float32)
    if width == 2 * len(HEADS):
        moved = worth * probabilities * (1 - probabilities) * outputs[:, heads:] / floored[:, None]
        deviation = np.sqrt((moved * moved).sum(axis=1)).astype(np.float32)
    said = np.full((len(HEADS), c), np.nan, np.float32)
    said[:heads] = probabilities.T
    click, cart, purchase, dislike, dwell = said
    return Ranked(click, cart, purchase, dislike, dwell, value, np.log(floored).astype(np.float32), deviation)


def ranker_refusal(about: dict[str, Any]) -> str:
    """Why a bundle's ranker cannot be read by this version; empty if it can, or where there is none.

    Args:
        about: ``Manifest.ranker``.
    """
    if not about:
        return ""
    heads = tuple(about.get("heads", ()))
    if heads not in (HEADS, OLDER_HEADS):
        return f"it foretells {', '.join(heads) or 'nothing'}, this version {', '.join(HEADS)}; train again"
    if tuple(about.get("features", ())) != feature_names(COMPONENTS):
        return "it reads other features than this version computes; train again"
    return ""


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
