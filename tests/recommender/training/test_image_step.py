"""The step of a training that looks at pictures: learned, used again, or absent with a reason."""

import colorsys
from dataclasses import replace

import numpy as np
import pytest

from recommender.data.absent import Absent
from recommender.data.snapshot_files import snapshot_write
from recommender.encoders.image_encoder import ImageEncoder
from recommender.encoders.image_training import ImageConfig
from recommender.facts.snapshot import snapshot_take
from recommender.jobs import JobProgress
from recommender.models import JobRun
from recommender.training.absent_words import NO_PICTURES
from recommender.training.draft import Draft
from recommender.training.image_step import ENCODER, images_step
from recommender.training.recipe import TrainingRecipe
from recommender.training.workspace import Workspace, arrays_write
from tests.fixtures.tiny_shop import NOW, shopper_with, tiny_live, tiny_shop

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("one_thread")]

N = 80
SMALL = ImageConfig(size=16, dim=8, width=4, epochs=12, batch=20, min_pictures=40, learning_rate=1e-2)
SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 20 20"><rect width="20" height="18" fill="{}"/></svg>'


@pytest.fixture
def tiny(settings, tmp_path):
    settings.MEDIA_ROOT, settings.DPE_BUNDLES = tmp_path / "media", tmp_path / "bundles"
    (settings.MEDIA_ROOT / "items").mkdir(parents=True)
    shop = tiny_shop(n=N, departments=4)
    shopper_with(shop, shop.items[:3])
    return shop


def pictures_paint(settings, tiny) -> None:
    """A colour for each item, so that hue and text turn together; the first picture is torn."""
    for k, item in enumerate(tiny.items):
        red, green, blue = (round(255 * part) for part in colorsys.hsv_to_rgb(k / N, 1, 0.5 + k % 2 / 2))
        path = settings.MEDIA_ROOT / "items" / f"{item.external_id}.svg"
        path.write_text(SVG.format(f"#{red:02x}{green:02x}{blue:02x}") if k else "<svg")


@pytest.fixture
def draft(tiny, tmp_path):
    made = Draft(tiny.shop, TrainingRecipe(images=SMALL), NOW, Workspace(tmp_path / "work"), "cpu")
    with made.workspace.writing("snapshot") as folder:
        snapshot_write(snapshot_take(tiny.shop, until=NOW), folder)
    turn = 2 * np.pi * np.arange(N) / N
    text = np.stack([np.cos(turn), np.sin(turn), np.where(np.arange(N) % 2, 1, -1)], axis=1).astype(np.float32)
    with made.workspace.writing("texts") as folder:
        arrays_write(folder, vectors=text / np.linalg.norm(text, axis=1, keepdims=True))
    return made


def step_run(draft) -> JobRun:
    job = JobRun.objects.create(shop=draft.shop, kind="train", status=JobRun.Status.RUNNING)
    with draft.workspace.writing("images") as folder:
        progress = JobProgress(job)
        progress.plan({"images": 1.0})
        progress.step("images")
        images_step(draft, folder, progress)
    return job


def test_pictures_become_vectors_and_torn_ones_are_missing(settings, tiny, draft):
    pictures_paint(settings, tiny)
    step_run(draft)
    vectors = draft.workspace.array("images", "vectors")
    assert vectors.shape == (N, SMALL.dim)
    assert np.isnan(vectors).any(axis=1).tolist() == [True] + [False] * (N - 1)
    assert draft.item_facts.images.shape == (N, SMALL.dim)
    assert ImageEncoder(draft.workspace.path("images") / ENCODER).info.learned_from == N - 1


def test_the_network_that_serves_is_used_again(settings, tiny, draft, tmp_path):
    pictures_paint(settings, tiny)
    step_run(draft)
    first = ImageEncoder(draft.workspace.path("images") / ENCODER)
    bundle, _ = tiny_live(tiny)
    first.folder.rename(bundle.path / ENCODER)
    again = replace(draft, workspace=Workspace(tmp_path / "again"), recipe=TrainingRecipe(images=SMALL, seed=9))
    for name in ("snapshot", "texts"):
        again.workspace.folder.mkdir(exist_ok=True)
        draft.workspace.path(name).rename(again.workspace.folder / name)
    step_run(again)
    assert ImageEncoder(again.workspace.path("images") / ENCODER).fingerprint == first.fingerprint
    assert again.workspace.json("images")["learned_from"] == N - 1


def test_without_pictures_the_bundle_says_why(draft):
    step_run(draft)
    assert draft.workspace.json("images") == {"absent": Absent(NO_PICTURES).to_json()}
    assert draft.item_facts.image is None
    assert not (draft.workspace.path("images") / ENCODER).exists()
