"""Item vectors from ids, texts, pictures and attributes, any of which may be missing."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from recommender.data.onnx_model import OnnxModel
from recommender.data.sequences import sequences_from_lists
from recommender.data.splits import leave_last_out
from recommender.encoders.config import TOWERS, EncoderConfig
from recommender.encoders.item_content import content_of
from recommender.encoders.item_facts import NOTHING_READ, ItemFacts, fact_reading_fit, known_rows, price_rows
from recommender.encoders.item_tower_export import tower_export
from recommender.encoders.onnx_file import PARITY
from recommender.encoders.training_loop import encoder_train
from recommender.encoders.warm_start import warm_start_read, weights_write

pytestmark = pytest.mark.usefixtures("one_thread")

N = 24
SMALL = EncoderConfig(
    embedding_dim=16,
    max_length=8,
    epochs=12,
    tokens_per_batch=256,
    warmup_steps=5,
    learning_rate=1e-2,
    dropout=0.0,
    weight_average=0.0,  # so few steps are over before their mean has caught up
)


def halves(users: int = 120) -> list[list[int]]:
    """Everybody stays in one half of the shop."""
    rng = np.random.default_rng(0)
    return [(rng.integers(0, 2) * 12 + rng.integers(0, 12, 5)).tolist() for _ in range(users)]


def vectors_by_half(width: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(N, width)).astype(np.float32) * 0.1
    vectors[:, 0] += np.where(np.arange(N) < 12, 1, -1)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors


def facts(*, pictures: bool = True) -> ItemFacts:
    half = np.where(np.arange(N) < 12, 7, 9)
    price = np.where(np.arange(N) % 5 == 0, -1, 100 + 10 * np.arange(N))
    picture = vectors_by_half(12, 3)
    picture[::4] = np.nan  # some have none
    return ItemFacts(half, half + 20, price, picture if pictures else None)


def learn(config=SMALL, text=None, about=None, **options):
    split = leave_last_out(sequences_from_lists(halves(), N))
    return encoder_train(split.train, text, config, facts=about, seed=1, **options)


def raw(rows: int, **given: np.ndarray) -> dict[str, np.ndarray]:
    """Inputs of an exported tower about items of which nothing is known but ``given``."""
    nothing = {
        "text": np.zeros((rows, 32), np.float32),
        "image": np.full((rows, 12), np.nan, np.float32),
        "brand": np.zeros(rows, np.int64),
        "category": np.zeros(rows, np.int64),
        "price": np.full(rows, -1, np.int64),
    }
    return {**nothing, **given}


@pytest.mark.parametrize("tower", TOWERS)
def test_the_exported_tower_takes_what_is_known_and_agrees_with_torch(tmp_path, tower):
    text = vectors_by_half(32, 2)
    trained = learn(replace(SMALL, tower=tower, epochs=2), text, facts())
    assert tower_export(trained, tmp_path / "item_tower.onnx", np.random.default_rng(0)) <= PARITY
    model = OnnxModel(tmp_path / "item_tower.onnx")
    assert model.inputs == {"text", "image", "brand", "category", "price"}
    known = facts()
    about = {"brand": known.brand, "category": known.category, "price": known.price_minor}
    found = model.run(text=text, image=known.images, **about)[0]
    whole = trained.model.tower
    expected = (whole.unseen() + whole.content_vectors()) * whole.unseen_length()
    np.testing.assert_allclose(found, expected.detach().numpy(), atol=PARITY)
    lengths = [np.linalg.norm(vectors, axis=1).mean() for vectors in (found, trained.item_vectors)]
    assert lengths[0] == pytest.approx(lengths[1], rel=1e-3)


@pytest.mark.parametrize("tower", TOWERS)
def test_any_part_alone_says_what_an_unseen_item_is(tower):
    config = replace(SMALL, tower=tower, stranger_share=0.3, modality_dropout=0.3)
    model = learn(config, vectors_by_half(32, 2), facts()).model.tower
    rows = torch.tensor([row for row in range(N) if row % 4])  # the others have no picture
    for part in ("text", "image", "brand"):
        alone = {
            name: given[rows] if name == part else torch.zeros_like(given[rows]) for name, given in model.given.items()
        }
        with torch.no_grad():
            found = model.unseen() + model.content_vectors(alone)
            centres = torch.stack([model()[:12].mean(0), model()[12:].mean(0)])
        right = torch.cdist(found, centres).argmin(1) == (rows >= 12)
        assert right.float().mean() > 0.85, part  # a coin would have 0.5


def test_what_training_has_not_met_counts_as_none_and_nothing_known_is_the_mean_item(tmp_path):
    trained = learn(SMALL, vectors_by_half(32, 2), facts())
    tower_export(trained, tmp_path / "item_tower.onnx", np.random.default_rng(0))
    model = OnnxModel(tmp_path / "item_tower.onnx")
    nothing = model.run(**raw(1))[0]
    strange = model.run(**raw(1, brand=np.array([4711]), category=np.array([4712])))[0]
    np.testing.assert_array_equal(nothing, strange)
    tower = trained.model.tower
    np.testing.assert_allclose(nothing[0], tower.unseen_length() * tower.unseen().detach().numpy(), atol=PARITY)
    assert not np.array_equal(model.run(**raw(1, brand=np.array([7])))[0], nothing)


def test_without_pictures_texts_or_facts_the_tower_asks_for_less(tmp_path):
    for name, text, about, wanted in (
        ("plain", vectors_by_half(32, 2), None, {"text"}),
        ("wordless", None, facts(pictures=False), {"brand", "category", "price"}),
    ):
        path = tmp_path / f"{name}.onnx"
        tower_export(learn(replace(SMALL, epochs=1), text, about), path, np.random.default_rng(0))
        assert OnnxModel(path).inputs == wanted
    empty = tmp_path / "empty.onnx"
    assert np.isnan(tower_export(learn(replace(SMALL, epochs=1)), empty, np.random.default_rng(0)))
    assert not empty.exists()


def test_pictures_that_are_all_missing_or_prices_that_are_all_one_tell_nothing():
    known = replace(facts(), image=np.full((N, 12), np.nan, np.float32), price_minor=np.full(N, 500))
    reading = fact_reading_fit(known, image_dim=8)
    assert reading.image.dim == 0
    assert set(reading.known) == {"brand", "category"}
    assert "image" not in content_of(None, NOTHING_READ.image, known, reading)


def test_rows_of_attributes():
    assert known_rows(np.array([7, 5, 0]), np.array([2, 7])).tolist() == [2, 0, 0]
    assert known_rows(np.array([7]), np.zeros(0, np.int64)).tolist() == [0]
    assert price_rows(np.array([-1, 50, 250]), np.array([100, 200])).tolist() == [0, 1, 2]


def test_a_warm_start_reads_facts_as_its_forerunner_did(tmp_path):
    text = vectors_by_half(32, 2)
    trained = learn(SMALL, text, facts())
    weights_write(trained, tmp_path)
    for name, array in (
        ("item_ids", np.arange(N)),
        ("text_mean", trained.whitening.mean),
        ("text_whitening", trained.whitening.projection),
    ):
        np.save(tmp_path / f"{name}.npy", array)
    warm = warm_start_read(tmp_path, np.arange(N), SMALL)
    other = replace(facts(), brand=np.full(N, 9))  # every item has one brand now
    again = learn(replace(SMALL, epochs=1), text, other, warm=warm)
    assert again.facts.brands.tolist() == trained.facts.brands.tolist() == [7, 9]


def test_a_configuration_names_a_tower_that_there_is():
    with pytest.raises(ValueError, match="there is no tower 'spire'"):
        EncoderConfig(tower="spire")
