"""Steps that learn from behaviour: facts, texts, tables, encoder, fusion and second stage."""

import math
from pathlib import Path

import numpy as np

from catalog.outbox import outbox_add
from recommender.collaborative.ease import ease_bytes
from recommender.collaborative.item_knn import item_knn_fit
from recommender.collaborative.models import models_fit
from recommender.collaborative.popularity import popularity_fit, recent_popularity_fit
from recommender.collaborative.replenishment import replenishment_fit
from recommender.collaborative.sequential_rules import sequential_rules_fit
from recommender.data.absent import Absent
from recommender.data.item_model_files import item_model_write
from recommender.data.snapshot_files import snapshot_write
from recommender.data.types import DataError
from recommender.embedding import TOPIC_TEXTS, encoders_home, texts_embed
from recommender.encoders.export import encoder_export
from recommender.encoders.training_loop import encoder_train
from recommender.facts.snapshot import snapshot_take
from recommender.jobs import JobProgress
from recommender.language.text_encoder import TextEncoder
from recommender.language.text_encoder_export import text_encoder_ensure
from recommender.ranking.choices import choices_make
from recommender.ranking.fusion import fusion_fit
from recommender.ranking.second_stage_training import second_stage_fit
from recommender.retrieval.exact import ExactGather
from recommender.serving.bundle import SECOND_STAGE
from recommender.training.draft import Draft
from recommender.training.workspace import arrays_write, json_write

SHARED_ABOVE = 200  # texts from which on default workers are asked to help
CPU_THREADS = 2  # of onnxruntime, for text batches in a training


def snapshot_step(draft: Draft, folder: Path, progress: JobProgress) -> None:
    """Take the facts as they stood when the training was asked for."""
    snapshot = snapshot_take(draft.shop, until=draft.until)
    if len(snapshot.interactions) == 0:
        raise DataError(f"{draft.shop} has no interaction to learn from; load the demo shop or import a data set")
    snapshot_write(snapshot, folder)
    pages = 0 if snapshot.impressions is None else len(snapshot.impressions.pool_start) - 1
    progress.log(
        f"{len(snapshot.items)} items, {len(snapshot.shopper_ids)} shoppers, "
        f"{len(snapshot.interactions)} interactions, {pages} shown pages"
    )


def texts_step(draft: Draft, folder: Path, progress: JobProgress) -> None:
    """Export the text encoder unless it is there, and get a vector for every text that has none; workers help."""
    encoder = text_encoder_ensure(draft.recipe.text, encoders_home())
    items = draft.snapshot.items
    if len(items) > SHARED_ABOVE:
        outbox_add(shop=draft.shop, topic=TOPIC_TEXTS, payload={"encoder": encoder.fingerprint})
    texts = dict(zip(items.ids.tolist(), items.texts, strict=True))
    fast = TextEncoder(encoder.folder, threads=CPU_THREADS)
    arrays_write(folder, vectors=texts_embed(draft.shop.pk, fast, texts, progress=progress.update))
    json_write(folder, {"folder": str(encoder.folder), "fingerprint": encoder.fingerprint})
    progress.log(f"text encoder {draft.recipe.text.source}, ONNX within {encoder.info.parity:.0e} of torch")


def tables_step(draft: Draft, folder: Path, progress: JobProgress) -> None:
    """Count: sequential rules, neighbours, popularity."""
    train, config, now_us = draft.holdout.train, draft.recipe.learning, draft.holdout.now_us
    rules, knn = sequential_rules_fit(train, config.rules), item_knn_fit(train, config.item_knn)
    arrays_write(
        folder,
        popularity=popularity_fit(train, config.popularity, until_us=now_us),
        recent_popularity=recent_popularity_fit(train, config.popularity, until_us=now_us),
        replenishment=replenishment_fit(train),
        rules_start=rules.start,
        rules_item=rules.item,
        rules_weight=rules.weight,
        knn_start=knn.start,
        knn_item=knn.item,
        knn_weight=knn.weight,
    )
    progress.log(f"{len(rules.item)} rules, {len(knn.item)} neighbours")


def models_step(draft: Draft, folder: Path, progress: JobProgress) -> None:
    """Learn the collaborative models that the recipe names."""
    learning, n = draft.recipe.learning, len(draft.snapshot.items)
    models = models_fit(
        learning.models,
        draft.holdout.train,
        learning,
        seed=draft.recipe.seed,
        until_us=draft.holdout.now_us,
        progress=progress.update,
    )
    for name, model in models.items():
        item_model_write(folder / "learned" / name, model)
    progress.log(f"learned: {', '.join(models)}" if models else "the recipe names no collaborative model")
    if "ease" in models and n > learning.ease.max_items:
        size = ease_bytes(n, learning.ease) / 1e9
        progress.log(f"EASE speaks of the {learning.ease.max_items} items met most often ({size:.1f} GB) of {n}")


def encoder_step(draft: Draft, folder: Path, progress: JobProgress) -> None:
    """Train the Transformer and the item tower, and export both."""
    progress.job.curves.clear()  # of an attempt that did not live to its end

    def report(step: int, total: int, loss: float) -> None:
        progress.curve("loss", step, round(loss, 4))
        progress.update(step, total)

    trained = encoder_train(
        draft.holdout.train,
        draft.text_vectors if draft.text_vectors.any() else None,
        draft.recipe.learning.encoder,
        validation=draft.holdout.thirds.stop if len(draft.holdout.thirds.stop) else None,
        seed=draft.recipe.seed,
        device=draft.device,
        progress=report,
    )
    for record in trained.curve:
        if not math.isnan(record.ndcg):
            progress.curve("validation NDCG@10", record.epoch, round(record.ndcg, 4))
    parity = encoder_export(trained, folder, seed=draft.recipe.seed)
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
            "ndcg_at_10": None if np.isnan(trained.ndcg) else trained.ndcg,
            "parity": {"state_encoder": parity.state_encoder, "item_tower": tower},
        },
    )
    progress.log(f"best after {trained.epochs} of {len(trained.curve)} epochs, NDCG@10 {trained.ndcg:.4f} on its own")


def fusion_step(draft: Draft, folder: Path, progress: JobProgress) -> None:
    """Weigh the components so that kept-back choices become likely, and grow trees over the best of them."""
    config = draft.recipe.learning.encoder
    choices = choices_make(
        draft.holdout.train,
        draft.holdout.thirds.fusion,
        draft.arrays,
        draft.state_encoder,
        max_length=config.max_length,
        gather=ExactGather(draft.arrays),
        now_us=draft.holdout.now_us,
        progress=progress.update,
    )
    weights = fusion_fit(choices)
    progress.log(f"fusion fitted on {weights.users} shoppers" if weights.users else "too few shoppers: default fusion")
    stage = second_stage_fit(choices, config=draft.recipe.second_stage, seed=draft.recipe.seed)
    if isinstance(stage, Absent):
        json_write(folder, {"fusion": weights.to_json(), "absent": stage.reason})
        progress.log(f"no second stage: {stage.reason}")
        return
    (folder / SECOND_STAGE).write_text(stage.forest.text)
    json_write(folder, {"fusion": weights.to_json(), "second_stage": stage.to_json()})
    progress.log(f"second stage: {stage.words}")
