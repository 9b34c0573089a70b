"""Segments: those that staff define by conditions on what a shopper's state says, and those that are learned. Pure.

The same conditions have two readers: ``belongs`` decides for one shopper whose state a request has read anyway,
``segment_members`` counts and lists all of them in SQL. A contract test holds one to the other.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self


@dataclass(frozen=True)
class Conditions:
    """What all members have in common; a condition that is None, 0 or "" asks for nothing.

    ``*_from`` is the least and ``*_to`` the greatest value that still belongs.
    """

    department: int = 0  # category id
    share: float = 0.3  # least part of the liked departments' weight that it makes up
    price_from: int | None = None  # minor units: the middle of the price band
    price_to: int | None = None
    quiet_from: int | None = None  # whole days since the last deed
    quiet_to: int | None = None
    purchases_from: int | None = None  # things bought
    purchases_to: int | None = None
    deeds_to: int | None = None  # deeds in the recent history: few are a newcomer's
    who: str = ""  # guest or member (has a login)
    language: str = ""

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Self:
        """The conditions in a ruleset or a row; names of other versions are left out."""
        return cls(**{name: value for name, value in content.items() if name in cls.__dataclass_fields__})

    def to_json(self) -> dict[str, Any]:
        """What differs from asking for nothing."""
        empty = asdict(Conditions())
        asked = {name: value for name, value in asdict(self).items() if value != empty[name]}
        return asked | ({"share": self.share} if self.department else {})


@dataclass(frozen=True)
class SegmentValue:
    """A segment as a ruleset holds it."""

    name: str
    conditions: Conditions
    learned: str = ""  # key of a learned one, which has no conditions


@dataclass(frozen=True)
class Standing:
    """What conditions are asked of."""

    departments: Mapping[str, float]  # weights of the interest profile
    price_middle: float | None  # minor units
    quiet_days: int | None  # since the last deed, None: there is none
    n_recent: int
    n_bought: int
    is_member: bool
    language: str
    learned: str = ""  # key of the learned segment that their interests lie nearest to, "" none


def segments_of(segments: Sequence[SegmentValue], standing: Standing) -> tuple[str, ...]:
    """Names of the segments that somebody belongs to, in the order given."""
    return tuple(
        one.name
        for one in segments
        if (one.learned == standing.learned if one.learned else belongs(one.conditions, standing))
    )


def belongs(asked: Conditions, standing: Standing) -> bool:
    """Whether somebody meets every condition."""
    if asked.who and standing.is_member != (asked.who == "member"):
        return False
    if asked.language and asked.language != standing.language:
        return False
    if asked.department and department_share(standing.departments, asked.department) < asked.share:
        return False
    return (
        _within(standing.price_middle, asked.price_from, asked.price_to)
        and _within(standing.quiet_days, asked.quiet_from, asked.quiet_to)
        and _within(standing.n_bought, asked.purchases_from, asked.purchases_to)
        and _within(standing.n_recent, None, asked.deeds_to)
    )


def department_share(weights: Mapping[str, float], department: int) -> float:
    """Part of what the liked departments weigh together; 0 for one that is not liked."""
    liked = sum(weight for weight in weights.values() if weight > 0)
    return max(weights.get(str(department), 0.0), 0.0) / liked if liked else 0.0


def _within(value: float | None, least: float | None, most: float | None) -> bool:
    """Whether a value lies between both ends; an unknown one only between ends that are open."""
    if value is None:
        return least is None and most is None
    return (least is None or value >= least) and (most is None or value <= most)
