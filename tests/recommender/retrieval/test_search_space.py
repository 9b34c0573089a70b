"""The nearest places are those of the items with the largest logits."""

import numpy as np
import pytest

from recommender.retrieval.search_space import SearchSpace, question


@pytest.fixture
def learned() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    return rng.normal(size=(300, 8)).astype(np.float32), rng.normal(-3, 2, 300).astype(np.float32)


def test_the_order_by_distance_is_the_order_by_logit(learned: tuple[np.ndarray, np.ndarray]) -> None:
    vectors, bias = learned
    places = SearchSpace.of(vectors, bias).places(vectors, bias)
    for state in np.random.default_rng(1).normal(size=(20, 8)).astype(np.float32):
        distance = np.linalg.norm(places.astype(np.float64) - question(state), axis=1)
        np.testing.assert_array_equal(np.argsort(distance)[:50], np.argsort(-(vectors @ state + bias))[:50])


def test_all_items_lie_on_one_sphere(learned: tuple[np.ndarray, np.ndarray]) -> None:
    space = SearchSpace.of(*learned)
    np.testing.assert_allclose(np.linalg.norm(space.places(*learned), axis=1), space.radius, rtol=1e-6)


def test_a_later_item_that_is_larger_than_all_has_a_place_too(learned: tuple[np.ndarray, np.ndarray]) -> None:
    place = SearchSpace.of(*learned).places(np.full((1, 8), 100, np.float32), np.zeros(1, np.float32))
    assert place[0, -1] == 0
    assert np.isfinite(place).all()


def test_nothing_has_no_sphere() -> None:
    space = SearchSpace.of(np.zeros((0, 8), np.float32), np.zeros(0, np.float32))
    assert space.places(np.zeros((0, 8), np.float32), np.zeros(0, np.float32)).shape == (0, 10)
