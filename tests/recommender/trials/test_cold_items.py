"""Items taken out of every fit, and what is asked of those who rank them by text."""

import numpy as np
import pytest

from recommender.data.types import DataError
from recommender.encoders.whitening import whitening_fit
from recommender.trials.cold_cues import our_understandings
from recommender.trials.cold_items import (
    cold_learn,
    cold_measure,
    cold_split,
    frozen_understandings,
    head_fit,
    liked,
)
from tests.recommender.trials.shop import SMALL, N, catalogue, sequences

pytestmark = pytest.mark.usefixtures("one_thread")

SHARE = 0.2


@pytest.fixture(scope="module")
def split():
    return cold_split(sequences(), seed=0, share=SHARE)


def test_cold_items_are_nowhere_in_what_is_learned_from(split):
    assert len(split.cold) == SHARE * N
    assert sorted([*split.warm.tolist(), *split.cold.tolist()]) == list(range(N))
    assert split.histories.n_items == len(split.warm)
    assert split.histories.item.max() < len(split.warm)
    whole = sequences()
    for user, target in zip(split.users.tolist(), split.target.tolist(), strict=True):
        items = whole.items_of(user)
        assert items[-1] == split.cold[target]
        left = split.warm[split.histories.items_of(user)]
        assert left.tolist() == [item for item in items[:-1].tolist() if item not in split.cold]


def test_another_seed_takes_other_items_and_nobody_to_ask_is_said(split):
    assert set(cold_split(sequences(), seed=1, share=SHARE).cold.tolist()) != set(split.cold.tolist())
    with pytest.raises(DataError, match="no shopper's last item is among 0 cold ones"):
        cold_split(sequences(), seed=0, share=0.0)


def test_equal_scores_are_drawn_and_shoppers_own_items_left_out(split):
    size = len(split.warm) + len(split.cold)

    def only_own(items):
        scores = np.zeros(size, np.float32)
        scores[items] = 9.0
        return scores

    figures = cold_measure(split, lambda items: np.zeros(size, np.float32), seed=0)
    assert figures["among themselves"].hit_rate.mean == 1.0  # there are but eight
    assert 0.1 < figures["among all"].hit_rate.mean < 0.5
    assert 0.2 < figures["among themselves"].ndcg.mean < 0.8
    assert cold_measure(split, only_own, seed=0) == figures
    assert cold_measure(split, only_own, seed=1) != figures


def test_texts_and_our_encoder_tell_the_halves_of_the_shop_apart(split, tmp_path):
    shop = catalogue()
    text = np.nan_to_num(shop.text_vectors)
    bundle = cold_learn(tmp_path / "bundle", split, shop, SMALL, seed=0, stages=lambda *_: None)
    assert len(bundle.arrays.item_ids) == len(split.warm)
    models = {**our_understandings(bundle, split, shop, seed=0), **frozen_understandings(split, text)}
    assert len(models) == 5
    half = np.concatenate([shop.department[split.warm], shop.department[split.cold]])
    for name, score in models.items():
        right = 0
        for user in split.users.tolist():
            items = split.histories.items_of(user)
            scores = score(items)
            assert scores.shape == (N,)
            cold = scores[len(split.warm) :]
            right += half[len(split.warm) + int(cold.argmax())] == half[items[-1]]
        assert right / len(split.users) > 0.6, name  # a coin would have 0.5


def test_a_trained_head_finds_what_follows(split):
    text = np.nan_to_num(catalogue().text_vectors)[split.warm]
    whitened = whitening_fit(text).apply(text)
    head = head_fit(split.histories, whitened)
    given, wanted = [], []
    for user in range(40):
        items = split.histories.items_of(user)
        if len(items) > 1:
            given.append(liked(whitened, items[:-1]))
            wanted.append(whitened[items[-1]])
    with_head = np.square(np.array(given) @ head - np.array(wanted)).mean()
    without = np.square(np.array(given) - np.array(wanted)).mean()
    assert with_head < without
