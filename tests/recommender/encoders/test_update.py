"""An update begins where the serving encoder stands, knows items by their ids and reads the new with some old."""

from dataclasses import replace

import numpy as np
import pytest

from recommender.data.sequences import Sequences, sequences_from_lists
from recommender.data.splits import leave_last_out
from recommender.data.types import ArtifactMismatch
from recommender.encoders.config import EncoderConfig
from recommender.encoders.training_loop import LEAST_LEFT, encoder_train
from recommender.encoders.update import UpdateConfig, update_entries
from recommender.encoders.warm_start import warm_start_read, weights_write

pytestmark = pytest.mark.usefixtures("one_thread")

N = 12
CONFIG = EncoderConfig(
    embedding_dim=16, max_length=8, epochs=25, tokens_per_batch=256, warmup_steps=5, learning_rate=1e-2, dropout=0.0
)
IDS = np.arange(N) * 10 + 5


def text(n: int) -> np.ndarray:
    vectors = np.random.default_rng(1).normal(size=(n, 20)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """A trained encoder and what a bundle keeps of it."""
    folder = tmp_path_factory.mktemp("bundle")
    split = leave_last_out(sequences_from_lists([[(u * 5 + s) % N for s in range(3 + u % 5)] for u in range(60)], N))
    trained = encoder_train(split.train, text(N), CONFIG, validation=split.targets, repeats=True, seed=1)
    weights_write(trained, folder)
    kept = {"item_ids": IDS, "text_mean": trained.whitening.mean, "text_whitening": trained.whitening.projection}
    for name, array in kept.items():
        np.save(folder / f"{name}.npy", array)
    return folder, trained, split


def test_an_update_begins_where_the_encoder_stands_and_what_ruins_it_is_dropped(served):
    folder, trained, split = served
    warm = warm_start_read(folder, IDS, CONFIG)
    config = UpdateConfig(learning_rate=10.0, epochs=1).applied(CONFIG)  # a step that ruins everything
    updated = encoder_train(split.train, text(N), config, validation=split.targets, repeats=True, warm=warm)
    assert updated.curve[0].epoch == updated.epochs == 0
    assert updated.ndcg == pytest.approx(trained.ndcg)
    np.testing.assert_allclose(updated.item_vectors, trained.item_vectors, atol=1e-6)


def test_what_an_update_learned_stays_though_its_first_judges_like_it_no_better(served):
    folder, trained, split = served
    warm = warm_start_read(folder, IDS, CONFIG)
    config = UpdateConfig(learning_rate=1e-4, epochs=2).applied(CONFIG)
    updated = encoder_train(split.train, text(N), config, validation=split.targets, repeats=True, warm=warm)
    assert LEAST_LEFT * updated.curve[0].ndcg <= updated.ndcg <= updated.curve[0].ndcg
    assert updated.epochs == 2
    assert np.abs(updated.item_vectors - trained.item_vectors).max() > 1e-6


def test_items_are_matched_by_their_ids_and_new_ones_start_from_the_mean(served):
    folder, trained, _ = served
    order = np.array([7, 2, 0, 11])
    ids = np.append(IDS[order], 999)
    sequences = sequences_from_lists([[0, 1, 2, 3, 4], [4, 3]], 5)
    words = np.vstack([text(N)[order], text(N)[:1]])
    config = replace(CONFIG, epochs=1, learning_rate=0.0, weight_decay=0.0)
    got = encoder_train(sequences, words, config, warm=warm_start_read(folder, ids, config))
    np.testing.assert_allclose(got.item_vectors[:4], trained.item_vectors[order], atol=1e-5)
    np.testing.assert_allclose(got.item_bias[:4], trained.item_bias[order], atol=1e-6)
    unseen = trained.model.tower.id_part.mean(0) + trained.model.tower.id_part.new_tensor(
        trained.item_vectors[0] - trained.model.tower.id_part.detach().numpy()[0]
    )
    np.testing.assert_allclose(got.item_vectors[4], unseen.detach().numpy(), atol=1e-5)


def test_weights_of_another_network_are_refused_with_the_way_out(served, tmp_path):
    folder = served[0]
    with pytest.raises(ArtifactMismatch, match="keeps no weights"):
        warm_start_read(tmp_path, IDS, CONFIG)
    with pytest.raises(ArtifactMismatch, match="learned by transformer, not gru"):
        warm_start_read(folder, IDS, replace(CONFIG, family="gru"))
    wide = replace(CONFIG, embedding_dim=32)
    with pytest.raises(ArtifactMismatch, match="built otherwise"):
        encoder_train(served[2].train, text(N), wide, warm=warm_start_read(folder, IDS, wide))


def test_an_update_reads_who_did_something_new_and_as_much_of_others():
    lengths = [4] * 20
    start = np.concatenate([[0], np.cumsum(lengths)])
    at_us = np.tile(np.arange(1, 5), 20)
    at_us[7] = 100  # the second shopper's newest
    zeros = np.zeros(80, np.int64)
    sequences = Sequences(start, zeros, zeros.astype(np.int8), at_us, zeros, 1)
    rng = np.random.default_rng(0)
    alone = update_entries(sequences, 100, max_length=3, replay=0.0, rng=rng)
    assert np.flatnonzero(alone).tolist() == [5, 6, 7]
    some = update_entries(sequences, 100, max_length=3, replay=2.0, rng=rng)
    assert some[5:8].all()
    assert some.sum() == 9  # and three entries of each of two others
    assert not update_entries(sequences, 101, max_length=3, replay=1.0, rng=rng).any()
