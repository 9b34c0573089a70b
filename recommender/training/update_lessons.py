"""What an update of an encoder reads, as the shop's training and the benchmark of updates ask for it."""

import numpy as np

from recommender.data.sequences import Sequences
from recommender.data.types import Bools
from recommender.encoders.config import EncoderConfig
from recommender.encoders.update import UpdateConfig, update_entries


def update_lessons(
    train: Sequences, since_us: int, config: EncoderConfig, update: UpdateConfig, *, seed: int
) -> Bools | None:
    """(m,) True for the entries to learn from; None where nothing new has an order to learn from.

    Args:
        train: all behaviour that may be learned from.
        since_us: end of what the earlier encoder learned from.
        config: of the encoder.
        update: how much old behaviour is replayed.
        seed: draws who is replayed.
    """
    rng = np.random.default_rng(seed)
    lessons = update_entries(train, since_us, max_length=config.max_length, replay=update.replay, rng=rng)
    return lessons if train.keep(lessons).lengths.max(initial=0) >= 2 else None
