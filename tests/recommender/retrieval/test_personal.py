"""Liked tags, cold items and repeats that fall due, on a bundle made by hand."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from recommender.data.types import DAY_US, History
from recommender.retrieval.personal import by_content, by_taste, due_again
from recommender.serving.bundle import BundleArrays
from tests.fixtures.tiny_bundle import tiny_bundle
from users.kinds import Kind

N, DEPARTMENTS = 60, 4


@pytest.fixture(scope="module")
def arrays(tmp_path_factory: pytest.TempPathFactory) -> BundleArrays:
    path: Path = tmp_path_factory.mktemp("personal") / "bundle"
    return tiny_bundle(path, item_ids=np.arange(100, 100 + N), departments=np.arange(N) % DEPARTMENTS, cold=8).arrays


def test_liked_tags_share_the_room_and_are_the_evidence(arrays: BundleArrays) -> None:
    state = arrays.item_vectors[0]
    liked = by_taste(arrays, np.array([3, 1]), state, 9)
    assert len(liked.item_ids) == 9
    department = (liked.item_ids - 100) % DEPARTMENTS
    assert liked.evidence_of.tolist() == liked.item_ids.tolist()
    assert (liked.evidence_item == department + 1).all()
    assert (department == 2).sum() == 6  # twice the room of the second tag
    members = np.arange(2, N, DEPARTMENTS)
    logits = arrays.item_vectors[members] @ state + arrays.item_bias[members]
    assert set(liked.item_ids[department == 2]) == set(100 + members[np.argsort(-logits)[:6]])


def test_a_liked_tag_that_nothing_bears_brings_nothing(arrays: BundleArrays) -> None:
    liked = by_taste(arrays, np.array([999]), arrays.item_vectors[0], 9)
    assert len(liked.item_ids) == len(liked.evidence_item) == 0
    assert len(by_taste(arrays, np.zeros(0, np.int64), arrays.item_vectors[0], 9).item_ids) == 0


def test_what_may_not_be_proposed_is_not(arrays: BundleArrays) -> None:
    allowed = np.arange(N) < 30
    liked = by_taste(arrays, np.array([1, 2, 3, 4]), arrays.item_vectors[5], 100, allowed)
    assert sorted(liked.item_ids) == list(range(100, 130))
    assert len(by_content(arrays, arrays.item_vectors[5], 10, allowed)) == 0


def test_cold_items_are_those_hardly_met_nearest_first(arrays: BundleArrays) -> None:
    state = arrays.item_vectors[N - 3]
    found = by_content(arrays, state, 5)
    assert found[0] == N - 3
    assert (found >= N - 8).all()
    assert (np.diff(arrays.item_vectors[found] @ state) <= 0).all()


def history(*bought: tuple[int, float]) -> tuple[np.ndarray, History]:
    """Purchases of (index, day), oldest first, after a look at item 9."""
    rows = [(9, 0.0), *bought]
    index = np.array([item for item, _ in rows])
    kinds = np.array([Kind.VIEW, *[Kind.PURCHASE] * len(bought)], np.int8)
    return index, History(index + 100, kinds, np.array([round(day * DAY_US) for _, day in rows]) + DAY_US)


def test_without_intervals_what_was_bought_last_goes_first(arrays: BundleArrays) -> None:
    index, deeds = history((3, 1), (4, 2), (3, 5), (-1, 6))
    assert due_again(arrays, index, deeds, 10 * DAY_US).tolist() == [3, 4]


def test_with_intervals_what_falls_due_goes_first(arrays: BundleArrays) -> None:
    monthly, yearly = [np.log(30), 0.2, 0.8], [np.log(365), 0.2, 0.8]
    learned = np.array([monthly if item == 3 else yearly for item in range(N)], np.float32)
    index, deeds = history((3, 1), (4, 20))
    found = due_again(replace(arrays, replenishment=learned), index, deeds, 27 * DAY_US)
    assert found.tolist() == [3, 4]
    assert due_again(arrays, index, deeds, 27 * DAY_US).tolist() == [4, 3]
