"""Tables between history and candidates hold, cell by cell, what a slow look-up finds."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest

from recommender.data.item_model import TableModel
from recommender.data.neighbours import Neighbours, neighbours_strongest
from recommender.data.profile import Profile
from recommender.data.types import Gathered
from recommender.encoders.whitening import Whitening
from recommender.ranking.candidate_tables import CandidateTables
from recommender.serving.bundle import BundleArrays
from tests.fixtures.requests import gathered_of
from tests.fixtures.tiny_bundle import DIM, tiny_bundle, unit
from users.kinds import Kind

N, FIRST_ID, NEW_ID = 60, 500, 9_000


@pytest.fixture(scope="module")
def arrays(tmp_path_factory) -> BundleArrays:
    place = np.arange(N)
    bundle = tiny_bundle(
        tmp_path_factory.mktemp("b") / "tiny",
        item_ids=FIRST_ID + place,
        departments=place % 4 + 50,
        brands=place % 5,
    )
    signed = np.random.default_rng(5).normal(size=(N, N)).astype(np.float32)
    model = TableModel(neighbours_strongest([signed], n=20))
    return replace(bundle.arrays, category=place % 7, models={"ease": model})


@pytest.fixture(scope="module")
def profile() -> Profile:
    """Five items, one of them twice and one that the vocabulary lacks."""
    ids = np.array([530, 502, NEW_ID + 5, 530, 541, 507])
    index = np.where(ids < FIRST_ID + N, ids - FIRST_ID, -1)
    return Profile(ids, index, np.full(len(ids), Kind.VIEW, np.int8), np.arange(len(ids))[::-1])


@pytest.fixture(scope="module")
def gathered(arrays) -> Gathered:
    """Candidates in no order, two of them newer than the bundle: one with vectors, one without."""
    rng = np.random.default_rng(7)
    known = rng.permutation(N)[:25]
    known = np.unique(np.append(known, [2, 30]))  # also two that were met
    rng.shuffle(known)
    index = np.insert(known, [4, 11], -1)
    ids = np.where(index >= 0, index + FIRST_ID, NEW_ID + np.arange(len(index)))
    fresh = np.flatnonzero(index < 0)[:1]
    return gathered_of(
        ids,
        index=index,
        department=np.where(index >= 0, arrays.department[index], 51),
        brand=np.where(index >= 0, arrays.brand[index], 2),
        category=np.where(index >= 0, arrays.category[index], 0),
        fresh_rows=fresh,
        fresh_vectors=rng.normal(size=(1, DIM)).astype(np.float32),
        fresh_text=unit(rng.normal(size=(1, 384))).astype(np.float32),
    )


@pytest.fixture
def tables(profile, gathered, arrays) -> CandidateTables:
    return CandidateTables.of(profile, gathered, arrays)


def pairs(tables: CandidateTables) -> Iterator[tuple[int, int, int, int]]:
    """Row and column of every cell with the vocabulary index of its item and its candidate."""
    for row, index in enumerate(tables.index.tolist()):
        for column, candidate in enumerate(tables.gathered.index.tolist()):
            yield row, column, index, candidate


def weight_in(table: Neighbours, one: int, other: int) -> float:
    for place in range(table.start[one], table.start[one + 1]):
        if table.item[place] == other:
            return float(table.weight[place])
    return 0.0


TABLES: dict[str, Callable[[BundleArrays], Neighbours]] = {
    "rules": lambda arrays: Neighbours(arrays.rules_start, arrays.rules_item, arrays.rules_weight),
    "knn": lambda arrays: Neighbours(arrays.knn_start, arrays.knn_item, arrays.knn_weight),
    "ease": lambda arrays: arrays.models["ease"].neighbours,
}


def test_items_are_distinct_and_keep_their_index(tables):
    assert tables.item_ids.tolist() == [502, 507, 530, 541, NEW_ID + 5]
    assert tables.index.tolist() == [2, 7, 30, 41, -1]


@pytest.mark.parametrize("name", TABLES)
def test_neighbours_weigh_what_the_model_says(tables, arrays, name):
    found, model = getattr(tables, name), TABLES[name](arrays)
    assert found.any()
    for row, column, item, candidate in pairs(tables):
        expected = weight_in(model, item, candidate) if min(item, candidate) >= 0 else 0.0
        assert found[row, column] == pytest.approx(expected, abs=1e-6), (row, column)


def test_ease_says_things_against_candidates_too(tables):
    assert (tables.ease < 0).any() and (tables.ease > 0).any()


def test_without_ease_it_says_nothing(profile, gathered, arrays):
    tables = CandidateTables.of(profile, gathered, replace(arrays, models={}))
    assert tables.ease.shape == (5, len(gathered)) and not tables.ease.any()


def text_of(arrays: BundleArrays, gathered: Gathered, column: int) -> np.ndarray:
    index = int(gathered.index[column])
    if index >= 0:
        return arrays.text_whitened[index]
    for row, text in zip(gathered.fresh_rows, gathered.fresh_text, strict=True):
        if row == column:
            return Whitening(arrays.text_mean, arrays.text_whitening).apply(text[None])[0]
    return np.zeros(arrays.text_whitened.shape[1])


def test_texts_are_compared_whitened_also_those_newer_than_the_bundle(tables, arrays, gathered):
    fresh = int(gathered.fresh_rows[0])
    assert tables.text[:4, fresh].any()
    for row, column, item, _ in pairs(tables):
        expected = arrays.text_whitened[item] @ text_of(arrays, gathered, column) if item >= 0 else 0.0
        assert tables.text[row, column] == pytest.approx(expected, abs=1e-5)
    known = arrays.text_whitened[tables.index[:4]]
    assert tables.text_gram[:4, :4] == pytest.approx(known @ known.T, abs=1e-5)
    assert not tables.text_gram[4].any()


def test_vectors_and_bias_of_what_is_new(tables, arrays, gathered):
    fresh, bare = np.flatnonzero(gathered.index < 0)
    assert np.array_equal(tables.vectors[fresh], gathered.fresh_vectors[0])
    assert not tables.vectors[bare].any()
    for column, index in enumerate(gathered.index.tolist()):
        assert index < 0 or np.array_equal(tables.vectors[column], arrays.item_vectors[index])
        expected = arrays.item_bias[index] if index >= 0 else arrays.item_bias.mean()
        assert tables.bias[column] == pytest.approx(expected)


def test_fresh_vectors_of_another_space_are_left_out(profile, gathered, arrays):
    other = replace(gathered, fresh_vectors=np.ones((1, DIM // 2), np.float32), fresh_text=np.ones((1, 8), np.float32))
    tables, fresh = CandidateTables.of(profile, other, arrays), int(gathered.fresh_rows[0])
    assert not tables.vectors[fresh].any() and not tables.text[:, fresh].any()


def test_attributes_are_shared_only_where_both_have_one(tables, arrays, gathered):
    columns = (("brand", 0), ("category", 1), ("department", 2))
    for name, place in columns:
        found = tables.attributes[place]
        assert 0 < found.sum() < found.size
        for row, column, item, _ in pairs(tables):
            theirs = int(getattr(gathered, name)[column])
            mine = int(getattr(arrays, name)[item]) if item >= 0 else 0
            assert found[row, column] == float(mine == theirs != 0), (name, row, column)


def test_a_candidate_that_was_met_is_found_again(tables, gathered):
    ids = gathered.item_ids.tolist()
    assert tables.column.tolist() == [ids.index(i) if i in ids else -1 for i in tables.item_ids.tolist()]
    assert (tables.column >= 0).sum() >= 2


def test_nobody_and_no_candidates_are_no_error(profile, gathered, arrays):
    nobody = Profile(*(column[:0] for column in (profile.item_ids, profile.index, profile.kinds, profile.times_us)))
    assert CandidateTables.of(nobody, gathered, arrays).rules.shape == (0, len(gathered))
    empty = CandidateTables.of(profile, gathered_of([], dim=DIM), arrays)
    assert empty.knn.shape == empty.text.shape == (5, 0)
