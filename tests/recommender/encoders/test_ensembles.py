"""Encoders of different seeds agree on what behaviour shows and disagree on what it does not."""

import numpy as np
import pytest
import torch

from recommender.data.sequences import sequences_from_lists
from recommender.data.types import ArtifactMismatch
from recommender.encoders.batches import histories_newest
from recommender.encoders.config import EncoderConfig
from recommender.encoders.doubt import Doubt
from recommender.encoders.ensembles import ensemble_export, ensemble_train, member_config

pytestmark = pytest.mark.usefixtures("one_thread")

N, SEEN = 12, 10
CONFIG = EncoderConfig(
    embedding_dim=8, n_blocks=1, max_length=6, epochs=15, tokens_per_batch=256, warmup_steps=5, learning_rate=1e-2
)


@pytest.fixture(scope="module")
def doubt(tmp_path_factory):
    walks = [[(u * 3 + s) % SEEN for s in range(6)] for u in range(80)]  # items 10 and 11 are met by one shopper
    sequences = sequences_from_lists([*walks, [10, 11]], N)
    members = ensemble_train(sequences, None, CONFIG, k=3, seed=5)
    folder = tmp_path_factory.mktemp("doubt")
    ensemble_export(members, folder / "d")
    return Doubt(folder / "d"), members, sequences


def test_what_was_hardly_met_is_doubted_more_than_what_was_met_often(doubt):
    ensemble, _, sequences = doubt
    histories = histories_newest(sequences, np.arange(10), CONFIG.max_length)
    told = ensemble.opinion(histories.items, histories.kinds, histories.lengths)
    assert told.mean.shape == told.deviation.shape == (10, N)
    following = (sequences.item[sequences.start[1:11] - 1] + 1) % SEEN
    rows = np.arange(10)
    assert (np.argmax(told.mean, axis=1) == following).mean() > 0.8
    assert told.deviation[rows, following].mean() < told.deviation[:, SEEN:].mean()


def test_the_deviation_is_that_of_the_members_log_probabilities(doubt):
    ensemble, members, sequences = doubt
    histories = histories_newest(sequences, np.array([0, 80]), CONFIG.max_length)
    arrays = [torch.from_numpy(one) for one in (histories.items, histories.kinds, histories.lengths, histories.hours)]
    said = []
    with torch.no_grad():
        for member in members:
            vectors = torch.from_numpy(member.item_vectors)
            logits = member.model.final(vectors, *arrays) @ vectors.T + torch.from_numpy(member.item_bias)
            said.append(torch.log_softmax(logits, dim=1).numpy())
    told = ensemble.opinion(histories.items, histories.kinds, histories.lengths)
    np.testing.assert_allclose(told.deviation, np.std(said, axis=0, ddof=1), atol=1e-3)
    assert len(ensemble) == 3


def test_one_opinion_is_no_ensemble_and_a_folder_without_one_is_refused(tmp_path):
    with pytest.raises(ValueError, match="cannot disagree"):
        ensemble_train(sequences_from_lists([[0, 1]], 2), None, CONFIG, k=1)
    with pytest.raises(ArtifactMismatch, match="train it again"):
        Doubt(tmp_path)


def test_members_are_smaller_networks_of_the_same_kind():
    small = member_config(EncoderConfig())
    assert (small.embedding_dim, small.n_blocks, small.family) == (32, 1, "transformer")
