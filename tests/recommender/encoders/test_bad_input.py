"""What little or broken behaviour can do to a training: a sensible encoder or a clear refusal, never NaN."""

from dataclasses import replace

import numpy as np
import pytest

from recommender.data.sequences import sequences_from_lists
from recommender.data.splits import leave_last_out
from recommender.data.types import DataError
from recommender.encoders.config import EncoderConfig
from recommender.encoders.item_facts import ItemFacts
from recommender.encoders.training_loop import encoder_train

CONFIG = EncoderConfig(
    embedding_dim=8,
    max_length=4,
    epochs=2,
    tokens_per_batch=64,
    warmup_steps=2,
    crop_share=0.5,
    hide_share=0.5,
    reorder_share=0.5,
    substitute_share=0.5,
)


def finite(trained) -> bool:
    weights = trained.model.state_dict().values()
    return bool(np.isfinite(trained.item_vectors).all() and all(one.isfinite().all() for one in weights))


@pytest.mark.parametrize(
    "lists",
    [[[0, 1, 2, 1]], [[0, 0, 0]] * 3, [[0], [1], [2, 1]], [[], [0, 1], []]],
    ids=["one shopper", "one item", "sequences of one", "shoppers without anything"],
)
def test_little_is_learned_from_without_harm(lists):
    sequences = sequences_from_lists(lists, max((item for one in lists for item in one), default=0) + 1)
    split = leave_last_out(sequences, minimum=3)
    assert finite(encoder_train(sequences, None, CONFIG, validation=split.targets or None, repeats=True))


def test_equal_times_are_no_times():
    sequences = sequences_from_lists([[0, 1, 2, 3]] * 4, 4)
    still = replace(sequences, at_us=np.full(len(sequences.item), 10**15))
    assert finite(encoder_train(still, None, replace(CONFIG, time_bias=True)))


def test_texts_and_pictures_of_nan_are_none():
    sequences = sequences_from_lists([[0, 1, 2, 3], [3, 2, 1]], 4)
    broken = np.full((4, 6), np.nan, np.float32)
    facts = ItemFacts(np.zeros(4, np.int64), np.zeros(4, np.int64), np.full(4, -1), broken)
    assert finite(encoder_train(sequences, broken, CONFIG, facts=facts))
    some = np.vstack([np.eye(3, 6), np.full((1, 6), np.nan)]).astype(np.float32)
    assert finite(encoder_train(sequences, some, CONFIG))


def test_a_loss_that_is_no_number_ends_the_training_in_words():
    sequences = sequences_from_lists([[0, 1, 2, 3], [3, 2, 1]], 4)
    with pytest.raises(DataError, match="lower learning_rate"):
        encoder_train(sequences, None, replace(CONFIG, learning_rate=1e30, epochs=20, precision="float32"))


def test_nobody_with_two_deeds_is_said():
    with pytest.raises(DataError, match="two interactions"):
        encoder_train(sequences_from_lists([[0], [1]], 2), None, CONFIG)
