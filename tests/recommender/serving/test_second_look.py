"""The second stage inside decide(): it ranks, it is told apart in the trace, and reasons are about what it says."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from recommender.data.ruleset import EVALUATION_KNOBS, KnobValues, RulesetValue
from recommender.data.types import Context, Gathered
from recommender.serving.bundle import SECOND_STAGE, Bundle, bundle_load, bundle_write
from recommender.serving.decide import decide
from recommender.serving.scores import scores_compute, scores_without
from recommender.serving.state import context_without, shopper_view
from tests.fixtures.second_stages import fitted_stage

Make = Callable[..., tuple[Context, Gathered]]
EVALUATION = RulesetValue("evaluation", EVALUATION_KNOBS)


@pytest.fixture(scope="module")
def staged(bundle: Bundle) -> Bundle:
    stage = replace(fitted_stage(), n=40)
    return Bundle(bundle.path, bundle.manifest, bundle.arrays, second_stage=stage)


def test_the_trees_change_the_order_of_the_best_and_only_of_them(request_of: Make, bundle: Bundle, staged: Bundle):
    context, gathered = request_of(0, 6, 12)
    plain, full = (decide(context, gathered, EVALUATION, one, 1) for one in (bundle, staged))
    assert plain.item_ids.tolist() != full.item_ids.tolist()
    assert set(plain.item_ids[:40].tolist()) == set(full.item_ids[:40].tolist())
    assert plain.item_ids[40:].tolist() == full.item_ids[40:].tolist()


def test_equal_arguments_give_bit_equal_scores(request_of: Make, staged: Bundle):
    context, gathered = request_of(0, 6, 12)
    first, again = (decide(context, gathered, EVALUATION, staged, 1) for _ in range(2))
    assert np.array_equal(first.scores, again.scores)


def test_the_trace_tells_what_it_said(request_of: Make, bundle: Bundle, staged: Bundle):
    context, gathered = request_of(0, 6, 12)
    told = decide(context, gathered, EVALUATION, staged, 1, trace=True).trace
    silent = decide(context, gathered, EVALUATION, bundle, 1, trace=True).trace
    assert told is not None
    assert silent is not None
    assert all(isinstance(candidate["second_stage"], float) for candidate in told["candidates"])
    assert {candidate["second_stage"] for candidate in silent["candidates"]} == {None}


def test_scores_without_an_item_are_those_of_a_shopper_who_never_met_it(request_of: Make, staged: Bundle):
    context, gathered = request_of(0, 6, 12)
    view = shopper_view(context, staged)
    scores = scores_compute(context, gathered, staged, view, KnobValues())
    assert scores.look is not None
    items, listed = view.anchors, scores.look.rows
    beyond = np.setdiff1d(np.arange(len(gathered)), listed)[:4]
    rows = np.concatenate([listed[[0, 7, 20]], beyond])
    found = scores_without(context, scores, staged, view, items, rows)
    for place, item in enumerate(items.tolist()):
        without = context_without(context, item)
        other = scores_compute(without, gathered, staged, shopper_view(without, staged), KnobValues())
        assert other.look is not None
        if set(other.look.rows.tolist()) == set(listed.tolist()):
            assert np.allclose(found[place, :3], other.told[rows[:3]], atol=1e-4)
        change = scores.fused[beyond] - other.fused[beyond]
        weight = staged.second_stage.fused_weight  # type: ignore[union-attr]
        assert np.allclose(scores.told[beyond] - found[place, 3:], weight * change, atol=1e-4)


def test_a_bundle_carries_its_trees_and_ranks_by_the_fusion_where_they_are_of_another_version(
    bundle: Bundle, tmp_path: Path
):
    stage, folder = fitted_stage(), tmp_path / "copy"
    shutil.copytree(bundle.path, folder)
    (folder / SECOND_STAGE).write_text(stage.forest.text)
    about = {"shop_id": 1, "item_dim": bundle.manifest.item_dim, "max_length": bundle.manifest.max_length}
    bundle_write(folder, bundle.arrays, {**about, "text_encoder": "", "second_stage": stage.to_json()})
    again = bundle_load(folder)
    assert again.second_stage is not None
    assert again.second_stage.to_json() == stage.to_json()
    old = {**stage.to_json(), "features": ["one"]}
    bundle_write(folder, bundle.arrays, {**about, "text_encoder": "", "second_stage": old})
    older = bundle_load(folder)
    assert older.second_stage is None
    assert "train again" in older.manifest.absent["second_stage"]
