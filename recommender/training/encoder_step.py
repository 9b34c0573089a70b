"""The step that learns from what shoppers did: item vectors and the sequence encoder, anew or from a bundle's."""

import math
from pathlib import Path

import numpy as np

from recommender.data.types import ArtifactMismatch, Bools
from recommender.encoders.checkpoints import Checkpointing
from recommender.encoders.config import EncoderConfig
from recommender.encoders.export import Parity, encoder_export
from recommender.encoders.together import Lesson, encoder_train_together
from recommender.encoders.trained import EpochRecord, TrainedEncoder
from recommender.encoders.warm_start import WarmStart, warm_start_read, weights_write
from recommender.jobs import JobProgress
from recommender.store.bundles import bundle_path
from recommender.training.draft import Draft
from recommender.training.update_lessons import update_lessons
from recommender.training.workspace import arrays_write, json_write

CHECKPOINT = "encoder_checkpoint"  # in the workspace, which a killed training comes back to


def encoder_step(draft: Draft, folder: Path, progress: JobProgress) -> None:
    """Train the item tower and the encoder, or update those of an earlier bundle, and export both."""
    progress.job.curves.clear()  # an attempt that goes on repeats its forerunner's
    config, warm, lessons = _beginning(draft, progress)

    def told(record: EpochRecord) -> None:
        for name, value, digits in (("loss", record.loss, 4), ("validation NDCG@10", record.ndcg, 5)):
            if not math.isnan(value):
                progress.curve(name, record.epoch, round(value, digits))

    lesson = Lesson(
        draft.holdout.train,
        draft.texts_to_read,
        config,
        facts=draft.item_facts,
        validation=draft.stop_targets,
        seed=draft.recipe.seed,
        warm=warm,
        learn_from=lessons,
    )
    trained = encoder_train_together(
        lesson,
        device=draft.device,
        progress=lambda step, total, _loss: progress.update(step, total),
        on_epoch=told,
        checkpointing=Checkpointing(draft.workspace.folder / CHECKPOINT),
        group=draft.group,
    )
    parity = encoder_export(trained, folder, seed=draft.recipe.seed)
    weights_write(trained, folder)
    _write(trained, parity, folder, updated=warm is not None)
    progress.log(f"best after {trained.epochs} of {trained.curve[-1].epoch} epochs, NDCG@10 {trained.ndcg:.4f} alone")


def _beginning(draft: Draft, progress: JobProgress) -> tuple[EncoderConfig, WarmStart | None, Bools | None]:
    """The configuration, the weights to begin from and the entries to learn from; without an update None and None."""
    config, base = draft.recipe.learning.encoder, draft.update_from
    if base is None:
        return config, None, None
    try:
        warm = warm_start_read(bundle_path(base), draft.snapshot.items.ids, config)
    except ArtifactMismatch as error:
        progress.log(f"learned from scratch: {error}")
        return config, None, None
    update = draft.recipe.update
    train, since = draft.holdout.train, draft.update_since_us
    lessons = update_lessons(train, since, config, update, seed=draft.recipe.seed)
    if lessons is None:
        progress.log("nothing new to learn from besides counts")
        lessons = np.ones(len(train.item), np.bool_)
    new = int((warm.row < 0).sum())
    progress.log(f"updates bundle {base.pk}: {int(lessons.sum())} of {len(lessons)} entries read, {new} new items")
    return update.applied(config), warm, lessons


def _write(trained: TrainedEncoder, parity: Parity, folder: Path, *, updated: bool) -> None:
    arrays_write(
        folder,
        item_vectors=trained.item_vectors,
        item_bias=trained.item_bias,
        text_mean=trained.whitening.mean,
        text_whitening=trained.whitening.projection,
    )
    tower = None if np.isnan(parity.item_tower) else parity.item_tower
    json_write(
        folder,
        {
            "epochs": trained.epochs,
            "updated": updated,
            "ndcg_at_10": None if np.isnan(trained.ndcg) else trained.ndcg,
            "parity": {"state_encoder": parity.state_encoder, "item_tower": tower},
        },
    )
