"""The mean of weights over the steps of a training."""

import dataclasses

import numpy as np
import pytest
import torch

from recommender.data.sequences import sequences_from_lists
from recommender.encoders.averaging import WeightAverage
from recommender.encoders.config import EncoderConfig
from recommender.encoders.sequence_model import SequenceModel
from recommender.encoders.training_loop import encoder_train

SMALL = EncoderConfig(embedding_dim=8, n_blocks=1, max_length=6, epochs=3, tokens_per_batch=32)


@pytest.fixture
def model() -> SequenceModel:
    given = {"text": torch.ones(5, 4)}
    return SequenceModel(given, {}, SMALL, torch.zeros(5))


def test_the_mean_is_that_of_the_formula(model):
    average = WeightAverage(model, 0.5)
    wanted = average.model.tower.bias.clone()
    for step in range(1, 40):
        with torch.no_grad():
            model.tower.bias += 1.0
        average.follow(model, step)
        decay = min(0.5, (1 + step) / (10 + step))
        wanted = decay * wanted + (1 - decay) * model.tower.bias
    torch.testing.assert_close(average.model.tower.bias, wanted.detach())
    assert float((model.tower.bias - average.model.tower.bias).min()) > 0.5


def test_what_is_given_is_not_kept_twice(model):
    average = WeightAverage(model, 0.9)
    assert average.model.tower.given_text is model.tower.given_text
    assert average.model.tower.bias is not model.tower.bias


def test_without_a_share_the_weights_of_the_last_step_are_kept(model):
    average = WeightAverage(model, 0.0)
    with torch.no_grad():
        model.tower.bias += 1.0
    average.follow(model, 1)
    assert torch.equal(average.model.tower.bias, model.tower.bias)


def test_a_training_keeps_the_mean():
    sequences = sequences_from_lists([[(start + k) % 7 for k in range(6)] for start in range(30)], 7)
    kept = {
        share: encoder_train(sequences, None, dataclasses.replace(SMALL, weight_average=share), seed=1)
        for share in (0.0, 0.9)
    }
    assert [one.loss for one in kept[0.0].curve] == [one.loss for one in kept[0.9].curve]
    assert not np.array_equal(kept[0.0].item_vectors, kept[0.9].item_vectors)
