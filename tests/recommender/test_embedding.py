"""Items become vectors at once, each text once, and new items are findable without training."""

import shutil

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from catalog.content import content_hash
from catalog.items import Words, item_create, item_update
from catalog.models import Media
from recommender import embedding
from recommender.data.types import DataError
from recommender.encoders.image_encoder import ImageEncoderInfo, image_info_write
from recommender.language.text_encoder import TextEncoder
from recommender.models import ItemVector, TextVector
from recommender.store import bundles
from recommender.store.vectors import item_vectors_read, text_vectors_read, text_vectors_write
from tests.fixtures.tiny_shop import NOW, tiny_live, tiny_shop

pytestmark = pytest.mark.django_db


def tower_write(path):
    """An item tower that gives the first 64 numbers of the text vector."""
    bounds = {"from": 0, "to": 64, "axis": 1}
    graph = helper.make_graph(
        [helper.make_node("Slice", ["text", "from", "to", "axis"], ["output"])],
        "first_numbers",
        [helper.make_tensor_value_info("text", TensorProto.FLOAT, ["rows", 384])],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, ["rows", 64])],
        [helper.make_tensor(name, TensorProto.INT64, [1], [value]) for name, value in bounds.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 10
    onnx.save(model, path)


def picture_tower_write(folder):
    """An encoder that tells how red, green and blue a picture is, and a tower that gives the red and the brand."""
    (folder / "image").mkdir()
    pixels = helper.make_tensor_value_info("pixels", TensorProto.FLOAT, ["rows", 3, 8, 8])
    nodes = [
        helper.make_node("GlobalAveragePool", ["pixels"], ["mean"]),
        helper.make_node("Flatten", ["mean"], ["output"], axis=1),
    ]
    onnx_save(nodes, [pixels], 3, folder / "image" / "model.onnx", [])
    image_info_write(folder / "image", ImageEncoderInfo("f", "", dim=3, size=8, learned_from=9, parity=0.0))
    inputs = [
        helper.make_tensor_value_info("image", TensorProto.FLOAT, ["rows", 3]),
        helper.make_tensor_value_info("brand", TensorProto.INT64, ["rows"]),
    ]
    nodes = [
        helper.make_node("IsNaN", ["image"], ["missing"]),
        helper.make_node("Where", ["missing", "zero", "image"], ["known"]),
        helper.make_node("Slice", ["known", "from", "one", "axis"], ["red"]),
        helper.make_node("Mod", ["brand", "hundred"], ["small"]),
        helper.make_node("Cast", ["small"], ["floating"], to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["floating", "axis"], ["column"]),
        helper.make_node("Concat", ["red", "column"], ["two"], axis=1),
        helper.make_node("Pad", ["two", "padding"], ["output"]),
    ]
    whole = {"from": [0], "one": [1], "axis": [1], "hundred": [100], "padding": [0, 0, 0, 62]}
    constants = [helper.make_tensor(name, TensorProto.INT64, [len(v)], v) for name, v in whole.items()]
    constants.append(helper.make_tensor("zero", TensorProto.FLOAT, [1], [0.0]))
    onnx_save(nodes, inputs, 64, folder / "item_tower.onnx", constants)


def onnx_save(nodes, inputs, width, path, constants):
    output = helper.make_tensor_value_info("output", TensorProto.FLOAT, ["rows", width])
    graph = helper.make_graph(nodes, "made_for_a_test", inputs, [output], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 10
    onnx.save(model, path)


@pytest.fixture
def tiny(settings, tmp_path):
    settings.DPE_BUNDLES = tmp_path
    return tiny_shop(n=24, departments=3)


@pytest.fixture
def encoder(tiny_text_encoder):
    return TextEncoder(tiny_text_encoder)


@pytest.fixture
def live(tiny, encoder, tmp_path):
    _, version = tiny_live(tiny, leave_out=2)
    shutil.copytree(encoder.folder, tmp_path / version.path / "text")
    tower_write(tmp_path / version.path / "item_tower.onnx")
    bundles._opened.cache_clear()
    yield version
    bundles._opened.cache_clear()


def test_text_vectors_are_stored_in_half_precision_and_read_back(tiny, encoder):
    texts = {item.pk: f"Thing {k}" for k, item in enumerate(tiny.items[:3])}
    vectors = embedding.texts_embed(tiny.shop.pk, encoder, texts)
    np.testing.assert_allclose(vectors, encoder.encode(list(texts.values())), atol=1e-3)
    assert TextVector.objects.filter(encoder=encoder.fingerprint).count() == 3


def test_a_text_is_embedded_once(tiny, encoder, monkeypatch):
    texts = {item.pk: "red wool scarf" for item in tiny.items[:2]} | {tiny.items[2].pk: " "}
    first = embedding.texts_embed(tiny.shop.pk, encoder, texts)
    assert not first[2].any()

    def never(*args, **kwargs):
        raise AssertionError

    monkeypatch.setattr(TextEncoder, "encode", never)
    np.testing.assert_array_equal(embedding.texts_embed(tiny.shop.pk, encoder, texts), first)


def test_two_ends_meet(tiny, encoder, monkeypatch):
    monkeypatch.setattr(embedding, "CHUNK", 5)
    texts = {item.pk: f"Thing {k % 10} of room {k % 3}" for k, item in enumerate(tiny.items)}
    steps = []
    forward = embedding.texts_embed(tiny.shop.pk, encoder, texts, progress=lambda done, total: steps.append(done))
    assert steps == [0, 5, 10, 15, 20, 24]
    TextVector.objects.filter(item__in=tiny.items[:10]).delete()
    backward = embedding.texts_embed(tiny.shop.pk, encoder, texts, from_the_end=True)
    np.testing.assert_array_equal(forward, backward)


def test_a_vector_of_another_length_is_refused(tiny):
    with pytest.raises(DataError, match="gives 16 numbers"):
        text_vectors_write(
            shop_id=tiny.shop.pk,
            encoder="x",
            item_ids=tiny.ids[:1],
            hashes=["h"],
            vectors=np.zeros((1, 16), np.float32),
        )


def test_a_new_item_has_a_vector_in_the_live_bundle_at_once(tiny, live, encoder):
    item = item_create(shop=tiny.shop, external_id="new", texts={"en": Words("red wool scarf")}, published_at=NOW)
    assert embedding.items_embed(tiny.shop, [item.pk]) == 1
    row = ItemVector.objects.get(bundle=live, item=item)
    assert row.after_training
    expected = encoder.encode(["red wool scarf"])[0][:64]
    stored = item_vectors_read(bundle_id=live.pk, item_ids=np.array([item.pk]))[0]
    np.testing.assert_allclose(stored, expected, atol=1e-3)


def test_a_tower_that_reads_pictures_and_attributes_is_given_them(tiny, live, encoder, settings, tmp_path):
    picture_tower_write(tmp_path / live.path)
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.MEDIA_ROOT.mkdir()
    (settings.MEDIA_ROOT / "red.svg").write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><rect width="8" height="7" fill="#f00"/></svg>'
    )
    seen = item_create(shop=tiny.shop, external_id="seen", texts={}, brand=tiny.brands[0], published_at=NOW)
    Media.objects.create(shop=tiny.shop, item=seen, path="red.svg")
    broken = item_create(shop=tiny.shop, external_id="broken", texts={"en": Words("kettle")}, published_at=NOW)
    Media.objects.create(shop=tiny.shop, item=broken, path="gone.svg")
    assert embedding.items_embed(tiny.shop, [seen.pk, broken.pk]) == 2
    vectors = item_vectors_read(bundle_id=live.pk, item_ids=np.array([seen.pk, broken.pk]))
    assert vectors[0, 0] == pytest.approx(1, abs=0.02)  # all the red there is
    assert vectors[0, 1] == pytest.approx(tiny.brands[0].pk % 100, abs=0.1)
    assert np.isnan(vectors[1]).sum() == 0


def test_changed_words_change_the_vector_of_a_new_item_and_leave_learned_ones(tiny, live, encoder):
    item = item_create(shop=tiny.shop, external_id="new", texts={"en": Words("red wool scarf")}, published_at=NOW)
    embedding.items_embed(tiny.shop, [item.pk])
    before = item_vectors_read(bundle_id=live.pk, item_ids=np.array([item.pk, tiny.items[0].pk]))
    item_update(item=item, texts={"en": Words("steel kettle")})
    item_update(item=tiny.items[0], texts={"en": Words("steel kettle")})
    assert embedding.items_embed(tiny.shop, [item.pk, tiny.items[0].pk]) == 1
    after = item_vectors_read(bundle_id=live.pk, item_ids=np.array([item.pk, tiny.items[0].pk]))
    assert np.abs(after[0] - before[0]).max() > 1e-3
    np.testing.assert_array_equal(after[1], before[1])
    words = "steel kettle. Department 0. Brand 0"
    assert text_vectors_read(
        encoder=encoder.fingerprint, item_ids=np.array([tiny.items[0].pk]), hashes=[content_hash(words)]
    ).any()


def test_catching_up_covers_every_item_the_bundle_has_not_seen_once(tiny, live):
    assert embedding.items_catch_up(live) == 2
    assert ItemVector.objects.filter(bundle=live, after_training=True).count() == 2
    assert embedding.items_catch_up(live) == 0


def test_without_a_bundle_there_is_nothing_to_do(tiny):
    assert embedding.items_embed(tiny.shop, [tiny.items[0].pk]) == 0


def test_helping_a_training_whose_encoder_is_elsewhere_does_nothing(tiny, settings, tmp_path):
    settings.DPE_HOME = tmp_path
    assert embedding.shop_texts_embed(tiny.shop, "0" * 64) == 0
    assert not TextVector.objects.exists()


def test_helping_a_training_makes_every_text_vector(tiny, encoder, settings, tmp_path):
    settings.DPE_HOME = tmp_path
    shutil.copytree(encoder.folder, embedding.encoder_folder(encoder.fingerprint))
    assert embedding.shop_texts_embed(tiny.shop, encoder.fingerprint) == 24
    assert TextVector.objects.count() == 24
