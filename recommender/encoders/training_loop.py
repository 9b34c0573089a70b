"""Training of the sequence encoder: seeded, stopped early on held-out shoppers, resumed where it was killed (torch)."""

import copy
import math
from collections.abc import Iterator, Mapping
from dataclasses import astuple, dataclass, field
from itertools import islice
from typing import Any

import numpy as np
import torch
from torch import Tensor

from recommender.data.sequences import Sequences
from recommender.data.splits import Targets
from recommender.data.types import Bools, DataError, Floats
from recommender.encoders.augmentation import augmentation_of
from recommender.encoders.averaging import WeightAverage
from recommender.encoders.batches import Batch, batch_count, batches_epoch
from recommender.encoders.checkpoints import Checkpoint, Checkpointing, Checkpoints, training_identity
from recommender.encoders.config import EncoderConfig
from recommender.encoders.devices import determinism, device_choose, precision_choose
from recommender.encoders.distributed import ALONE, Group
from recommender.encoders.item_content import content_of, sizes_of
from recommender.encoders.item_facts import FactReading, ItemFacts, fact_reading_fit
from recommender.encoders.optimisation import Optimisation
from recommender.encoders.sequence_model import SequenceModel
from recommender.encoders.trained import EpochRecord, OnEpoch, Progress, TrainedEncoder, no_epoch, no_progress
from recommender.encoders.validation import ndcg_validate
from recommender.encoders.warm_start import WarmStart
from recommender.encoders.whitening import Whitening, whitening_fit

REPORT_EVERY = 20  # steps
LEAST_LEFT = 0.9
"""Share of the NDCG@10 that warm weights begin with below which what they learned is dropped: something broke.

Small losses are no reason to. The weights that an update begins with are the best of many for the very shoppers who
judge here, so what is as good for everybody looks worse to them.
"""
RANK_STRIDE = 1_000_003  # between the seeds of processes that train together


def encoder_train(
    sequences: Sequences,
    item_text: Floats | None,
    config: EncoderConfig,
    *,
    validation: Targets | None = None,
    repeats: bool = False,
    seed: int = 0,
    device: str = "cpu",
    progress: Progress = no_progress,
    on_epoch: OnEpoch = no_epoch,
    checkpointing: Checkpointing | None = None,
    warm: WarmStart | None = None,
    learn_from: Bools | None = None,
    group: Group = ALONE,
    facts: ItemFacts | None = None,
) -> TrainedEncoder:
    """Learn item vectors and the encoder that predicts the next of them.

    Args:
        sequences: behaviour, without the validation targets.
        item_text: (n, t) unit-length text vectors, rows of zeros or NaN where there is no text; None without any.
        config: architecture and optimisation.
        validation: what some shoppers did next; the epoch of their best NDCG@10 is kept. None: all are trained.
        repeats: whether validation may be answered with items already met.
        seed: equal seeds on one machine give equal weights.
        device: cpu, cuda or auto; in a group, the group's.
        progress: see ``Progress``.
        on_epoch: see ``OnEpoch``.
        checkpointing: where checkpoints lie. A call with the same arguments goes on at the newest, and on a CPU ends
            with the same bits as if nothing had happened. The caller removes the folder when the outcome is safe.
        warm: weights to begin from instead of random ones; what they learn in the last epoch is kept, unless it left
            less than ``LEAST_LEFT`` of where they began.
        learn_from: (m,) the entries of ``sequences`` that are learned from; None: all. Validation reads them all.
        group: processes that train together, all called with equal arguments.
        facts: attributes and pictures of the items; None: nothing is known besides texts.

    Raises:
        DataError: no shopper did two things, the device is absent, or the loss stopped being a number.
        ArtifactMismatch: ``warm`` is of another architecture.
    """
    lessons = sequences if learn_from is None else sequences.keep(learn_from)
    if not len(lessons.item) or lessons.lengths.max() < 2:
        raise DataError(
            "no shopper has two interactions to learn from, the one that training is judged by not counted, "
            "so there is no order to learn; import more behaviour"
        )
    chosen = group.device if group.size > 1 else device_choose(device)
    torch.manual_seed(seed)
    model, whitening, reading = _model_make(sequences, item_text, facts, config, warm)
    if group.rank:
        torch.manual_seed(seed + RANK_STRIDE * group.rank)
    store = None
    if checkpointing is not None and group.rank == 0:
        begun = None if warm is None else warm.fingerprint
        identity = training_identity(lessons, item_text, config, validation, facts, repeats, seed, group.size, begun)
        store = Checkpoints(checkpointing, identity)
    stopping = None if validation is None else _Stopping(sequences, validation, repeats)
    with determinism(config.deterministic):
        run = _Run(model.to(chosen), config, lessons, chosen, group, seed)
        curve, kept = _learn(run, stopping, store, progress, on_epoch, warmed=warm is not None)
    model.eval()
    with torch.no_grad():
        vectors, bias = model.tower().cpu().numpy(), model.tower.bias.cpu().numpy()
    return TrainedEncoder(config, model, whitening, vectors.copy(), bias.copy(), tuple(curve), kept, reading)


