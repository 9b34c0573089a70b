"""Items become vectors with onnxruntime alone: at once when their words change, and in bulk for a training."""

from collections.abc import Callable, Collection
from dataclasses import replace
from pathlib import Path

import numpy as np
from django.conf import settings
from django.db import transaction
from pgvector import HalfVector, Vector

from catalog.content import content_hash, item_contents
from catalog.models import Item, Shop
from recommender.data.types import Floats, Ints
from recommender.encoders.inputs import tower_run
from recommender.encoders.item_facts import ItemFacts
from recommender.facts.pictures import item_facts_read, pictures_read
from recommender.language.text_encoder import TextEncoder
from recommender.models import BundleVersion, ItemVector, Live
from recommender.retrieval.search_space import SearchSpace
from recommender.serving.bundle import Bundle
from recommender.store.bundles import bundle_open
from recommender.store.vectors import text_vectors_read, text_vectors_write

CHUNK = 128  # texts per transaction
TOPIC_TEXTS = "texts.wanted"


def encoders_home() -> Path:
    """Folder of exported text encoders, one sub-folder per fingerprint."""
    return Path(settings.DPE_HOME) / "models" / "text"


def image_encoders_home() -> Path:
    """Folder of exported vision models, one sub-folder per fingerprint."""
    return Path(settings.DPE_HOME) / "models" / "image"


def encoder_folder(fingerprint: str) -> Path:
    """Folder of one exported text encoder."""
    return encoders_home() / fingerprint[:16]


