"""A bundle from sequences alone: the shop's behaviour models without its database, for benchmarks and evaluation."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from recommender.collaborative.models import models_fit
from recommender.collaborative.tables import behaviour_tables
from recommender.data.absent import Absent
from recommender.data.files import whole_folder
from recommender.data.sequences import Sequences
from recommender.data.splits import Targets, Thirds
from recommender.encoders.checkpoints import Checkpointing
from recommender.encoders.config import LearningConfig
from recommender.encoders.export import encoder_export
from recommender.encoders.trained import TrainedEncoder
from recommender.encoders.training_loop import encoder_train
from recommender.ranking.choices import choices_make
from recommender.ranking.fusion import DEFAULT_WEIGHTS, FusionWeights
from recommender.ranking.fusion_fitting import fusion_fit
from recommender.ranking.second_stage import SecondStage
from recommender.ranking.second_stage_training import second_stage_fit
from recommender.retrieval.exact import ExactGather
from recommender.retrieval.sources import MODEL_SOURCES
from recommender.serving.bundle import Bundle, BundleArrays, bundle_load, bundle_write
from recommender.trials.catalogue import Catalogue, described

Stages = Callable[[str, int, int], None]
"""Called with (name of the stage, steps done, steps in all)."""


_UNFITTED = Absent("no validation shoppers to fit it on")


@dataclass(frozen=True)
class Weighing:
    """What validation shoppers decided about ranking: weights of the fusion, and the trees over it."""

    fusion: FusionWeights = DEFAULT_WEIGHTS
    second_stage: SecondStage | Absent = _UNFITTED

    def fusion_alone(self) -> "Weighing":
        """The same without the trees."""
        return Weighing(self.fusion, Absent("left out"))

    def to_json(self) -> dict[str, Any]:
        """For reports."""
        stage = self.second_stage
        told = {"absent": str(stage)} if isinstance(stage, Absent) else stage.to_json()
        return {"fusion": self.fusion.to_json(), "second_stage": told}


@dataclass(frozen=True)
class Trial:
    """A learned bundle and what is needed to learn it again on more data."""

    bundle: Bundle
    epochs: int  # the encoder was trained for
    validation_ndcg: float  # NDCG@10 of the encoder alone on the shoppers it was stopped on, NaN without
    weighing: Weighing


def trial_learn(
    folder: Path,
    train: Sequences,
    catalogue: Catalogue,
    config: LearningConfig,
    *,
    seed: int,
    stages: Stages,
    thirds: Thirds | None = None,
    weighing: Weighing | None = None,
    now_us: int = 0,
    repeats: bool = False,
    device: str = "cpu",
    checkpoint: Path | None = None,
) -> Trial:
    """Fit every behaviour model and write a bundle.

    Args:
        folder: where the bundle will stand; must not exist.
        train: behaviour to learn from.
        catalogue: the vocabulary, one row per item of ``train``.
        config: of the models.
        seed: of everything random.
        stages: progress.
        thirds: held-out shoppers: the first third stops the encoder, the second fits fusion and second stage.
            None: all epochs of ``config`` are trained.
        weighing: fusion and second stage to use instead of fitting them.
        now_us: end of ``train``; 0 where it has no times.
        repeats: whether the task may be answered with items already met.
        device: for the encoder.
        checkpoint: folder where the encoder's training keeps how far it is; a killed call is taken up there.
    """
    trained = _encoder(train, catalogue, config, seed, stages, thirds, checkpoint, repeats=repeats, device=device)
    stages("tables", 0, 1)
    arrays = arrays_fit(train, catalogue, config, trained, now_us=now_us, seed=seed)
    stages("tables", 1, 1)
    with whole_folder(folder) as draft:
        encoder_export(trained, draft, seed=seed)
        bundle_write(draft, arrays, _manifest(config, trained))
    bundle = bundle_load(folder, verify=False)
    if weighing is None and thirds is not None:
        weighing = weighing_learn(bundle, train, thirds.fusion, stages, now_us=now_us, repeats=repeats, seed=seed)
    return Trial(bundle_with(bundle, weighing or Weighing()), trained.epochs, trained.ndcg, weighing or Weighing())


def weighing_learn(
    bundle: Bundle,
    train: Sequences,
    targets: Targets,
    stages: Stages,
    *,
    now_us: int = 0,
    repeats: bool = False,
    seed: int = 0,
) -> Weighing:
    """Fusion and second stage under which held-out shoppers' choices among the gathered candidates are likeliest."""
    choices = choices_make(
        train,
        targets,
        bundle.arrays,
        bundle.state_encoder,
        max_length=bundle.manifest.max_length,
        gather=ExactGather(bundle.arrays),
        repeats=repeats,
        now_us=now_us,
        progress=lambda done, total: stages("fusion", done, total),
    )
    stages("second stage", 0, 1)
    weighing = Weighing(fusion_fit(choices), second_stage_fit(choices, repeats=repeats, seed=seed))
    stages("second stage", 1, 1)
    return weighing


