"""Bundles with rankers of this version, of an older one, and of one that cannot be read."""

from pathlib import Path

import numpy as np

from recommender.data.reward import HEADS
from recommender.ranking.rank import OLDER_HEADS
from recommender.serving.bundle import Bundle
from recommender.serving.decide import decide
from recommender.store.rulesets import DEFAULT_RULESET
from tests.fixtures.tiny_bundle import tiny_bundle

N = 240


def bundle_with(folder: Path, heads: tuple[str, ...]) -> Bundle:
    place = np.arange(N)
    return tiny_bundle(folder / "tiny", item_ids=1000 + 3 * place, departments=place % 6 + 50, ranker=heads)


def roads(bundle: Bundle, request_of) -> list[dict]:
    context, gathered = request_of(3, 9, 15)
    decision = decide(context, gathered, DEFAULT_RULESET, bundle, 1, trace=True)
    assert len(decision.item_ids)
    assert decision.trace is not None
    return decision.trace["candidates"]


def test_the_trace_tells_heads_features_and_uncertainty(tmp_path: Path, request_of) -> None:
    found = roads(bundle_with(tmp_path, HEADS), request_of)
    assert all(tuple(road["probabilities"]) == HEADS for road in found)
    assert all(0 < road["deviation"] < 10 for road in found)
    assert {road["features"]["n_looked"] for road in found} == {round(float(np.log1p(3)), 6)}


def test_a_ranker_without_stays_goes_on_ranking(tmp_path: Path, request_of) -> None:
    found = roads(bundle_with(tmp_path, OLDER_HEADS), request_of)
    assert all(tuple(road["probabilities"]) == OLDER_HEADS for road in found)
    assert all(road["deviation"] is None for road in found)


def test_a_ranker_of_other_heads_stays_out_and_says_why(tmp_path: Path, request_of) -> None:
    bundle = bundle_with(tmp_path, ("click", "share"))
    assert bundle.ranker is None
    assert "train again" in bundle.manifest.absent["ranker"]
    assert all(road["probabilities"] == {} and road["features"] == {} for road in roads(bundle, request_of))