def texts_embed(
    shop_id: int,
    encoder: TextEncoder,
    texts: dict[int, str],
    *,
    from_the_end: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Floats:
    """Vectors of items' texts, each computed once and kept.

    Two processes may share the work by beginning at opposite ends: what one has stored the other does not repeat.

    Args:
        shop_id: whose items.
        encoder: what makes the vectors.
        texts: item id to text; blank ones have no vector.
        from_the_end: begin with the last item.
        progress: called with (done, total) after each chunk.

    Returns:
        (n, 384) float32 in the order of ``texts``, zero rows where the text is blank.
    """
    item_ids = np.fromiter(texts, np.int64, len(texts))
    words = list(texts.values())
    hashes = [content_hash(text) for text in words]
    present = np.array([bool(text.strip()) for text in words], np.bool_)
    while True:
        vectors = text_vectors_read(encoder=encoder.fingerprint, item_ids=item_ids, hashes=hashes)
        missing = np.flatnonzero(present & np.isnan(vectors).any(axis=1))
        if progress:
            progress(len(words) - len(missing), len(words))
        if len(missing) == 0:
            return np.where(np.isnan(vectors), np.float32(0), vectors)
        rows = missing[-CHUNK:] if from_the_end else missing[:CHUNK]
        made = encoder.encode([words[row] for row in rows])
        with transaction.atomic():
            text_vectors_write(
                shop_id=shop_id,
                encoder=encoder.fingerprint,
                item_ids=item_ids[rows],
                hashes=[hashes[row] for row in rows],
                vectors=made,
            )


def shop_texts_embed(shop: Shop, fingerprint: str) -> int:
    """Help a training that waits for text vectors; nothing to do where its encoder is not on this machine.

    Returns:
        How many items of the shop have a text vector now.
    """
    folder = encoder_folder(fingerprint)
    if not (folder / "encoder.json").exists():
        return 0
    ids = Item.objects.of(shop).exclude(status=Item.Status.DRAFT).filter(deleted_at=None)
    texts = item_contents(shop.pk, list(ids.order_by("pk").values_list("pk", flat=True)))
    texts_embed(shop.pk, TextEncoder(folder), dict(sorted(texts.items())), from_the_end=True)
    return len(texts)


def items_embed(shop: Shop, item_ids: Collection[int]) -> int:
    """Make changed items findable in the live bundle at once: their text vectors, and item vectors of those it lacks.

    Returns:
        How many items got an item vector.
    """
    live = Live.objects.select_related("bundle").filter(shop=shop).first()
    return items_embed_in(live.bundle, item_ids) if live and live.bundle else 0


def items_embed_in(version: BundleVersion, item_ids: Collection[int]) -> int:
    """The same for one bundle, live or about to be."""
    bundle = bundle_open(version)
    if bundle.text_encoder is None or not item_ids:
        return 0
    texts = dict(sorted(item_contents(version.shop_id, item_ids).items()))
    vectors = texts_embed(version.shop_id, bundle.text_encoder, texts)
    ids = np.fromiter(texts, np.int64, len(texts))
    unseen = bundle.index_of(ids) < 0
    if not unseen.any() or bundle.item_tower is None:
        return 0
    rows = np.flatnonzero(unseen)
    facts = facts_of(bundle, ids[rows])
    told = vectors[rows].any(axis=1) | np.isfinite(facts.images).any(axis=1)
    if not told.any():
        return 0
    _item_vectors_write(version, ids[rows][told], item_tower_run(bundle, vectors[rows], facts)[told])
    return int(told.sum())


def facts_of(bundle: Bundle, item_ids: Ints) -> ItemFacts:
    """What the bundle's tower reads of items besides texts, pictures included where it reads them."""
    facts = item_facts_read(bundle.manifest.shop_id, item_ids)
    encoder = bundle.image_encoder
    if encoder is None or bundle.item_tower is None or "image" not in bundle.item_tower.inputs:
        return facts
    images = np.full((len(item_ids), encoder.info.dim), np.nan, np.float32)
    read = list(pictures_read(bundle.manifest.shop_id, item_ids.tolist(), encoder.info.size))
    for one in read:
        if one.pixels is not None:
            images[item_ids == one.item_id] = encoder.encode([one.pixels])
    return replace(facts, image=images)


def items_catch_up(version: BundleVersion, *, progress: Callable[[int, int], None] | None = None) -> int:
    """Give every item that the bundle has not seen, and that has no vector in it yet, a vector.

    Returns:
        How many items were caught up with.
    """
    bundle = bundle_open(version)
    shown = Item.objects.of(version.shop).filter(deleted_at=None).exclude(status=Item.Status.DRAFT)
    ids = np.fromiter(shown.order_by("pk").values_list("pk", flat=True), np.int64)
    done = set(ItemVector.objects.filter(bundle=version, after_training=True).values_list("item_id", flat=True))
    unseen = [item for item in ids[bundle.index_of(ids) < 0].tolist() if item not in done]
    for start in range(0, len(unseen), CHUNK):
        items_embed_in(version, unseen[start : start + CHUNK])
        if progress:
            progress(min(start + CHUNK, len(unseen)), len(unseen))
    return len(unseen)


def item_tower_run(bundle: Bundle, text_vectors: Floats, facts: ItemFacts) -> Floats:
    """(n, d) vectors of items without behaviour, from what the bundle's tower reads.

    Args:
        bundle: whose tower it is.
        text_vectors: (n, 384), rows of zeros where there is no text.
        facts: of the same items.
    """
    if bundle.item_tower is None:
        return np.full((len(text_vectors), bundle.manifest.item_dim), np.nan, np.float32)
    return tower_run(bundle.item_tower, text_vectors, facts)


def _item_vectors_write(version: BundleVersion, item_ids: Ints, vectors: Floats) -> None:
    """Keep vectors of items newer than the bundle; what they lack of behaviour, their bias, is the usual one."""
    arrays = bundle_open(version).arrays
    usual = np.full(len(vectors), np.mean(arrays.item_bias) if len(arrays.item_bias) else 0.0, np.float32)
    places = SearchSpace.of(arrays.item_vectors, arrays.item_bias).places(vectors, usual)
    ItemVector.objects.bulk_create(
        [
            ItemVector(
                bundle=version, item_id=item, vector=Vector(vector), place=HalfVector(place), after_training=True
            )
            for item, vector, place in zip(item_ids.tolist(), vectors, places, strict=True)
        ],
        update_conflicts=True,
        unique_fields=["bundle_id", "item_id"],
        update_fields=["vector", "place", "after_training"],
    )
