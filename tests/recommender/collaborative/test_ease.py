import numpy as np
import pytest

from recommender.collaborative import ease
from recommender.collaborative.ease import EaseConfig, ease_bytes, ease_fit
from recommender.data.sequences import Sequences, sequences_from_lists

N = 40


def behaviour(seed: int = 0) -> Sequences:
    rng = np.random.default_rng(seed)
    popular = 1.0 / (1 + np.arange(N))
    popular /= popular.sum()
    return sequences_from_lists([rng.choice(N, 6, replace=False, p=popular).tolist() for _ in range(300)], N)


def solution(sequences: Sequences, ridge: float) -> np.ndarray:
    """The published formula in double precision."""
    met = (sequences.counts().toarray() > 0).astype(np.float64)
    precision = np.linalg.inv(met.T @ met + ridge * np.eye(sequences.n_items))
    weights = -precision / np.diag(precision)
    np.fill_diagonal(weights, 0.0)
    return weights


@pytest.mark.parametrize("block", [7, 1024])  # smaller and larger than the vocabulary
def test_weights_are_those_of_the_formula_signs_included(monkeypatch, block):
    monkeypatch.setattr(ease, "_BLOCK", block)
    table = ease_fit(behaviour(), EaseConfig(ridge=20.0, n=N)).neighbours.matrix().toarray()
    np.testing.assert_allclose(table, solution(behaviour(), 20.0), atol=1e-5)
    assert (table < 0).any()


def test_the_strongest_weights_are_kept_strongest_first():
    table = ease_fit(behaviour(), EaseConfig(ridge=20.0, n=5)).neighbours
    whole = np.abs(solution(behaviour(), 20.0))
    assert (np.diff(table.start) == 5).all()
    for item in range(N):
        weight = np.abs(table.weight[table.start[item] : table.start[item + 1]])
        np.testing.assert_allclose(weight, np.sort(whole[item])[::-1][:5], atol=1e-5)


def test_a_vocabulary_above_the_limit_is_cut_to_what_is_met_most():
    table = ease_fit(behaviour(), EaseConfig(max_items=10)).neighbours
    most = np.argsort(-behaviour().item_counts(), kind="stable")[:10]
    assert len(table) == N
    assert set(np.flatnonzero(np.diff(table.start))) == set(most)
    assert set(table.item) <= set(most)


def test_its_memory_is_a_square_up_to_the_limit():
    assert ease_bytes(1000, EaseConfig()) == 4_000_000
    assert ease_bytes(10**6, EaseConfig()) == 1_600_000_000


def test_inverse_propensity_holds_popular_items_back():
    histories = [behaviour().items_of(user)[::-1] for user in range(100)]
    counts = behaviour().item_counts()

    def shown(power: float) -> float:
        scores = ease_fit(behaviour(), EaseConfig(popularity_power=power)).scores(histories)
        for row, history in enumerate(histories):
            scores[row, history] = -np.inf
        return float(counts[np.argsort(-scores, axis=1)[:, :5]].mean())

    assert shown(1.0) < shown(0.5) < shown(0.0)
