"""The step that turns pictures into vectors; without pictures that teach anything the bundle does without."""

import shutil
from collections import Counter
from dataclasses import asdict
from pathlib import Path

import numpy as np

from recommender.data.absent import Absent
from recommender.data.types import ArtifactMismatch
from recommender.embedding import image_encoders_home
from recommender.encoders.image_encoder import ImageEncoder
from recommender.encoders.image_pretrained import image_encoder_ensure
from recommender.encoders.image_training import image_train
from recommender.encoders.pictures import Pixels
from recommender.facts.pictures import pictures_read
from recommender.jobs import JobProgress
from recommender.models import Live
from recommender.store.bundles import bundle_open
from recommender.training.absent_words import NO_PICTURES
from recommender.training.draft import Draft
from recommender.training.workspace import arrays_write, json_write

ENCODER = "image"  # folder of the encoder's files, in the step's output and in the bundle
LEARN_AGAIN = 2  # times as many pictures as the network in use learned from


def images_step(draft: Draft, folder: Path, progress: JobProgress) -> None:
    """Read pictures, find an encoder for them, make a vector of each."""
    found = _encoder(draft, folder, progress)
    if isinstance(found, Absent):
        arrays_write(folder, vectors=np.zeros((len(draft.snapshot.items), 0), np.float32))
        json_write(folder, {"absent": found.to_json()})
        progress.log(f"no image vectors: {found}")
        return
    encoder, rows, pixels = found
    vectors = np.full((len(draft.snapshot.items), encoder.info.dim), np.nan, np.float32)
    vectors[rows] = encoder.encode(pixels, progress=lambda done: progress.update(done, len(pixels)))
    arrays_write(folder, vectors=vectors)
    json_write(folder, asdict(encoder.info))
    progress.log(f"{np.isfinite(vectors[:, 0]).sum()} of {len(vectors)} items have an image vector")


def _encoder(
    draft: Draft, folder: Path, progress: JobProgress
) -> tuple[ImageEncoder, list[int], list[Pixels]] | Absent:
    """An encoder, its files in ``folder``, with the items (rows of the vocabulary) and pictures that it is to read."""
    config = draft.recipe.images
    given = image_encoder_ensure(config.source, image_encoders_home()) if config.source else None
    rows, pixels = _pictures(draft, given.info.size if given else config.size, progress)
    if not pixels:
        return Absent(NO_PICTURES)
    given = given or _of_live_bundle(draft, len(pixels))
    if given:
        shutil.copytree(given.folder, folder / ENCODER)
        return ImageEncoder(folder / ENCODER), rows, pixels
    trained = image_train(pixels, draft.text_vectors[rows], config, seed=draft.recipe.seed, progress=progress.update)
    if isinstance(trained, Absent):
        return trained
    progress.log(f"{trained.recall:.0%} of pictures kept back find their text in ten, {trained.chance:.0%} by chance")
    (folder / ENCODER).mkdir()
    return trained.export(folder / ENCODER), rows, pixels


def _pictures(draft: Draft, size: int, progress: JobProgress) -> tuple[list[int], list[Pixels]]:
    """Row and pixels of each picture that can be read; what cannot is counted by its reason."""
    ids = draft.snapshot.items.ids
    row_of = dict(zip(ids.tolist(), range(len(ids)), strict=True))
    rows: list[int] = []
    pixels: list[Pixels] = []
    refused: Counter[str] = Counter()
    for number, one in enumerate(pictures_read(draft.shop.pk, row_of, size)):
        if one.pixels is None:
            refused[one.reason] += 1
        else:
            rows.append(row_of[one.item_id])
            pixels.append(one.pixels)
        if number % 100 == 0:
            progress.update(number, len(ids))
    for reason, times in refused.most_common(5):
        progress.log(f"{times} pictures left out: {reason}")
    return rows, pixels


def _of_live_bundle(draft: Draft, pictures: int) -> ImageEncoder | None:
    """The learned network that serves, so that vectors stay comparable from night to night; None: learn anew."""
    live = Live.objects.select_related("bundle").filter(shop=draft.shop).first()
    if live is None or live.bundle is None:
        return None
    try:
        encoder = bundle_open(live.bundle).image_encoder
    except ArtifactMismatch:
        return None
    config = draft.recipe.images
    if encoder is None or encoder.info.source or (encoder.info.size, encoder.info.dim) != (config.size, config.dim):
        return None
    return encoder if pictures < LEARN_AGAIN * encoder.info.learned_from else None
