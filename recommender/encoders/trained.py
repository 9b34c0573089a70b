"""What a training gives, and what it says on the way (torch)."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from recommender.data.types import Floats
from recommender.encoders.config import EncoderConfig
from recommender.encoders.item_facts import NOTHING_READ, FactReading
from recommender.encoders.sequence_model import SequenceModel
from recommender.encoders.whitening import Whitening

Progress = Callable[[int, int, float], None]
"""Called with (steps done, steps at most, mean loss since the last call)."""


@dataclass(frozen=True)
class EpochRecord:
    """One line of the learning curve; epoch 0 is a warm start before it learned."""

    epoch: int
    loss: float  # mean training loss, nats; NaN for epoch 0
    ndcg: float  # validation NDCG@10, NaN without validation users


OnEpoch = Callable[[EpochRecord], None]
"""Called with each line of the curve; a resumed training repeats those that its forerunner had."""


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
    facts: FactReading = NOTHING_READ  # how the tower reads attributes and pictures

    @property
    def ndcg(self) -> float:
        """Validation NDCG@10 of the kept weights, NaN without validation users."""
        return next((record.ndcg for record in self.curve if record.epoch == self.epochs), math.nan)


def no_progress(step: int, total: int, loss: float) -> None:
    """Say nothing."""


def no_epoch(record: EpochRecord) -> None:
    """Say nothing."""
