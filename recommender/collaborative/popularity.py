"""How much is done with each item: in a window, decayed by age, and by one shopper alone."""

from dataclasses import dataclass

import numpy as np

from recommender.data.sequences import Sequences
from recommender.data.types import DAY_US, Floats


@dataclass(frozen=True)
class PopularityConfig:
    """Window and half-life of popularity."""

    window_days: float = 365.0
    half_life_days: float = 7.0
    half_life_entries: float = 2.0  # where there are no times: per sequence, counted from its newest entry


def popularity_fit(sequences: Sequences, config: PopularityConfig, *, until_us: int = 0) -> Floats:
    """(n,) interactions per item within the window that ends at ``until_us`` (0: everything counts)."""
    if not until_us:
        return sequences.item_counts()
    inside = sequences.at_us >= until_us - int(config.window_days * DAY_US)
    return sequences.item_counts(inside.astype(np.float32))


def recent_popularity_fit(sequences: Sequences, config: PopularityConfig, *, until_us: int = 0) -> Floats:
    """(n,) interactions per item, each weighing ½ per half-life of age.

        popularity(i) = Σ 0.5 ** (age / half_life)

    Age is measured in time before ``until_us``. Where times are unknown (``until_us`` 0) it is the number of entries
    that follow in the same sequence, so that what people did last counts most.
    """
    if until_us:
        age = (until_us - sequences.at_us) / (config.half_life_days * DAY_US)
    else:
        age = sequences.age / config.half_life_entries
    return sequences.item_counts(np.exp2(-np.maximum(age, 0.0)).astype(np.float32))
