"""Shoppers whom no model has met, and their first requests."""

import numpy as np
import pytest

from recommender.data.sequences import sequences_from_lists
from recommender.data.types import DataError
from recommender.trials.new_shoppers import (
    REQUESTS,
    encoder_scorer,
    first_requests,
    new_shoppers_learn,
    new_shoppers_split,
    popularity_scorer,
)
from tests.recommender.trials.shop import SMALL, N, catalogue, sequences

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def split():
    return new_shoppers_split(sequences(), seed=0, share=0.2)


def test_new_shoppers_are_nowhere_in_what_is_learned_from(split):
    whole = sequences()
    assert len(split.known) == len(split.new) == len(whole)  # rows stay, emptied where a shopper is not meant
    assert not ((split.known.lengths > 0) & (split.new.lengths > 0)).any()
    assert (split.new.lengths > 0).sum() == round(0.2 * len(whole))
    assert len(split.known.item) + len(split.new.item) == len(whole.item)


def test_nobody_to_take_out_is_said():
    with pytest.raises(DataError, match="none of 2 shoppers"):
        new_shoppers_split(sequences_from_lists([[0, 1], [1, 2]], 3), seed=0)


def test_a_model_that_knows_the_answer_is_perfect_and_own_items_are_left_out(split):
    lists = {tuple(items.tolist()) for items in (split.new.items_of(user) for user in range(len(split.new)))}

    def oracle(shopper, items):
        scores = np.zeros(N, np.float32)
        for one in lists:
            if one[: len(items)] == tuple(items.tolist()) and len(one) > len(items):
                scores[one[len(items)]] += 1
        return scores

    found = first_requests(split, {"oracle": oracle, "nothing": lambda shopper, items: np.zeros(N, np.float32)})
    assert len(found) == REQUESTS
    assert found[4].interval("oracle").mean > 0.95
    assert all(one.interval("nothing").mean == 0 for one in found)  # ties count against a model
    assert found[4].difference("oracle", "nothing").low > 0.9


def test_the_encoder_learns_of_a_shopper_from_the_first_thing_that_they_do(split, tmp_path):
    bundle = new_shoppers_learn(tmp_path / "bundle", split, catalogue(), SMALL, seed=0, stages=lambda *_: None)
    found = first_requests(split, {"encoder": encoder_scorer(bundle), "popularity": popularity_scorer(split, SMALL)})
    assert found[1].interval("encoder").mean > 2 * found[1].interval("popularity").mean
    assert found[1].interval("encoder").mean > found[0].interval("encoder").mean
