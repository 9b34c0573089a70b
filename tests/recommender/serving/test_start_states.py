"""Strangers of different situations get different pages, which replay bit for bit; nobody else's page changes."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from recommender.data.ruleset import EVALUATION_KNOBS, KnobValues, RulesetValue
from recommender.data.types import ArtifactMismatch, Context, Gathered
from recommender.encoders.start_states import EVERYBODY, StartStates
from recommender.retrieval.exact import ExactGather
from recommender.serving.bundle import START_STATES, Bundle, bundle_load, bundle_write
from recommender.serving.decide import decide
from recommender.serving.pack import request_pack, request_unpack
from recommender.serving.scores import scores_compute
from recommender.serving.state import context_without, shopper_view, states_of
from tests.fixtures.requests import context_of

Make = Callable[..., tuple[Context, Gathered]]
EVALUATION = RulesetValue("evaluation", EVALUATION_KNOBS)
NAMES = (EVERYBODY, "segment=new", "segment=loyal", "language=en")


@pytest.fixture(scope="module")
def started(bundle: Bundle) -> Bundle:
    """The bundle with shifts towards the first department for one segment, towards the second for the other."""
    centres = [bundle.arrays.item_vectors[place::6].mean(axis=0) for place in range(2)]
    nothing = np.zeros_like(centres[0])
    shifts = np.stack([0.1 * centres[1], 2 * centres[0], 2 * centres[1], nothing]).astype(np.float32)
    return Bundle(bundle.path, bundle.manifest, bundle.arrays, start_states=StartStates(NAMES, shifts, "Asia/Shanghai"))


def stranger(bundle: Bundle, **fields: object) -> tuple[Context, Gathered]:
    context = context_of(**fields)
    view = shopper_view(context, bundle)
    return context, ExactGather(bundle.arrays)(context, history_index=view.history_index, state=view.state)


def share_of(bundle: Bundle, item_ids: np.ndarray, department: int) -> float:
    return float((bundle.arrays.department[bundle.index_of(item_ids[:20])] == department).mean())


def test_strangers_of_two_segments_get_different_pages(started: Bundle):
    pages = {}
    for segment in ("new", "loyal", ""):
        context, gathered = stranger(started, segment=segment)
        pages[segment] = decide(context, gathered, EVALUATION, started, 1).item_ids
    first, second = (int(started.arrays.department[place]) for place in range(2))
    assert share_of(started, pages["new"], first) > share_of(started, pages[""], first)
    assert share_of(started, pages["loyal"], second) > share_of(started, pages[""], second)
    assert share_of(started, pages["new"], first) > share_of(started, pages["loyal"], first)


def test_the_situation_moves_state_and_demand_and_everybodys_shift_the_state_alone(bundle: Bundle, started: Bundle):
    starts = started.start_states
    assert starts is not None
    context, gathered = stranger(started, segment="new")
    plain, moved = shopper_view(context, bundle), shopper_view(context, started)
    assert np.allclose(moved.state - plain.state, starts.everybody + starts.shift(("segment=new",)), atol=1e-6)
    nowhere = replace(context, segment="", language="fr")
    before, after = (
        scores_compute(nowhere, gathered, one, shopper_view(nowhere, one), KnobValues()) for one in (bundle, started)
    )
    assert np.allclose(before.base, after.base, atol=1e-6)
    assert not np.allclose(before.components, after.components)
    lifted = scores_compute(context, gathered, started, moved, KnobValues())
    lift = started.arrays.item_vectors[gathered.index] @ starts.shift(("segment=new",))
    change = lifted.base - before.base
    assert np.allclose(change - change.mean(), lift - lift.mean(), atol=1e-4)


def test_a_strangers_page_is_decided_again_from_its_log_bit_for_bit(started: Bundle):
    context, gathered = stranger(started, segment="loyal", language="en")
    shown = decide(context, gathered, EVALUATION, started, 1)
    again = decide(*request_unpack(request_pack(context, gathered, started), started), EVALUATION, started, 1)
    assert shown.item_ids.tolist() == again.item_ids.tolist()
    assert np.array_equal(shown.scores, again.scores)


def test_whoever_did_something_gets_the_page_they_got_before(request_of: Make, bundle: Bundle, started: Bundle):
    context, gathered = request_of(0, 6, 12, segment="new")
    before, after = (decide(context, gathered, EVALUATION, one, 1) for one in (bundle, started))
    assert before.item_ids.tolist() == after.item_ids.tolist()
    assert np.array_equal(before.scores, after.scores)
    assert shopper_view(context, started).situation is None


def test_without_the_only_item_the_state_is_that_of_a_stranger_in_the_same_situation(request_of: Make, started: Bundle):
    context, gathered = request_of(6, segment="new")
    item = int(context.history.item_ids[0])
    without = shopper_view(context_without(context, item), started)
    known = shopper_view(context, started)
    states = states_of(context, [without.profile, known.profile], gathered, started)
    assert np.array_equal(states[0], without.state)
    assert np.array_equal(states[1], known.state)
    assert not np.array_equal(
        states[0], shopper_view(replace(context_without(context, item), segment=""), started).state
    )


def test_a_bundle_carries_its_start_states_and_refuses_torn_ones(bundle: Bundle, started: Bundle, tmp_path: Path):
    folder, starts = tmp_path / "copy", started.start_states
    assert starts is not None
    shutil.copytree(bundle.path, folder)
    np.save(folder / START_STATES, starts.shifts)
    about = {"shop_id": 1, "item_dim": bundle.manifest.item_dim, "max_length": bundle.manifest.max_length}
    about |= {"text_encoder": "", "start_states": starts.to_json()}
    bundle_write(folder, bundle.arrays, about)
    read = bundle_load(folder).start_states
    assert read is not None
    assert read.to_json() == starts.to_json()
    assert np.array_equal(read.shifts, starts.shifts)
    np.save(folder / START_STATES, starts.shifts[:2])
    with pytest.raises(ArtifactMismatch, match="altered"):
        bundle_load(folder)
    with pytest.raises(ArtifactMismatch, match="have another shape"):
        bundle_load(folder, verify=False)
    (folder / START_STATES).unlink()
    with pytest.raises(ArtifactMismatch, match="no readable start states"):
        bundle_load(folder, verify=False)
    assert bundle.start_states is None
