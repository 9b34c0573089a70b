"""Training of the sequence encoder: seeded, stopped early on held-out shoppers (torch)."""

import copy
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from recommender.data.sequences import Sequences
from recommender.data.splits import Targets
from recommender.data.types import DataError, Floats
from recommender.encoders.batches import Batch, batch_count, batches_epoch
from recommender.encoders.config import EncoderConfig
from recommender.encoders.losses import loss_choose
from recommender.encoders.sequence_model import SequenceModel
from recommender.encoders.validation import ndcg_validate
from recommender.encoders.whitening import Whitening, whitening_fit

Progress = Callable[[int, int, float], None]
"""Called with (steps done, steps at most, mean loss since the last call)."""


@dataclass(frozen=True)
class EpochRecord:
    """One line of the learning curve."""

    epoch: int
    loss: float  # mean training loss, nats
    ndcg: float  # validation NDCG@10, NaN without validation users


@dataclass(frozen=True)
class TrainedEncoder:
    """A trained model and its vectors, ready for export."""

    config: EncoderConfig
    model: SequenceModel
    whitening: Whitening  # of the (n, 384) text vectors; projects to nothing without text
    item_vectors: Floats  # (n, d)
    item_bias: Floats  # (n,)
    curve: tuple[EpochRecord, ...]
    epochs: int  # epochs after which the kept weights stood

    @property
    def ndcg(self) -> float:
        """Validation NDCG@10 of the kept weights, NaN without validation users."""
        return self.curve[self.epochs - 1].ndcg if self.curve else math.nan


REPORT_EVERY = 20  # steps


def no_progress(step: int, total: int, loss: float) -> None:
    """Say nothing."""


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
) -> TrainedEncoder:
    """Learn item vectors and the encoder that predicts the next of them.

    Args:
        sequences: behaviour, without the validation targets.
        item_text: (n, t) unit-length text vectors, rows of zeros where there is no text; None without any.
        config: architecture and optimisation.
        validation: what some shoppers did next; the epoch of their best NDCG@10 is kept. None: all are trained.
        repeats: whether validation may be answered with items already met.
        seed: equal seeds on one machine give equal weights.
        device: cpu, cuda or auto.
        progress: see ``Progress``.
    Raises: DataError where no shopper did two things.
    """
    if not len(sequences.item) or sequences.lengths.max() < 2:
        raise DataError("no shopper has two interactions, so there is no order to learn from; import more behaviour")
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    chosen = device_choose(device)
    model, whitening = _model_make(sequences, item_text, config)
    run = _Run(model.to(chosen), config, sequences, chosen, precision_choose(config.precision, chosen), rng, progress)
    best, curve, kept = copy.deepcopy(model.state_dict()), [], 0
    for epoch in range(1, config.epochs + 1):
        loss = run.epoch()
        ndcg = (
            math.nan
            if validation is None
            else ndcg_validate(model, sequences, validation, repeats=repeats, device=chosen)
        )
        curve.append(EpochRecord(epoch, loss, ndcg))
        if validation is None or kept == 0 or ndcg > curve[kept - 1].ndcg:
            best, kept = copy.deepcopy(model.state_dict()), epoch
        elif epoch - kept >= config.patience:
            break
    model.load_state_dict(best)
    model.eval()
    with torch.no_grad():
        vectors, bias = model.tower().cpu().numpy(), model.tower.bias.cpu().numpy()
    return TrainedEncoder(config, model, whitening, vectors.copy(), bias.copy(), tuple(curve), kept)


def device_choose(name: str) -> torch.device:
    """``auto`` is CUDA where there is one."""
    return torch.device(("cuda" if torch.cuda.is_available() else "cpu") if name == "auto" else name)


def precision_choose(name: str, device: torch.device) -> torch.dtype:
    """Number format of the large products; ``auto`` takes bfloat16 where hardware multiplies it."""
    if name == "auto":
        fast = device.type == "cuda" or torch.cpu._is_amx_tile_supported()
        return torch.bfloat16 if fast else torch.float32
    return {"float32": torch.float32, "bfloat16": torch.bfloat16}[name]


def _model_make(
    sequences: Sequences, item_text: Floats | None, config: EncoderConfig
) -> tuple[SequenceModel, Whitening]:
    n = sequences.n_items
    text = np.zeros((n, 0), np.float32) if item_text is None else item_text.astype(np.float32)
    whitening = whitening_fit(text, dim=config.text_dim)
    whitened = torch.from_numpy(whitening.apply(text)) * math.sqrt(max(whitening.dim, 1))
    log_popularity = torch.from_numpy(np.log1p(sequences.item_counts())).float()
    return SequenceModel(n, whitened, config, log_popularity - log_popularity.mean()), whitening


class _Run:
    """Optimiser, schedule and counters of one training."""

    def __init__(
        self,
        model: SequenceModel,
        config: EncoderConfig,
        sequences: Sequences,
        device: torch.device,
        dtype: torch.dtype,
        rng: np.random.Generator,
        progress: Progress,
    ) -> None:
        self.model, self.config, self.sequences = model, config, sequences
        self.device, self.rng, self.progress = device, rng, progress
        self.optimiser = torch.optim.AdamW(
            model.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay, betas=(0.9, 0.98)
        )
        self.step = 0
        self.total = config.epochs * batch_count(sequences, tokens=config.tokens_per_batch)
        self.measure = loss_choose(config, torch.from_numpy(sequences.item_counts()).to(device), dtype)

    def epoch(self) -> float:
        """One pass; returns the mean loss."""
        self.model.train()
        losses: list[float] = []
        config = self.config
        for batch in batches_epoch(
            self.sequences, max_length=config.max_length, tokens=config.tokens_per_batch, rng=self.rng
        ):
            losses.append(self._step(batch))
            if self.step % REPORT_EVERY == 0:
                self.progress(self.step, max(self.total, self.step), float(np.mean(losses[-REPORT_EVERY:])))
        mean = float(np.mean(losses))
        self.progress(self.step, max(self.total, self.step), mean)
        return mean

    def _step(self, batch: Batch) -> float:
        self.step += 1
        for group in self.optimiser.param_groups:
            group["lr"] = self.config.learning_rate * min(1.0, self.step / max(self.config.warmup_steps, 1))
        loss = self._loss(batch)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.config.clip_norm)
        self.optimiser.step()
        return float(loss.detach())

    def _loss(self, batch: Batch) -> Tensor:
        arrays = (batch.items, batch.kinds, batch.lengths, batch.hours, batch.targets)
        states, answers, vectors = self.model(*(torch.from_numpy(array).to(self.device) for array in arrays))
        if not len(answers):
            nothing: Tensor = states.sum() * 0.0 + vectors.sum() * 0.0
            return nothing
        return self.measure(states, vectors, self.model.tower.bias, answers)