def bundle_with(bundle: Bundle, weighing: Weighing) -> Bundle:
    """The same bundle under another fusion and second stage, in memory."""
    stage, absent = weighing.second_stage, dict(bundle.manifest.absent)
    absent.pop("second_stage", None)
    if isinstance(stage, Absent):
        manifest = replace(bundle.manifest, second_stage={}, absent={**absent, "second_stage": str(stage)})
    else:
        manifest = replace(bundle.manifest, second_stage=stage.to_json(), absent=absent)
    manifest = replace(manifest, fusion=weighing.fusion.to_json())
    return Bundle(bundle.path, manifest, bundle.arrays, second_stage=None if isinstance(stage, Absent) else stage)


def arrays_fit(
    train: Sequences, catalogue: Catalogue, config: LearningConfig, trained: TrainedEncoder, *, now_us: int, seed: int
) -> BundleArrays:
    """Tables, vectors and collaborative models of a bundle."""
    n = len(catalogue)
    text = np.zeros((n, 0), np.float32) if catalogue.text_vectors is None else np.nan_to_num(catalogue.text_vectors)
    return BundleArrays(
        item_ids=catalogue.ids,
        item_vectors=trained.item_vectors,
        item_bias=trained.item_bias,
        text_vectors=text.astype(np.float16),
        text_mean=trained.whitening.mean,
        text_whitening=trained.whitening.projection,
        department=catalogue.department,
        category=catalogue.category,
        brand=catalogue.brand,
        price_minor=np.full(n, -1, np.int64),
        **behaviour_tables(train, config, until_us=now_us).arrays(),
        models=models_fit(config.models, train, config, seed=seed, until_us=now_us, triples=described(catalogue)),
    )


def _encoder(
    train: Sequences,
    catalogue: Catalogue,
    config: LearningConfig,
    seed: int,
    stages: Stages,
    thirds: Thirds | None,
    checkpoint: Path | None,
    *,
    repeats: bool,
    device: str,
) -> TrainedEncoder:
    return encoder_train(
        train,
        catalogue.text_vectors,
        config.encoder,
        validation=None if thirds is None else thirds.stop,
        repeats=repeats,
        seed=seed,
        device=device,
        checkpointing=None if checkpoint is None else Checkpointing(checkpoint),
        progress=lambda step, total, loss: stages(f"encoder (loss {loss:.2f})", step, total),
        facts=catalogue.facts,
    )


def _manifest(config: LearningConfig, trained: TrainedEncoder) -> dict[str, object]:
    return {
        "shop_id": 0,
        "item_dim": config.encoder.embedding_dim,
        "max_length": config.encoder.max_length,
        "text_encoder": "",
        "recipe": config.to_json(),
        "evaluation": {"encoder_ndcg_at_10": None if np.isnan(trained.ndcg) else trained.ndcg},
        "absent": {
            **dict.fromkeys(("ranker", "policy"), "no impressions were logged"),
            **{name: "the configuration does not name it" for name in MODEL_SOURCES if name not in config.models},
        },
    }
