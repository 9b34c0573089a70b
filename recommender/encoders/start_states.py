"""Start states by situation, on the serving side: shifts of the state of somebody who has done nothing yet.

    state = start_state + δ_everybody + Σ_f δ_f

over the features of a request that have a shift: segment, language, part of the day and weekend by the shop's clock.
``encoders.start_states_training`` learns the shifts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from recommender.data.types import Context, Floats, Ints

EVERYBODY = "everybody"
HOURS = 6  # of a part of the day
DAY_PARTS = tuple(f"hours={start:02d}-{start + HOURS:02d}" for start in range(0, 24, HOURS))
WEEK_PARTS = ("day=working", "day=weekend")
_QUARTER_US = 900_000_000  # no time zone changes its offset within a quarter of an hour


@dataclass(frozen=True)
class StartStates:
    """Shifts by feature, and what held-out shoppers said of them."""

    names: tuple[str, ...]  # feature=value
    shifts: Floats  # (s, d)
    time_zone: str
    gain: float = 0.0  # nats per held-out shopper's first choice: what all shifts gain on the encoder's start state …
    situation_gain: float = 0.0  # … and what of that knowing the situation gains
    prior: float = 0.0  # λ of the features, in shoppers; 0 where none has a shift
    shoppers: int = 0  # learned from
    _place: dict[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Names are looked up at each request."""
        object.__setattr__(self, "_place", {name: row for row, name in enumerate(self.names)})

    def shift(self, situation: Sequence[str]) -> Floats:
        """(d,) sum of the shifts of the features that have one; zeros where none has."""
        rows = [self._place[name] for name in situation if name in self._place]
        return np.asarray(self.shifts[rows].sum(axis=0), np.float32)

    @property
    def everybody(self) -> Floats:
        """(d,) the shift that all situations share."""
        return self.shift((EVERYBODY,))

    @property
    def features(self) -> tuple[str, ...]:
        """Names of what tells one situation from another."""
        return tuple(name for name in self.names if name != EVERYBODY)

    def to_json(self) -> dict[str, Any]:
        """Everything but the array, for a manifest."""
        kept = ("names", "time_zone", "gain", "situation_gain", "prior", "shoppers")
        return {name: getattr(self, name) for name in kept}

    @classmethod
    def from_json(cls, content: Mapping[str, Any], shifts: Floats) -> "StartStates":
        """Back from ``to_json``."""
        return cls(**{**content, "names": tuple(content["names"])}, shifts=shifts)


def situation_of(traits: Mapping[str, str], at_us: int, time_zone: str) -> tuple[str, ...]:
    """The features of one request.

    >>> situation_of({"segment": "new", "language": ""}, 1_700_000_000_000_000, "Europe/London")
    ('segment=new', 'hours=18-24', 'day=working')
    """
    told = tuple(f"{name}={word}" for name, word in traits.items() if word)
    parts, weekend = local_times(np.array([at_us], np.int64), time_zone)
    return (*told, DAY_PARTS[int(parts[0])], WEEK_PARTS[int(weekend[0])]) if at_us > 0 else told


def context_situation(context: Context, time_zone: str) -> tuple[str, ...]:
    """The features of a request; without consent its context has no segment."""
    traits = {"segment": context.segment, "language": context.language}
    return situation_of(traits, context.now_us, time_zone)


def local_times(at_us: Ints, time_zone: str) -> tuple[Ints, Ints]:
    """Part of the day (m,) from 0 and whether it is Saturday or Sunday (m,), by the shop's clock; -1 without a time."""
    quarters, place = np.unique(at_us // _QUARTER_US, return_inverse=True)
    zone, epoch = ZoneInfo(time_zone), datetime.fromtimestamp(0, ZoneInfo("UTC"))
    local = [(epoch + timedelta(minutes=15 * int(one))).astimezone(zone) for one in quarters.tolist()]
    parts = np.array([moment.hour // HOURS for moment in local], np.int64)
    weekend = np.array([moment.weekday() >= 5 for moment in local], np.int64)
    known = at_us > 0
    return np.where(known, parts[place], -1), np.where(known, weekend[place], -1)