def _model_make(
    sequences: Sequences,
    item_text: Floats | None,
    facts: ItemFacts | None,
    config: EncoderConfig,
    warm: WarmStart | None,
) -> tuple[SequenceModel, Whitening, FactReading]:
    text = np.zeros((sequences.n_items, 0), np.float32) if item_text is None else item_text.astype(np.float32)
    whitening = whitening_fit(text, dim=config.text_dim) if warm is None else warm.whitening
    reading = fact_reading_fit(facts, image_dim=config.image_dim) if warm is None else warm.facts
    content = content_of(text, whitening, facts, reading)
    log_popularity = torch.from_numpy(np.log1p(sequences.item_counts())).float()
    model = SequenceModel(content, sizes_of(reading), config, log_popularity - log_popularity.mean())
    if warm is not None:
        warm.put_into(model)
    return model, whitening, reading


@dataclass(frozen=True)
class _Stopping:
    """Shoppers who decide when training has lasted long enough."""

    sequences: Sequences  # what they did before
    validation: Targets
    repeats: bool


@dataclass
class _Standing:
    """How far a training is: what a checkpoint holds besides tensors."""

    rng: Mapping[str, Any]  # of batches, as it stood when the epoch under way began
    steps: int = 0
    in_epoch: int = 0  # steps of the epoch under way
    losses: list[float] = field(default_factory=list)  # of those steps
    curve: list[EpochRecord] = field(default_factory=list)
    kept: int = 0  # epoch of the best weights
    kept_steps: int = 0  # steps that they had taken
    ended: bool = False

    def to_json(self) -> dict[str, Any]:
        return {**vars(self), "curve": [astuple(record) for record in self.curve]}

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> "_Standing":
        return cls(**{**content, "curve": [EpochRecord(*record) for record in content["curve"]]})

    @property
    def epoch(self) -> int:
        """Finished epochs."""
        return self.curve[-1].epoch if self.curve else 0

    def is_weary(self, config: EncoderConfig) -> bool:
        """Whether the best weights are too long ago to hope for better ones."""
        waited = self.steps - self.kept_steps
        return self.epoch - self.kept >= config.patience and waited >= config.patience_steps

    def is_better(self, record: EpochRecord, *, warmed: bool) -> bool:
        """Whether weights are to be kept instead of the best so far."""
        if warmed:
            return record.ndcg >= LEAST_LEFT * self.curve[0].ndcg
        return self.kept == 0 or record.ndcg > self.best

    @property
    def best(self) -> float:
        return next((record.ndcg for record in self.curve if record.epoch == self.kept), -math.inf)


def _learn(
    run: "_Run",
    stopping: _Stopping | None,
    store: Checkpoints | None,
    progress: Progress,
    on_epoch: OnEpoch,
    *,
    warmed: bool,
) -> tuple[list[EpochRecord], int]:
    """Epoch after epoch until the best is known; leaves its weights in the model. Returns the curve and that epoch."""
    run.resume(store)
    at = run.at
    if warmed and not at.curve:
        at.curve.append(EpochRecord(0, math.nan, run.judge(stopping)))
    for record in at.curve:
        on_epoch(record)
    while not at.ended:
        loss = run.epoch(store, progress)
        record = EpochRecord(at.epoch + 1, loss, run.judge(stopping))
        if stopping is None or at.is_better(record, warmed=warmed):
            run.best, at.kept, at.kept_steps = copy.deepcopy(run.average.model.state_dict()), record.epoch, at.steps
        at.curve.append(record)
        at.in_epoch, at.losses, at.rng = 0, [], run.rng.bit_generator.state
        at.ended = record.epoch >= run.config.epochs or at.is_weary(run.config)
        on_epoch(record)
    run.model.load_state_dict(run.best)
    return at.curve, at.kept


