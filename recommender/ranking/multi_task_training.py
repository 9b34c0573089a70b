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
from recommender.data.reward import HEADS, RewardWeights, long_stay_seconds, outcome_weights
from recommender.data.snapshot import ImpressionTable, Snapshot
from recommender.data.types import Encoder, Floats, Ints
from recommender.encoders.config import SHOP_DEFAULTS, LearningConfig
from recommender.encoders.devices import device_choose
from recommender.encoders.onnx_file import onnx_write
from recommender.encoders.trained import Progress, no_progress
from recommender.ranking.binary_metrics import Platt
from recommender.ranking.components import COMPONENTS
from recommender.ranking.examination import Examination, examination_fit
from recommender.ranking.features import feature_names
from recommender.ranking.multi_task_net import MultiTaskNet, net_fit, net_logits
from recommender.ranking.past_models import PastModels, past_models
from recommender.ranking.rank import ROWS, ranked_of
from recommender.ranking.ranker_config import RankerConfig
from recommender.ranking.ranker_evaluation import HeldOut, calibrations_fit, ranker_metrics
from recommender.ranking.rolling_tables import RollingTables, explained_since
from recommender.ranking.training_rows import Components, Fuse, LoggedPools, PoolRows, TrainingRows, training_rows

LATE_SHARE = 0.25
"""Share of pages, the latest, that reports are made on."""


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
    missing = _too_little(snapshot, config)
    if missing or snapshot.impressions is None:
        return Absent(missing)
    examination = examination_fit(snapshot.impressions)
    since_us = explained_since(snapshot.impressions)
    models = PastModels(arrays, encode_state)
    if encoder_saw_pages:
        models = past_models(snapshot, models, learning, since_us=since_us, seed=seed, device=device)
    tables = RollingTables(snapshot, snapshot.impressions, models.arrays, learning, deeds)
    pages = _pages_choose(snapshot.impressions, since_us, config, seed)

    def step(done: int) -> None:
        if done % 100 == 0:
            progress(done, len(pages), float("nan"))

    rows, pools = training_rows(snapshot, tables, models.encode_state, components, pages=pages, fuse=fuse, step=step)
    offset = examination.at(snapshot.impressions.section[rows.impression], snapshot.impressions.slot[rows.impression])
    fit = _Fit(rows, offset, config, seed, device_choose(device))
    return _trained(snapshot, snapshot.impressions, fit, pools, examination, rewards)


def _trained(
    snapshot: Snapshot,
    impressions: ImpressionTable,
    fit: "_Fit",
    pools: PoolRows,
    examination: Examination,
    rewards: RewardWeights,
) -> TrainedRanker:
    """Nets, calibration, metrics and scored pools from rows."""
    everyone = np.ones(len(fit.rows), np.bool_)
    halves = shopper_folds(len(snapshot.shopper_ids), seed=fit.seed)
    nets, held = fit.halves(halves)
    calibration = calibrations_fit(held, everyone)
    model = fit.net(everyone, fit.seed + FOLDS)
    return TrainedRanker(
        model=model,
        network=fit.config.network,
        feature_names=feature_names(COMPONENTS),
        scaling=(model.mean.numpy(), model.spread.numpy()),
        calibration=calibration,
        metrics=ranker_metrics(held),
        examination=examination,
        rewards=rewards,
        long_stay=long_stay_seconds(impressions),
        pools=_pools_score(pools, halves[_shopper_of(snapshot, pools.page)], nets, calibration, rewards),
    )


def _too_little(snapshot: Snapshot, config: RankerConfig) -> str:
    impressions = snapshot.impressions
    if impressions is None or len(impressions) == 0:
        return "no shown pages are logged yet; the fusion ranks until shoppers have seen pages"
    pages, clicks = len(impressions.pool_start) - 1, int(impressions.clicked.sum())
    if pages < config.min_pages or clicks < config.min_clicks:
        return (
            f"{pages} shown pages with {clicks} clicks are too few to learn from "
            f"({config.min_pages} and {config.min_clicks} are needed); the fusion ranks until then"
        )
    return ""


def _pages_choose(impressions: ImpressionTable, since_us: int, config: RankerConfig, seed: int) -> Ints:
    """At most ``max_pages`` pages at random among those since ``since_us``."""
    pages = np.unique(impressions.page[impressions.at_us >= since_us])
    if len(pages) <= config.max_pages:
        return pages
    return np.sort(np.random.default_rng(seed).choice(pages, config.max_pages, replace=False))


def _shopper_of(snapshot: Snapshot, page: Ints) -> Ints:
    impressions = snapshot.impressions
    return page if impressions is None else impressions.shopper[np.searchsorted(impressions.page, page)]


class _Fit:
    """Nets over one set of rows."""

    def __init__(
        self, rows: TrainingRows, offset: Floats, config: RankerConfig, seed: int, device: torch.device
    ) -> None:
        self.rows, self.offset, self.config, self.seed, self.device = rows, offset, config, seed, device
        self.weights = outcome_weights(rows.labels)

    def net(self, mask: np.ndarray, seed: int) -> MultiTaskNet:
        """A net fitted on the rows where ``mask`` is true."""
        features, labels = self.rows.features[mask], self.rows.labels[mask]
        weights, offset = self.weights[mask], self.offset[mask]
        return net_fit(features, labels, weights, offset, self.config, seed=seed, device=self.device)

    def halves(self, half_of_shopper: Ints) -> tuple[list[MultiTaskNet], HeldOut]:
        """A net per half of the shoppers, and every row's logits by the net of the other half."""
        rows, half = self.rows, half_of_shopper[self.rows.shopper]
        late = rows.at_us >= np.quantile(rows.at_us, 1 - LATE_SHARE)
        nets = [self.net((half == fold) & ~late, self.seed + fold) for fold in range(FOLDS)]
        logits = np.where((half == 0)[:, None], net_logits(nets[1], rows.features), net_logits(nets[0], rows.features))
        labels = np.nan_to_num(rows.labels)
        return nets, HeldOut(
            logits, labels, self.weights, self.offset, rows.exploration, rows.fused, rows.page, rows.shopper, late
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

    def __init__(self, trained: TrainedRanker) -> None:
        super().__init__()
        self.model = trained.model
        self.register_buffer("slope", torch.tensor([one.slope for one in trained.calibration]))
        self.register_buffer("intercept", torch.tensor([one.intercept for one in trained.calibration]))

    def forward(self, features: Tensor) -> Tensor:
        """Probabilities of the heads at the reference place, then their deviations."""
        logits, unsure = self.model.logits_and_deviations(features)
        said = torch.sigmoid(logits * self.slope + self.intercept)
        return torch.cat([said, unsure * self.slope.abs()], dim=1)


def ranker_export(trained: TrainedRanker, path: Path, *, seed: int = 0) -> float:
    """Write ``ranker.onnx``: input ``features`` (512, F) float32, output (512, 10).

    Returns: largest difference from the trained network on random features.
    Raises: ArtifactMismatch if it is above 1e-4.
    """
    mean, spread = trained.scaling
    noise = np.random.default_rng(seed).normal(size=(ROWS, len(mean)))
    features = (mean + spread * noise).astype(np.float32)
    return onnx_write(_ServedRanker(trained), {"features": features}, path, what="ranker", fixed=True)
