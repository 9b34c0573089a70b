"""Groups that are there are found, whatever the draws; the silhouette says which number of them is right."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import silhouette_score

from recommender.data.k_means import k_means, lloyd, silhouette

CENTRES = np.array([[0.0, 0.0], [6.0, 0.0], [0.0, 6.0], [6.0, 6.0]])


@pytest.fixture
def clouds():
    random = np.random.default_rng(3)
    place = np.repeat(np.arange(4), 50)
    return CENTRES[place] + random.normal(scale=0.5, size=(200, 2)), place


@pytest.mark.parametrize("seed", range(5))
def test_clouds_are_found_whatever_the_seed(clouds, seed):
    points, place = clouds
    found = k_means(points, 4, np.random.default_rng(seed))
    pairs = {(int(a), int(b)) for a, b in zip(found.group, place, strict=True)}
    assert len(pairs) == 4
    assert sorted(found.sizes.tolist()) == [50] * 4


def test_the_true_number_has_the_best_silhouette(clouds):
    points, _ = clouds
    scores = {k: silhouette(points, k_means(points, k, np.random.default_rng(0)).group) for k in range(2, 7)}
    assert max(scores, key=scores.get) == 4


def test_equal_seeds_give_equal_groups(clouds):
    points, _ = clouds
    first, second = (k_means(points, 3, np.random.default_rng(9)) for _ in range(2))
    np.testing.assert_array_equal(first.centres, second.centres)


def test_a_centre_that_loses_everybody_moves_to_where_it_is_needed(clouds):
    points, _ = clouds
    found = lloyd(points, np.vstack([CENTRES[:3], [[900.0, 900.0]]]))
    assert found.sizes.min() == 50


def test_rows_that_are_all_alike_are_grouped_without_a_fault():
    found = k_means(np.ones((9, 2)), 3, np.random.default_rng(0))
    assert found.spread == 0
    assert silhouette(np.ones((9, 2)), found.group) == 0


@given(st.integers(0, 99))
def test_the_silhouette_is_that_of_scikit_learn(seed):
    random = np.random.default_rng(seed)
    points, group = random.normal(size=(30, 3)), random.integers(0, 4, 30)
    assert silhouette(points, group) == pytest.approx(silhouette_score(points, group), abs=1e-9)
