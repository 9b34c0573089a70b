from dataclasses import replace

import numpy as np
import pytest

from recommender.data.absent import Absent
from recommender.data.types import ArtifactMismatch
from recommender.ranking.second_stage import OWN, feature_names, list_features, second_stage_of
from recommender.ranking.second_stage_training import (
    ChoiceLists,
    choice_odds,
    lists_make,
    log_loss,
    second_stage_fit,
    weights_fit,
)
from tests.fixtures.second_stages import SMALL, K, S, choices_between, fitted_stage


def test_features_say_where_a_candidate_stands_in_its_list() -> None:
    fused = np.array([1.0, 3.0, 2.5], np.float32)
    components = np.arange(3 * K, dtype=np.float32).reshape(3, K)
    found = list_features(components, fused, np.zeros((3, S), np.float32))
    by_name = dict(zip(feature_names(), found.T, strict=True))
    assert by_name["fused_gap"].tolist() == [-2.0, 0.0, -0.5]
    assert by_name["fused_lead"].tolist() == [0.0, 0.5, 1.5]
    assert by_name["fused_place"].tolist() == [2.0, 0.0, 1.0]
    assert by_name["encoder_gap"].tolist() == [-2.0 * K, -1.0 * K, 0.0]


def test_versions_get_the_features_that_each_would_get_alone() -> None:
    rng = np.random.default_rng(0)
    components, fused, facts = rng.normal(size=(4, 9, K)), rng.normal(size=(4, 9)), rng.normal(size=(4, 9, S))
    together = list_features(components, fused, facts)
    assert np.array_equal(together[2], list_features(components[2], fused[2], facts[2]))


def test_choices_that_no_fusion_explains_are_foreseen() -> None:
    stage = fitted_stage()
    assert stage.about is not None
    assert stage.about["nats_per_choice"] < stage.about["nats_of_fusion"] - 0.3
    fresh = choices_between(2.5, users=100, seed=9)
    lists, _ = lists_make(fresh, np.arange(100) % SMALL.folds, SMALL)
    scores = np.float32(stage.fused_weight) * lists.fused + stage.trees_weight * stage.forest.predict(lists.features)
    assert log_loss(lists, scores) < log_loss(lists, lists.fused) - 0.3


def test_choices_without_a_pattern_leave_the_fusion_alone() -> None:
    stage = second_stage_fit(choices_between(0.0, users=200), config=SMALL)
    assert isinstance(stage, Absent)
    assert "no better than the fusion" in stage.reason


def test_too_few_shoppers_fit_nothing() -> None:
    stage = second_stage_fit(choices_between(2.5, users=60), config=SMALL)
    assert isinstance(stage, Absent)
    assert "at least 100" in str(stage)
    assert isinstance(second_stage_fit([], config=SMALL), Absent)


def test_equal_seeds_grow_equal_trees() -> None:
    again = second_stage_fit(choices_between(2.5), config=SMALL)
    assert not isinstance(again, Absent)
    assert again.forest.text == fitted_stage().forest.text
    assert (again.fused_weight, again.trees_weight) == (fitted_stage().fused_weight, fitted_stage().trees_weight)


def test_weights_are_those_that_made_the_choices() -> None:
    rng = np.random.default_rng(1)
    v, m = 3000, 12
    fused, trees = rng.normal(size=v * m), rng.normal(size=v * m)
    lists = ChoiceLists(
        np.zeros((v * m, 1), np.float32),
        fused.astype(np.float32),
        np.zeros(v * m, np.bool_),
        np.arange(0, v * m + 1, m, dtype=np.int64),
    )
    odds, _ = choice_odds(lists, 0.7 * fused + 1.4 * trees)
    picked = [one * m + rng.choice(m, p=odds[one * m : one * m + m]) for one in range(v)]
    chosen = np.zeros(v * m, np.bool_)
    chosen[picked] = True
    a, b, _ = weights_fit(replace(lists, chosen=chosen), trees.astype(np.float32))
    assert (a, b) == (pytest.approx(0.7, abs=0.08), pytest.approx(1.4, abs=0.08))


def test_what_is_beyond_the_list_follows_it_in_the_order_of_the_fusion() -> None:
    stage = replace(fitted_stage(), n=5)
    rng = np.random.default_rng(2)
    components, fused = rng.normal(size=(20, K)).astype(np.float32), rng.normal(size=20).astype(np.float32)
    components[:, OWN] = 0
    rows = stage.reranked(components, fused)
    assert rows.tolist() == np.argsort(-fused)[:5].tolist()
    scores = stage.whole(fused, rows, rng.normal(size=5).astype(np.float32), components)
    beyond = np.argsort(-fused)[5:]
    assert (np.diff(scores[beyond]) <= 0).all()
    assert scores[rows].min() >= scores[beyond].max()


def test_items_already_met_stay_out_of_a_list_that_was_learned_without_them() -> None:
    components, fused = np.zeros((6, K), np.float32), np.arange(6, dtype=np.float32)
    components[[1, 5], OWN] = 0.7
    assert replace(fitted_stage(), n=3).reranked(components, fused).tolist() == [4, 3, 2]
    assert replace(fitted_stage(), n=3, repeats=True).reranked(components, fused).tolist() == [5, 4, 3]
    stage = replace(fitted_stage(), fused_weight=1.0, n=3)
    scores = stage.whole(fused, np.array([4, 3, 2]), np.array([14.0, 13.0, 12.0], np.float32), components)
    assert scores.tolist() == [10.0, 11.0, 12.0, 13.0, 14.0, 15.0]


def test_a_stored_stage_is_the_same_and_a_strange_one_is_refused() -> None:
    stage = fitted_stage()
    again = second_stage_of(stage.to_json(), stage.forest.text)
    assert again.to_json() == stage.to_json()
    with pytest.raises(ArtifactMismatch, match="other features"):
        second_stage_of({**stage.to_json(), "features": ["one"]}, stage.forest.text)
    with pytest.raises(ArtifactMismatch, match="not finite"):
        second_stage_of({**stage.to_json(), "fused_weight": float("nan")}, stage.forest.text)
