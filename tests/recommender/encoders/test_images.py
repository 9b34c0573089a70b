"""Image encoders: learned from the shop's own pictures, or a vision model of somebody else's."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from transformers import ViTConfig, ViTModel

from recommender.data.absent import Absent
from recommender.data.types import ArtifactMismatch, DataError
from recommender.encoders.image_encoder import ImageEncoder, pixels_stack
from recommender.encoders.image_pretrained import Pooled, image_encoder_ensure
from recommender.encoders.image_training import ImageConfig, TrainedImages, image_train

pytestmark = pytest.mark.usefixtures("one_thread")

SMALL = ImageConfig(size=16, dim=8, width=4, epochs=12, batch=32, min_pictures=40, learning_rate=1e-2)
M = 160


def shop(seed: int = 0) -> tuple[list[np.ndarray], np.ndarray]:
    """Plain pictures in sixteen colours, and texts that name the colour."""
    rng = np.random.default_rng(seed)
    colours = rng.integers(0, 256, (16, 3))
    which = rng.integers(0, 16, M)
    noise = rng.integers(-10, 11, (M, 16, 16, 3))
    pictures = list(np.clip(colours[which][:, None, None] + noise, 0, 255).astype(np.uint8))
    words = rng.normal(size=(16, 24)).astype(np.float32)
    text = words[which] + 0.1 * rng.normal(size=(M, 24)).astype(np.float32)
    return pictures, text / np.linalg.norm(text, axis=1, keepdims=True)


def test_a_network_learns_to_see_what_texts_say_and_serves_without_torch(tmp_path):
    pictures, text = shop()
    trained = image_train(pictures, text, SMALL, seed=1)
    assert isinstance(trained, TrainedImages)
    assert trained.recall > trained.chance
    encoder = trained.export(tmp_path)
    assert encoder.info.parity <= 1e-4
    assert encoder.info.learned_from == M
    vectors = encoder.encode(pictures[:40])
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    with torch.inference_mode():
        expected = trained.network(torch.from_numpy(pixels_stack(pictures[:40]))).numpy()
    np.testing.assert_allclose(vectors, expected, atol=1e-4)
    assert encoder.encode([]).shape == (0, 8)


def test_too_few_pictures_or_such_that_tell_nothing_give_the_reason():
    pictures, text = shop()
    few = image_train(pictures[:20], text[:20], SMALL)
    assert isinstance(few, Absent)
    assert str(few) == "20 pictures have a text to learn from; 40 are needed"
    wordless = image_train(pictures, np.full_like(text, np.nan), SMALL)
    assert isinstance(wordless, Absent)
    grey = [np.full((16, 16, 3), 128, np.uint8)] * M
    same = image_train(grey, text, replace(SMALL, epochs=1))
    assert isinstance(same, Absent)
    assert "tell nothing" in str(same)


@pytest.fixture(scope="module")
def vision_model(tmp_path_factory):
    """A tiny vision Transformer, built from a configuration and saved as safetensors."""
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("vit")
    config = ViTConfig(
        hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32, image_size=32, patch_size=8
    )
    ViTModel(config).save_pretrained(folder)
    return folder


def test_a_vision_model_from_a_folder_becomes_an_encoder_once(vision_model, tmp_path):
    encoder = image_encoder_ensure(str(vision_model), tmp_path)
    assert (encoder.info.size, encoder.info.dim, encoder.info.source) == (32, 16, str(vision_model))
    pictures = [np.random.default_rng(k).integers(0, 256, (32, 32, 3)).astype(np.uint8) for k in range(3)]
    network = Pooled(ViTModel.from_pretrained(vision_model).eval())
    with torch.inference_mode():
        expected = torch.nn.functional.normalize(network(torch.from_numpy(pixels_stack(pictures)) * 2 - 1), dim=1)
    np.testing.assert_allclose(encoder.encode(pictures), expected.numpy(), atol=1e-4)
    before = (encoder.folder / "model.onnx").stat().st_mtime_ns
    assert image_encoder_ensure(str(vision_model), tmp_path).fingerprint == encoder.fingerprint
    assert (encoder.folder / "model.onnx").stat().st_mtime_ns == before


def test_a_model_that_is_not_there_or_not_safetensors_is_refused(tmp_path, vision_model):
    with pytest.raises(DataError, match="nowhere"):
        image_encoder_ensure("nobody/nowhere", tmp_path)
    (bare := tmp_path / "bare").mkdir()
    (bare / "config.json").write_text((vision_model / "config.json").read_text())
    (bare / "pytorch_model.bin").write_bytes(b"x")
    with pytest.raises(DataError, match="safetensors"):
        image_encoder_ensure(str(bare), tmp_path)
    with pytest.raises(ArtifactMismatch, match="no image encoder"):
        ImageEncoder(tmp_path)
