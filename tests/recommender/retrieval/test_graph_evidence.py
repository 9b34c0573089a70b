"""A model whose state is the sum of its entries names those that speak for an item."""

import numpy as np

from recommender.data.factors import FactorModel, Factors, Ridge
from recommender.data.item_model import Asking


def model(**about: object) -> FactorModel:
    outward = np.eye(4, dtype=np.float32)
    inward = np.array([[0, 2, 0, 0], [0, 0, 0, 1], [0, 5, 0, -1], [1, 0, 0, 0]], np.float32)
    return FactorModel(Factors(inward, outward, np.zeros(4, np.float32), **about), Asking(n=10, decay=0.5))  # type: ignore[arg-type]


def test_the_strongest_entries_are_named_and_none_that_speaks_against() -> None:
    history, items = np.array([0, 2, 1]), np.array([1, 3])
    entry, item = model().witnesses(history, items)
    said = {(int(history[e]), int(items[i])) for e, i in zip(entry, item, strict=True)}
    assert said == {(2, 1), (0, 1), (1, 3)}  # 5 · ½ and 2 speak for item 1; ¼ for item 3, −½ against it
    first = {int(items[i]): int(history[e]) for e, i in reversed(list(zip(entry, item, strict=True)))}
    assert first[1] == 2


def test_a_state_that_is_no_sum_names_nobody() -> None:
    entry, item = model(fold=Ridge(np.eye(4, dtype=np.float32), 1.0)).witnesses(np.array([0, 2]), np.array([1]))
    assert len(entry) == len(item) == 0
