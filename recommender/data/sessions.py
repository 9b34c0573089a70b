"""Visits: which deeds of a shopper belong together. Silence decides, the client's own session is a hint."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recommender.data.snapshot import InteractionTable
from recommender.data.types import Ints

MINUTE_US = 60_000_000


@dataclass(frozen=True)
class SessionConfig:
    """When a visit ends."""

    gap_minutes: float = 30.0  # of silence that end a visit
    hinted_gap_minutes: float = 240.0  # … while the client says that it still is the same


def sessions_of(
    user: Ints, at_us: Ints, hint: Ints | None = None, config: SessionConfig | None = None
) -> npt.NDArray[np.int64]:
    """(m,) number of the visit of each entry, rising from 0.

    A visit ends with its shopper, after ``gap_minutes`` of silence, and where the client names another session than
    before. Two entries that name the same one stay together over a longer silence, up to ``hinted_gap_minutes``:
    clients that never end a session must not make one visit of a year. Entries without times (0) are one visit.

    Args:
        user: (m,) sorted.
        at_us: (m,) rising within a user, 0 unknown.
        hint: (m,) the client's session, 0 where it named none; None: nobody named any.
        config: lengths of silence.
    """
    config = config or SessionConfig()
    if not len(user):
        return np.zeros(0, np.int64)
    silence = np.diff(at_us)
    ends = silence > config.gap_minutes * MINUTE_US
    if hint is not None:
        both = (hint[1:] != 0) & (hint[:-1] != 0)
        same = both & (hint[1:] == hint[:-1])
        ends = np.where(same, silence > config.hinted_gap_minutes * MINUTE_US, ends | both)
    ends |= user[1:] != user[:-1]
    return np.concatenate([[0], np.cumsum(ends)]).astype(np.int64)


def visit_count(facts: InteractionTable, config: SessionConfig | None = None) -> int:
    """How many visits the deeds of a snapshot make."""
    visits = sessions_of(facts.shopper, facts.at_us, facts.session, config)
    return int(visits[-1]) + 1 if len(visits) else 0
