"""The second stage: boosted trees look once more at the fused top candidates, as a list.

    score(i) = a · fused(i) + b · trees(features of i within the list)        for the ``n`` best by fusion

in nats. Candidates beyond the list keep the fusion's order and stay below it. How the trees and a, b are fitted is in
``second_stage_training``; docs/algorithms/second_stage.md tells the whole.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from recommender.data.forest import Forest
from recommender.data.types import ArtifactMismatch, Floats, Ints
from recommender.ranking.components import COMPONENTS
from recommender.ranking.request_facts import FACTS

LIST = 60
"""Candidates that the trees see: the best by fusion."""

WITHIN_LIST = ("fused_gap", "fused_lead", "fused_place")
OWN = COMPONENTS.index("own_frequency")


def feature_names() -> tuple[str, ...]:
    """Columns of ``list_features``."""
    return (*WITHIN_LIST, *COMPONENTS, *(f"{name}_gap" for name in COMPONENTS), *FACTS)


def list_features(components: Floats, fused: Floats, facts: Floats) -> Floats:
    """What the trees read of each candidate of a list.

    ``fused_gap`` is the distance to the best, ``fused_lead`` the distance to the next, ``fused_place`` 0 for the best;
    ``<component>_gap`` is the distance to the largest value of the component within the list.

    Args:
        components: (…, m, K) of a list's candidates.
        fused: (…, m).
        facts: (…, m, S) of ``ranking.request_facts``.
    Returns: (…, m, F) float32, columns as ``feature_names``.
    """
    if not fused.shape[-1]:
        return np.zeros((*fused.shape, len(feature_names())), np.float32)
    order = np.argsort(-fused, axis=-1, kind="stable")
    ordered = np.take_along_axis(fused, order, axis=-1)
    lead = np.zeros_like(fused)
    np.put_along_axis(lead, order, np.concatenate([ordered[..., :-1] - ordered[..., 1:], ordered[..., :1] * 0], -1), -1)
    place = np.empty_like(fused)
    np.put_along_axis(place, order, np.broadcast_to(np.arange(fused.shape[-1], dtype=np.float32), fused.shape), -1)
    within = np.stack([fused - ordered[..., :1], lead, place], axis=-1)
    gaps = components - components.max(axis=-2, keepdims=True)
    return np.asarray(np.concatenate([within, components, gaps, facts], axis=-1), np.float32)


def list_rows(fused: Floats, n: int = LIST) -> Ints:
    """(m,) the ``n`` best candidates, best first; ties go to the lower row."""
    return np.argsort(-fused, kind="stable")[:n]


@dataclass(frozen=True)
class SecondStage:
    """Fitted trees and what they and the fusion are worth."""

    forest: Forest
    fused_weight: float  # a > 0
    trees_weight: float  # b ≥ 0
    n: int = LIST
    repeats: bool = False  # trained on lists that hold items already met; if not, those are left out of it
    about: dict[str, Any] | None = None  # lists, trees, nats: for people

    def reranked(self, components: Floats, fused: Floats) -> Ints:
        """(m,) rows of the candidates (c, K), (c,) that make up the list, best first."""
        if self.repeats:
            return list_rows(fused, self.n)
        unmet = np.flatnonzero(components[:, OWN] == 0)
        return unmet[list_rows(fused[unmet], self.n)]

    def within(self, components: Floats, fused: Floats, facts: Floats, wanted: Ints | None = None) -> Floats:
        """(…, m) scores of a list's candidates: ``list_features`` of the arguments, through the trees.

        With ``wanted`` (w,), places in the list, only those: (…, w).
        """
        features = list_features(components, fused, facts)
        if wanted is not None:
            features, fused = features[..., wanted, :], fused[..., wanted]
        trees = self.forest.predict(features.reshape(-1, features.shape[-1])).reshape(fused.shape)
        return np.asarray(np.float32(self.fused_weight) * fused + np.float32(self.trees_weight) * trees, np.float32)

    def whole(self, fused: Floats, rows: Ints, scores: Floats, components: Floats) -> Floats:
        """(c,) scores of all candidates.

        Items already met that were left out stand where an average list would put them; all others beyond the list
        follow it in the order of the fusion.

        Args:
            fused: (c,).
            rows: (m,) of ``reranked``.
            scores: (m,) of ``within``.
            components: (c, K).
        """
        everyone = np.float32(self.fused_weight) * fused
        if not len(rows):
            return np.asarray(everyone, np.float32)
        whole = everyone - everyone[rows[-1]] + scores.min()
        if not self.repeats:
            met = components[:, OWN] > 0
            whole[met] = everyone[met] + (scores - everyone[rows]).mean()
        whole[rows] = scores
        return np.asarray(whole, np.float32)

    @property
    def words(self) -> str:
        """How it came about, for a log."""
        about = self.about or {}
        return (
            f"{about.get('trees')} trees on {about.get('lists')} lists make a choice cost "
            f"{about.get('nats_per_choice', np.nan):.3f} nats instead of {about.get('nats_of_fusion', np.nan):.3f}"
        )

    def to_json(self) -> dict[str, Any]:
        """For ``Manifest.second_stage``; the trees have a file of their own."""
        return {
            "features": list(feature_names()),
            "fused_weight": self.fused_weight,
            "trees_weight": self.trees_weight,
            "n": self.n,
            "repeats": self.repeats,
            **(self.about or {}),
        }


def second_stage_of(content: dict[str, Any], text: str) -> SecondStage:
    """The second stage that ``SecondStage.to_json`` and its forest's text describe.

    Raises:
        ArtifactMismatch: it reads other features than this program makes, or a weight is not finite.
    """
    forest = Forest(text)
    if forest.names != feature_names() or tuple(content["features"]) != feature_names():
        raise ArtifactMismatch("the second stage was trained on other features than this version makes: train again")
    weights = float(content["fused_weight"]), float(content["trees_weight"])
    if not np.isfinite(weights).all():
        raise ArtifactMismatch("the second stage's weights are not finite: train again or roll back")
    known = ("features", "fused_weight", "trees_weight", "n", "repeats")
    about = {name: value for name, value in content.items() if name not in known}
    return SecondStage(forest, *weights, n=int(content["n"]), repeats=bool(content["repeats"]), about=about)
