import dataclasses

import numpy as np
import pytest

from recommender.data.profile import Profile
from recommender.data.sequences import sequences_from_lists
from recommender.data.splits import leave_last_out
from recommender.data.types import DataError
from recommender.encoders.config import EncoderConfig, LearningConfig
from recommender.encoders.export import encoder_export
from recommender.encoders.inputs import encoder_inputs, state_encode
from recommender.encoders.onnx_file import PARITY
from recommender.encoders.training_loop import encoder_train
from recommender.serving.onnx_model import OnnxStateEncoder

pytestmark = pytest.mark.usefixtures("one_thread")

SMALL = EncoderConfig(
    embedding_dim=16, max_length=8, epochs=30, tokens_per_batch=256, warmup_steps=5, learning_rate=1e-2, dropout=0.0
)
N = 12


def cycles(users: int = 60) -> list[list[int]]:
    """Everybody walks the same cycle of items from a place of their own: the next item is certain."""
    return [[(start * 5 + step) % N for step in range(3 + start % 5)] for start in range(users)]


@pytest.fixture(scope="module")
def text() -> np.ndarray:
    vectors = np.random.default_rng(1).normal(size=(N, 32)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.fixture(scope="module")
def trained(text):
    split = leave_last_out(sequences_from_lists(cycles(), N))
    return encoder_train(split.train, text, SMALL, validation=split.targets, repeats=True, seed=1)


def test_the_next_item_of_a_cycle_is_learned(trained):
    assert trained.ndcg > 0.95
    assert trained.curve[-1].loss < trained.curve[0].loss


def test_equal_seeds_give_equal_vectors_and_others_do_not(text):
    sequences = sequences_from_lists(cycles(), N)
    config = dataclasses.replace(SMALL, epochs=2, dropout=0.2)
    one, two, other = (encoder_train(sequences, text, config, seed=seed) for seed in (4, 4, 5))
    assert np.array_equal(one.item_vectors, two.item_vectors)
    assert not np.array_equal(one.item_vectors, other.item_vectors)


def test_training_stops_when_validation_no_longer_improves(text):
    split = leave_last_out(sequences_from_lists(cycles(), N))
    steps = []
    config = dataclasses.replace(SMALL, epochs=200, patience=2, patience_steps=0)
    trained = encoder_train(
        split.train, text, config, validation=split.targets, repeats=True, progress=lambda *call: steps.append(call)
    )
    assert len(trained.curve) < 200
    assert trained.epochs <= len(trained.curve) - 2
    assert steps
    assert all(step <= total for step, total, _ in steps)


def test_few_steps_are_no_reason_to_stop(text):
    split = leave_last_out(sequences_from_lists(cycles(), N))
    asked = {"epochs": 30, "patience": 1, "learning_rate": 1e-9}
    short, long = (
        encoder_train(
            split.train, text, dataclasses.replace(SMALL, **asked, patience_steps=steps), validation=split.targets
        )
        for steps in (0, 10**6)
    )
    assert len(short.curve) < 30
    assert len(long.curve) == 30


def test_onnx_agrees_with_torch_and_ignores_what_lies_beyond_the_length(trained, tmp_path):
    parity = encoder_export(trained, tmp_path)
    assert parity.state_encoder <= PARITY
    assert parity.item_tower <= PARITY
    encoder = OnnxStateEncoder(tmp_path / "state_encoder.onnx", dim=16, max_length=8)
    profile = Profile(np.arange(3), np.array([4, 3, 2]), np.full(3, 10, np.int8), np.zeros(3, np.int64))
    inputs = encoder_inputs(profile, trained.item_vectors, max_length=8)
    assert inputs.lengths.tolist() == [3]
    state = state_encode(encoder, inputs)
    assert int(np.argmax(trained.item_vectors @ state + trained.item_bias)) == 5
    littered = inputs.vectors.copy()
    littered[0, 3:] = 9.0
    assert np.allclose(encoder.encode(littered, inputs.kinds, inputs.lengths)[0], state, atol=1e-6)


def test_a_new_shopper_has_a_state(trained, tmp_path):
    encoder_export(trained, tmp_path)
    encoder = OnnxStateEncoder(tmp_path / "state_encoder.onnx", dim=16, max_length=8)
    empty = Profile(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.int8), np.zeros(0, np.int64))
    state = state_encode(encoder, encoder_inputs(empty, trained.item_vectors, max_length=8))
    assert np.isfinite(state).all()


def test_history_items_newer_than_the_bundle_are_read_by_their_own_vectors():
    vectors = np.eye(4, dtype=np.float32)
    profile = Profile(np.array([90, 11, 77]), np.array([-1, 1, -1]), np.full(3, 1, np.int8), np.zeros(3, np.int64))
    fresh = np.array([[0.0, 0.5, 0.5, 0.0]], np.float32)
    inputs = encoder_inputs(profile, vectors, max_length=5, fresh_ids=np.array([90]), fresh_vectors=fresh)
    assert inputs.lengths.tolist() == [2]  # 77 has no vector anywhere
    assert inputs.vectors[0, 0].tolist() == [0.0, 1.0, 0.0, 0.0]
    assert inputs.vectors[0, 1].tolist() == [0.0, 0.5, 0.5, 0.0]


def test_entries_without_a_vector_take_their_time_with_them():
    hour = 3_600_000_000
    times = np.array([100, 90, 60, 0]) * hour  # newest first; the oldest unknown
    profile = Profile(np.arange(4), np.array([-1, 2, 1, 0]), np.full(4, 1, np.int8), times)
    inputs = encoder_inputs(profile, np.eye(4, dtype=np.float32), max_length=5)
    np.testing.assert_array_equal(inputs.hours, [[np.nan, 30, 0, np.nan, np.nan]])


@pytest.mark.parametrize("loss", ["auto", "gbce"])
def test_a_large_vocabulary_is_trained_on_a_sample_of_negatives(loss):
    config = dataclasses.replace(SMALL, loss=loss, full_softmax_below=5, n_negatives=64)
    split = leave_last_out(sequences_from_lists(cycles(), N))
    trained = encoder_train(split.train, None, config, validation=split.targets, repeats=True)
    assert trained.ndcg > 0.8


def test_nothing_to_learn_from_is_said_clearly():
    with pytest.raises(DataError, match="two interactions"):
        encoder_train(sequences_from_lists([[1], [2]], 3), None, SMALL)


def test_the_configuration_survives_json():
    config = LearningConfig(encoder=SMALL)
    assert LearningConfig.from_json(config.to_json()) == config