class _Run:
    """A model in training and where it stands."""

    def __init__(
        self,
        model: SequenceModel,
        config: EncoderConfig,
        sequences: Sequences,
        device: torch.device,
        group: Group,
        seed: int,
    ) -> None:
        self.model, self.config, self.sequences, self.device, self.group = model, config, sequences, device, group
        self.seed, self.rng = seed, np.random.default_rng(seed)
        counts = torch.from_numpy(sequences.item_counts()).to(device)
        self.optimisation = Optimisation(model, config, counts, precision_choose(config.precision, device), group)
        self.augmentation = augmentation_of(config, sequences)
        self.at = _Standing(self.rng.bit_generator.state)
        self.average = WeightAverage(model, config.weight_average)
        self.best = copy.deepcopy(model.state_dict())
        per_epoch = math.ceil(batch_count(sequences, tokens=config.tokens_per_batch) / config.accumulate)
        self.total = config.epochs * per_epoch

    def epoch(self, store: Checkpoints | None, progress: Progress) -> float:
        """What is left of the epoch under way; returns the mean loss of the whole."""
        self.model.train()
        at = self.at
        for batches in islice(self._batches(), at.in_epoch, None):
            loss = self.optimisation.step(batches)
            self.average.follow(self.model, self.optimisation.steps)
            at.steps, at.in_epoch = at.steps + 1, at.in_epoch + 1
            at.losses += [] if loss is None else [loss]
            if at.steps % REPORT_EVERY == 0 and at.losses:
                progress(at.steps, max(self.total, at.steps), float(np.mean(at.losses[-REPORT_EVERY:])))
            if store is not None and store.due():
                store.write(self.checkpoint(), step=at.steps)
        mean = float(np.mean(at.losses)) if at.losses else math.nan
        progress(at.steps, max(self.total, at.steps), mean)
        return mean

    def _batches(self) -> Iterator[list[Batch]]:
        """The batches of each step of an epoch."""
        batches = batches_epoch(
            self.sequences,
            max_length=self.config.max_length,
            tokens=self.config.tokens_per_batch,
            rng=self.rng,
            augmentation=self.augmentation,
            part=(self.group.rank, self.group.size),
        )
        while some := list(islice(batches, self.config.accumulate)):
            yield some

    def judge(self, stopping: _Stopping | None) -> float:
        """Validation NDCG@10 of the mean weights as they are, NaN without validation users."""
        if stopping is None:
            return math.nan
        return ndcg_validate(
            self.average.model,
            stopping.sequences,
            stopping.validation,
            repeats=stopping.repeats,
            device=self.device,
            group=self.group,
        )

    def checkpoint(self) -> Checkpoint:
        """Everything that the rest of the training depends on."""
        weights = {"model": self.model.state_dict(), "average": self.average.model.state_dict(), "best": self.best}
        parts = {**weights, "optimiser": self.optimisation.tensors()}
        tensors = {f"{part}.{name}": one for part, named in parts.items() for name, one in named.items()}
        tensors["random"] = torch.get_rng_state()
        if self.device.type == "cuda":
            tensors["random_cuda"] = torch.cuda.get_rng_state(self.device)
        return Checkpoint(self.at.to_json(), tensors)

    def resume(self, store: Checkpoints | None) -> None:
        """Go on where a forerunner's newest checkpoint stands, if there is one."""
        found = None if store is None else store.read()
        tensors, facts = ({}, {}) if found is None else (found.tensors, found.facts)
        tensors, facts = self.group.told(tensors, facts)
        if not facts:
            return
        self.at = _Standing.from_json(facts)
        self.rng.bit_generator.state = self.at.rng
        self.optimisation.steps = self.at.steps
        self.model.load_state_dict(_part(tensors, "model"))
        self.average.model.load_state_dict(_part(tensors, "average"))
        self.best = {name: one.to(self.device) for name, one in _part(tensors, "best").items()}
        self.optimisation.tensors_load(_part(tensors, "optimiser"))
        if self.group.rank:
            torch.manual_seed(self.seed + RANK_STRIDE * self.group.rank + self.at.steps)
            return
        torch.set_rng_state(tensors["random"])
        if "random_cuda" in tensors and self.device.type == "cuda":
            torch.cuda.set_rng_state(tensors["random_cuda"], self.device)


def _part(tensors: dict[str, Tensor], name: str) -> dict[str, Tensor]:
    return {key.partition(".")[2]: one for key, one in tensors.items() if key.startswith(f"{name}.")}
