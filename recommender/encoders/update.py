"""What a nightly update learns from: what happened since, and as much again of what happened before.

Without replay of the old, a few steps on the new unlearn it.

Reference: Rolnick et al., 2019 (experience replay).
"""

from dataclasses import dataclass, replace

import numpy as np

from recommender.data.sequences import Sequences
from recommender.data.types import Bools
from recommender.encoders.config import EncoderConfig


@dataclass(frozen=True)
class UpdateConfig:
    """How little an update learns."""

    epochs: int = 2
    learning_rate: float = 5e-4
    warmup_steps: int = 10
    replay: float = 1.0  # old entries per entry read for the new

    def applied(self, config: EncoderConfig) -> EncoderConfig:
        """The configuration of an encoder as its update has it."""
        return replace(config, epochs=self.epochs, learning_rate=self.learning_rate, warmup_steps=self.warmup_steps)


def update_entries(
    sequences: Sequences, since_us: int, *, max_length: int, replay: float, rng: np.random.Generator
) -> Bools:
    """(m,) True for the entries that an update reads.

    Of shoppers who did something at or after ``since_us``: their newest ``max_length``, or all that is new where that
    is more. Of others, drawn at random: their newest, until ``replay`` times as many are gathered.

    Args:
        sequences: all behaviour.
        since_us: end of what the earlier encoder learned from.
        max_length: entries an encoder reads.
        replay: old entries per new reader's entry.
        rng: draws who is replayed.
    """
    fresh = sequences.at_us >= since_us
    active = np.bincount(sequences.user[fresh], minlength=len(sequences)) > 0
    newest = sequences.age < max_length
    chosen = (active[sequences.user] & newest) | fresh
    wanted = replay * chosen.sum()
    others = rng.permutation(np.flatnonzero(~active & (sequences.lengths > 1)))
    gathered = np.cumsum(np.minimum(sequences.lengths[others], max_length))
    replayed = np.zeros(len(sequences), np.bool_)
    replayed[others[: int(np.searchsorted(gathered, wanted)) + 1] if wanted else others[:0]] = True
    return np.asarray(chosen | (replayed[sequences.user] & newest))
