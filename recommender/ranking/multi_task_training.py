"""Training of the ranker on logged pages: cross-fitted, corrected for place, calibrated on exploration (torch)."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from recommender.data.absent import Absent
from recommender.data.event_weights import DeedWeights
from recommender.data.folds import FOLDS, shopper_folds
from recommender.data.learned import LearnedArrays
from recommender.data.reward import HEADS, RewardWeights
from recommender.data.snapshot import Snapshot
from recommender.data.types import Encoder, Floats, Ints
from recommender.encoders.config import SHOP_DEFAULTS, LearningConfig
from recommender.encoders.devices import device_choose
from recommender.encoders.onnx_file import onnx_write
from recommender.encoders.trained import Progress, no_progress
from recommender.ranking.binary_metrics import Platt
from recommender.ranking.components import COMPONENTS
from recommender.ranking.cross_fitting import CrossFit
from recommender.ranking.examination import Examination
from recommender.ranking.features import feature_names
from recommender.ranking.multi_task_net import MultiTaskNet, net_logits
from recommender.ranking.rank import ROWS, ranked_of
from recommender.ranking.ranker_config import RankerConfig
from recommender.ranking.ranker_evaluation import calibrations_fit, ranker_metrics
from recommender.ranking.ranker_rows import RankerRows, ranker_rows
from recommender.ranking.training_rows import Components, Fuse, LoggedPools, PoolRows


@dataclass(frozen=True)
class TrainedRanker:
    """A ranker ready for export, and what is known about it."""

    model: MultiTaskNet
    network: str  # of ``ranker_config.NETWORKS``
    feature_names: tuple[str, ...]
    scaling: tuple[Floats, Floats]  # (F,) mean, (F,) spread
    calibration: tuple[Platt, ...]  # per head
    metrics: dict[str, Any]
    examination: Examination
    rewards: RewardWeights
    long_stay: float  # seconds beyond which a stay is long, NaN where stays are unknown
    pools: LoggedPools

    def to_json(self) -> dict[str, Any]:
        """For ``Manifest.ranker``."""
        return {
            "features": list(self.feature_names),
            "heads": list(HEADS),
            "network": self.network,
            "long_stay_seconds": self.long_stay if np.isfinite(self.long_stay) else None,
            "mean": self.scaling[0].tolist(),
            "spread": self.scaling[1].tolist(),
            "calibration": {
                head: [one.slope, one.intercept] for head, one in zip(HEADS, self.calibration, strict=True)
            },
            "examination": self.examination.ratio.round(5).tolist(),
            "examination_rows": self.examination.rows,
            "rewards": vars(self.rewards),
            "metrics": self.metrics,
        }


def ranker_train(
    snapshot: Snapshot,
    arrays: LearnedArrays,
    encode_state: Encoder,
    components: Components,
    *,
    fuse: Fuse | None = None,
    config: RankerConfig | None = None,
    learning: LearningConfig = SHOP_DEFAULTS,
    deeds: DeedWeights | None = None,
    rewards: RewardWeights | None = None,
    encoder_saw_pages: bool = True,
    seed: int = 0,
    device: str = "cpu",
    progress: Progress = no_progress,
) -> TrainedRanker | Absent:
    """Learn what comes of showing a card.

    Two nets are trained on one half of the shoppers each (early pages only) and tell the truth about the recipe on the
    other half; the net that serves learns from everybody and takes the calibration the halves agreed on. Features of a
    page come from an encoder and tables that knew nothing of it (``past_models``, ``rolling_tables``).

    Args:
        snapshot: its impressions carry pools and propensities; its items are the vocabulary of ``arrays``.
        arrays: of the bundle being made.
        encode_state: its state encoder.
        components: ``ranking.components.components_compute``.
        fuse: the fusion, reported beside the ranker.
        config: see ``RankerConfig``.
        learning: how the bundle's tables were counted; past ones are counted the same way.
        deeds: what the kinds of deeds weighed in them.
        rewards: what outcomes are worth.
        encoder_saw_pages: whether ``arrays`` and ``encode_state`` were learned from the time of the pages too; then an
            encoder of the past is trained to explain them (``ranking.past_models``).
        seed: equal seeds on one machine give equal weights.
        device: cpu, cuda or auto.
        progress: told (pages done, pages, NaN) while features are made.
    Returns: the ranker, or ``Absent`` where too little was shown or clicked.
    """
    config, rewards = config or RankerConfig(), rewards or RewardWeights()
    made = ranker_rows(
        snapshot,
        arrays,
        encode_state,
        components,
        fuse=fuse,
        config=config,
        learning=learning,
        deeds=deeds,
        encoder_saw_pages=encoder_saw_pages,
        seed=seed,
        device=device,
        progress=progress,
    )
    return made if isinstance(made, Absent) else _trained(snapshot, made, config, rewards, seed, device)


def _trained(
    snapshot: Snapshot, made: RankerRows, config: RankerConfig, rewards: RewardWeights, seed: int, device: str
) -> TrainedRanker:
    """Nets, calibration, metrics and scored pools from rows."""
    fit = CrossFit(made.rows, made.offset, config, seed, device_choose(device))
    everyone = np.ones(len(made.rows), np.bool_)
    halves = shopper_folds(len(snapshot.shopper_ids), seed=seed)
    nets, held = fit.halves(halves)
    calibration = calibrations_fit(held, everyone)
    model = fit.net(everyone, seed + FOLDS)
    return TrainedRanker(
        model=model,
        network=config.network,
        feature_names=feature_names(COMPONENTS),
        scaling=(model.mean.numpy(), model.spread.numpy()),
        calibration=calibration,
        metrics=ranker_metrics(held),
        examination=made.examination,
        rewards=rewards,
        long_stay=made.long_stay,
        pools=_pools_score(made.pools, halves[made.pool_shopper], nets, calibration, rewards),
    )


def _pools_score(
    pools: PoolRows, half: Ints, nets: list[MultiTaskNet], calibration: tuple[Platt, ...], rewards: RewardWeights
) -> LoggedPools:
    """Score each pool with the net that did not meet its shopper."""
    of_row = np.repeat(half, np.diff(pools.start))
    logits = np.where((of_row == 0)[:, None], net_logits(nets[1], pools.features), net_logits(nets[0], pools.features))
    said = np.stack([one.apply(logits[:, h]) for h, one in enumerate(calibration)], axis=1).astype(np.float32)
    ranked = ranked_of(said, rewards)
    return LoggedPools(pools.page, pools.start, pools.item, ranked.score, ranked.value)


class _ServedRanker(nn.Module):
    """(512, F) features → (512, 10): calibrated probabilities, and the deviation of each calibrated logit."""

    slope: Tensor
    intercept: Tensor

    def __init__(self, model: MultiTaskNet, calibration: tuple[Platt, ...]) -> None:
        super().__init__()
        self.model = model
        self.register_buffer("slope", torch.tensor([one.slope for one in calibration]))
        self.register_buffer("intercept", torch.tensor([one.intercept for one in calibration]))

    def forward(self, features: Tensor) -> Tensor:
        """(n, F) → (n, 2H): probabilities of the heads at the reference place, then deviations of their logits."""
        logits, unsure = self.model.logits_and_deviations(features)
        said = torch.sigmoid(logits * self.slope + self.intercept)
        return torch.cat([said, unsure * self.slope.abs()], dim=1)


def ranker_export(trained: TrainedRanker, path: Path, *, seed: int = 0) -> float:
    """``net_export`` of a trained ranker."""
    return net_export(trained.model, trained.calibration, path, seed=seed)


def net_export(model: MultiTaskNet, calibration: tuple[Platt, ...], path: Path, *, seed: int = 0) -> float:
    """Write ``ranker.onnx``: input ``features`` (512, F) float32, output (512, 10).

    Returns: largest difference from the trained network on random features.
    Raises: ArtifactMismatch if it is above 1e-4.
    """
    mean, spread = model.mean.numpy(), model.spread.numpy()
    noise = np.random.default_rng(seed).normal(size=(ROWS, len(mean)))
    features = (mean + spread * noise).astype(np.float32)
    return onnx_write(_ServedRanker(model, calibration), {"features": features}, path, what="ranker", fixed=True)
