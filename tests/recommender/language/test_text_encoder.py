"""The text encoder: export of any Hugging Face folder, and what onnxruntime makes of it."""

import json
import shutil

import numpy as np
import pytest

from recommender.data.types import ArtifactMismatch, DataError
from recommender.language.text_encoder import TextEncoder
from recommender.language.text_encoder_export import (
    TextEncoderConfig,
    source_fingerprint,
    source_folder,
    text_encoder_ensure,
)
from tests.fixtures.tiny_text import tiny_text_source


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    return tiny_text_source(tmp_path_factory.mktemp("source"), hidden=16)


@pytest.fixture(scope="module")
def config(source):
    return TextEncoderConfig(source=str(source), max_tokens=8)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def encoder(config, home):
    return text_encoder_ensure(config, home)


def test_export_agrees_with_torch(encoder):
    assert encoder.info.parity <= 1e-4


def test_vectors_have_unit_length_and_blank_text_has_none(encoder):
    vectors = encoder.encode(["red wool scarf", "", "steel kettle"])
    assert vectors.shape == (3, 16)
    np.testing.assert_allclose(np.linalg.norm(vectors[[0, 2]], axis=1), 1.0, atol=1e-5)
    assert np.isnan(vectors[1]).all()


def test_company_in_a_batch_does_not_move_a_vector(encoder):
    texts = ["red", "red wool scarf", "steel kettle room red wool", "room"]
    together = encoder.encode(texts, batch_size=4)
    alone = np.concatenate([encoder.encode([text]) for text in texts])
    np.testing.assert_allclose(together, alone, atol=1e-6)


def test_text_beyond_the_limit_is_cut(encoder):
    long = "red wool scarf steel kettle room red wool"
    np.testing.assert_array_equal(encoder.encode([long])[0], encoder.encode([long + " room room"])[0])


def test_query_is_close_to_the_item_of_the_same_words(encoder):
    assert encoder.encode_query("red wool scarf") @ encoder.encode(["red wool scarf"])[0] > 0.97


def test_second_ensure_opens_the_first_export(encoder, config, home):
    stamp = (encoder.folder / "model.onnx").stat().st_mtime_ns
    again = text_encoder_ensure(config, home)
    assert again.fingerprint == encoder.fingerprint
    assert (again.folder / "model.onnx").stat().st_mtime_ns == stamp


def test_two_exports_at_the_same_time_agree_on_the_first(encoder, config, tmp_path, monkeypatch):
    def slow_export(source, config, fingerprint, draft):
        shutil.copytree(encoder.folder, tmp_path / draft.name.split(".")[1])  # somebody else is ready before us
        shutil.copytree(encoder.folder, draft, dirs_exist_ok=True)

    monkeypatch.setattr("recommender.language.text_encoder_export._export", slow_export)
    assert text_encoder_ensure(config, tmp_path).fingerprint == encoder.fingerprint


def test_fingerprint_follows_weights_and_limit(source, config, tmp_path):
    shorter = TextEncoderConfig(source=str(source), max_tokens=4)
    assert source_fingerprint(source, config) != source_fingerprint(source, shorter)


def test_pickled_weights_are_refused(source, tmp_path):
    for name in ("config.json", "tokenizer.json"):
        (tmp_path / name).write_bytes((source / name).read_bytes())
    (tmp_path / "pytorch_model.bin").write_bytes(b"")
    with pytest.raises(DataError, match="safetensors"):
        source_fingerprint(tmp_path, TextEncoderConfig(source=str(tmp_path)))


def test_unknown_name_says_how_to_provide_the_model():
    with pytest.raises(DataError, match="give a folder"):
        source_folder("nobody/never-published-this-model")


def test_folder_without_an_encoder_is_refused(tmp_path):
    (tmp_path / "encoder.json").write_text(json.dumps({"fingerprint": "x"}))
    with pytest.raises(ArtifactMismatch, match="holds no text encoder"):
        TextEncoder(tmp_path)


def test_default_model_comes_with_its_wheel():
    assert (source_folder("all-MiniLM-L6-v2") / "model.safetensors").is_file()
