"""Facts of candidates as coarse as a request's log keeps them; training rounds alike, or its features would differ."""

import numpy as np

from recommender.data.types import DAY_US, Floats, Ints

OLD_DAYS = 120
"""Items older than this count as old as can be: freshness is below 1 % and their date is not worth keeping."""

_HOUR_US = 3_600_000_000


def coarse_counts(counts: Floats) -> Floats:
    """Counts to one part in 128, which is finer than they are known: so a log keeps each in about a byte."""
    bits = counts.astype(np.float32).view(np.uint32)
    return np.asarray(((bits + np.uint32(1 << 16)) >> np.uint32(17) << np.uint32(17)).view(np.float32))


def coarse_times(published_us: Ints, now_us: int) -> Ints:
    """(c,) publication to the hour; 0 for what is older than ``OLD_DAYS``."""
    hour = published_us // _HOUR_US * _HOUR_US
    return np.where(now_us - published_us > OLD_DAYS * DAY_US, 0, hour).astype(np.int64)
