"""Steps that learn from behaviour: facts, texts, tables, encoder, fusion and second stage."""

from pathlib import Path

import numpy as np

from catalog.outbox import outbox_add
from recommender.collaborative.ease import ease_bytes
from recommender.collaborative.models import models_fit
from recommender.collaborative.tables import behaviour_tables
from recommender.data.absent import Absent
from recommender.data.event_weights import DeedWeights, EventWeights, event_weights_learn
from recommender.data.item_model_files import item_model_write
from recommender.data.preprocessing import Treated, snapshot_prepare
from recommender.data.snapshot_files import snapshot_write
from recommender.data.types import Context, DataError, History
from recommender.embedding import TOPIC_TEXTS, encoders_home, texts_embed
from recommender.encoders.start_states_training import start_states_fit
from recommender.facts.snapshot import doubtful_count, snapshot_take
from recommender.jobs import JobProgress
from recommender.language.text_encoder import TextEncoder
from recommender.language.text_encoder_export import text_encoder_ensure
from recommender.ranking.choices import choices_make, state_of
from recommender.ranking.fusion_fitting import fusion_fit
from recommender.ranking.second_stage_training import second_stage_fit
from recommender.retrieval.exact import ExactGather
from recommender.serving.bundle import SECOND_STAGE, START_STATES
from recommender.store.rulesets import staff_event_weights
from recommender.training.absent_words import NOBODY_JUDGES
from recommender.training.draft import Draft
from recommender.training.holdout import holdout_make, judged_kept_back
from recommender.training.workspace import arrays_write, json_write

SHARED_ABOVE = 200  # texts from which on default workers are asked to help
CPU_THREADS = 2  # of onnxruntime, for text batches in a training


def snapshot_step(draft: Draft, folder: Path, progress: JobProgress) -> None:
    """Take the facts as they stood when the training was asked for, and treat what is missing or extreme in them.

    Raises: DataError if there is no interaction to learn from, or nobody to judge what was learned with: this is said
        before anything is learned.
    """
    snapshot, report = snapshot_prepare(snapshot_take(draft.shop, until=draft.until), draft.recipe.preprocessing)
    if len(snapshot.interactions) == 0:
        raise DataError(f"{draft.shop} has no interaction to learn from; load the demo shop or import a data set")
    if not len(holdout_make(snapshot, draft.recipe.holdout).thirds.report):
        raise DataError(NOBODY_JUDGES)
    snapshot_write(snapshot, folder)
    doubtful = doubtful_count(draft.shop, until=draft.until)
    report = report.after(Treated("doubtful", doubtful, doubtful + len(snapshot.interactions)))
    rulings = staff_event_weights(draft.shop)
    json_write(folder, {"treated": report.to_json(), "staff_weights": rulings}, name="preparation")
    pages = 0 if snapshot.impressions is None else len(snapshot.impressions.pool_start) - 1
    progress.log(
        f"{len(snapshot.items)} items, {len(snapshot.shopper_ids)} shoppers, "
        f"{len(snapshot.interactions)} interactions, {pages} shown pages"
    )
    progress.log(f"treated: {'; '.join(report.lines()) or 'nothing'}")


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
    """Learn what each kind of deed says, and count by it: sequential rules, neighbours, popularity."""
    train, config, now_us = draft.holdout.train, draft.recipe.learning, draft.holdout.now_us
    deeds = DeedWeights(event_weights_step(draft, folder, progress), draft.recipe.event_weights)
    tables = behaviour_tables(train, config, until_us=now_us, deeds=deeds)
    arrays_write(folder, **tables.arrays())
    progress.log(f"{len(tables.rules.item)} rules, {len(tables.knn.item)} neighbours")


def event_weights_step(draft: Draft, folder: Path, progress: JobProgress) -> EventWeights:
    """Weights of the kinds of deeds, without what the judged shoppers did last; what staff ruled goes first."""
    facts = judged_kept_back(draft.snapshot, draft.holdout).interactions
    learned = event_weights_learn(
        facts, n_items=len(draft.snapshot.items), until_us=draft.snapshot.until_us, config=draft.recipe.event_weights
    )
    weights = learned.overruled(draft.workspace.json("snapshot", "preparation")["staff_weights"])
    json_write(folder, weights.to_json(), name="event_weights")
    told = ", ".join(f"{one.kind} {one.weight:g}{' by staff' if one.by_staff else ''}" for one in weights.kinds)
    progress.log(f"deeds weigh: {told}{f' ({weights.reason})' if weights.reason else ''}")
    return weights


def models_step(draft: Draft, folder: Path, progress: JobProgress) -> None:
    """Learn the collaborative models that the recipe names."""
    learning, n = draft.recipe.learning, len(draft.snapshot.items)
    models = models_fit(
        learning.models,
        draft.holdout.train,
        learning,
        seed=draft.recipe.seed,
        until_us=draft.holdout.now_us,
        triples=draft.snapshot.triples,
        progress=progress.update,
    )
    for name, model in models.items():
        item_model_write(folder / "learned" / name, model)
    progress.log(f"learned: {', '.join(models)}" if models else "the recipe names no collaborative model")
    if "ease" in models and n > learning.ease.max_items:
        size = ease_bytes(n, learning.ease) / 1e9
        progress.log(f"EASE speaks of the {learning.ease.max_items} items met most often ({size:.1f} GB) of {n}")


def start_states_step(draft: Draft, folder: Path, progress: JobProgress) -> None:
    """Learn what a first request's situation says of what its shopper begins with."""
    nobody = Context(draft.shop.pk, 0, "", "homepage", 0, History.empty())
    nothing, encoder = np.zeros(0, np.int64), draft.recipe.learning.encoder
    starts = start_states_fit(
        draft.holdout.train,
        draft.snapshot.shoppers.traits,
        item_vectors=draft.arrays.item_vectors,
        item_bias=draft.arrays.item_bias,
        start_state=state_of(nobody, nothing, draft.arrays, draft.state_encoder, encoder.max_length),
        time_zone=draft.shop.time_zone,
        config=draft.recipe.start_states,
    )
    if isinstance(starts, Absent):
        json_write(folder, {"absent": starts.to_json()})
        progress.log(f"no start states by situation: {starts}")
        return
    np.save(folder / START_STATES, starts.shifts, allow_pickle=False)
    json_write(folder, {"start_states": starts.to_json()})
    told = f"{starts.gain:.4f} nats gained, {starts.situation_gain:.4f} of them by {len(starts.features)} features"
    progress.log(f"start states by situation: {told}")


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
    fitted = f"fusion fitted on {weights.users} shoppers, ridge {weights.ridge:g}"
    progress.log(fitted if weights.users else "too few shoppers: default fusion")
    stage = second_stage_fit(choices, config=draft.recipe.second_stage, seed=draft.recipe.seed)
    if isinstance(stage, Absent):
        json_write(folder, {"fusion": weights.to_json(), "absent": stage.to_json()})
        progress.log(f"no second stage: {stage}")
        return
    (folder / SECOND_STAGE).write_text(stage.forest.text)
    json_write(folder, {"fusion": weights.to_json(), "second_stage": stage.to_json()})
    progress.log(f"second stage: {stage.words}")
