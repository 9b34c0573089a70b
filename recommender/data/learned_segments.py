"""Segments that are learned: which of a few centres a shopper's interests lie nearest to. Pure.

    x = ( √share of each department, ½ · √share of each tag, ⅓ · z of the usual price )
    segment(x) = argmin_j |x − c_j|²

The shares are of the liked departments' and tags' weights in the interest profile, their roots make the distance that
of Hellinger, and z is the usual price in standard deviations of its logarithm. ``data.segment_learning`` finds the
centres.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self

import numpy as np

from recommender.data.k_means import Doubles

LEAST_WEIGHT = 2.5
"""What the liked departments, or tags, weigh together where interests are known: three looks within a week."""
TAGS_WEIGHT, PRICE_WEIGHT = 0.5, 1 / 3
_FARTHEST = 2.0  # standard deviations of price that count

Taste = Mapping[str, Any]


@dataclass(frozen=True)
class InterestSpace:
    """The d numbers in which interests are compared."""

    departments: tuple[int, ...]  # category ids
    tags: tuple[int, ...]
    price_mean: float = 0.0  # of log price in minor units …
    price_sd: float = 1.0  # … over shoppers
    _column: tuple[dict[str, int], dict[str, int]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Columns are looked up at each request."""
        columns = ({str(one): at for at, one in enumerate(ids)} for ids in (self.departments, self.tags))
        object.__setattr__(self, "_column", tuple(columns))

    @property
    def facets(self) -> tuple[tuple[str, tuple[int, ...]], ...]:
        """The facets of a profile that are compared, each with the ids of its columns."""
        return ("departments", self.departments), ("tags", self.tags)

    def place(self, taste: Taste) -> Doubles | None:
        """(d,) where an interest profile lies; None where too little is known of it."""
        departments, tags = taste.get("departments", {}), taste.get("tags", {})
        if max(liked_weight(departments), liked_weight(tags)) < LEAST_WEIGHT:
            return None
        n, place = len(self.departments), np.zeros(len(self.departments) + len(self.tags) + 1)
        place[:n] = np.sqrt(shares_of(departments, self._column[0]))
        place[n:-1] = TAGS_WEIGHT * np.sqrt(shares_of(tags, self._column[1]))
        place[-1] = PRICE_WEIGHT * self.price_z(taste)
        return place

    def price_z(self, taste: Taste) -> float:
        """The usual price in standard deviations from everybody's; 0 where no price is known."""
        price = log_price(taste)
        return 0.0 if price is None else max(-_FARTHEST, min(_FARTHEST, (price - self.price_mean) / self.price_sd))


@dataclass(frozen=True)
class Liking:
    """A department or tag that a segment likes more than others do."""

    facet: str  # departments, tags
    id: int
    share: float  # of what its shoppers like
    lift: float  # that share as a multiple of everybody's


@dataclass(frozen=True)
class LearnedSegment:
    """One segment: its lasting key, and what told it apart when it was learned."""

    key: str  # the same from bundle to bundle while it is the same segment
    shoppers: int
    likings: tuple[Liking, ...] = ()  # the most telling first
    price: tuple[int, int, int] | None = None  # minor units: quartiles of the usual prices
    price_z: float = 0.0  # mean

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Self:
        """Back from a manifest."""
        price = content.get("price")
        likings = tuple(Liking(**one) for one in content["likings"])
        return cls(content["key"], content["shoppers"], likings, price and tuple(price), content["price_z"])


@dataclass(frozen=True)
class LearnedSegments:
    """The segments of a bundle."""

    space: InterestSpace
    centres: Doubles  # (k, d)
    segments: tuple[LearnedSegment, ...]
    silhouette: float = 0.0
    new: tuple[str, ...] = ()  # keys that the bundle before did not have …
    gone: tuple[str, ...] = ()  # … and those of its own that were not found again
    _keys: tuple[str, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Keys are looked up at each request."""
        object.__setattr__(self, "_keys", tuple(one.key for one in self.segments))

    @property
    def keys(self) -> tuple[str, ...]:
        """(k,) in the order of the centres."""
        return self._keys

    def key_of(self, taste: Taste) -> str:
        """Key of the segment that an interest profile belongs to; "" where too little is known of it."""
        place = self.space.place(taste)
        return "" if place is None else self._keys[int(((self.centres - place) ** 2).sum(axis=1).argmin())]

    def to_json(self) -> dict[str, Any]:
        """For a manifest."""
        space = {name: getattr(self.space, name) for name in ("departments", "tags", "price_mean", "price_sd")}
        told = {"silhouette": self.silhouette, "new": self.new, "gone": self.gone}
        segments = [asdict(one) for one in self.segments]
        return {"space": space, "segments": segments, "centres": self.centres.tolist()} | told

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Self:
        """Back from ``to_json``."""
        space = content["space"]
        named = {name: tuple(space[name]) for name in ("departments", "tags")}
        return cls(
            InterestSpace(**{**space, **named}),
            np.asarray(content["centres"], np.float64),
            tuple(LearnedSegment.from_json(one) for one in content["segments"]),
            content["silhouette"],
            tuple(content["new"]),
            tuple(content["gone"]),
        )


def liked_weight(weights: Mapping[str, float]) -> float:
    """What is liked weighs together."""
    return sum(weight for weight in weights.values() if weight > 0)


def shares_of(weights: Mapping[str, float], column: Mapping[str, int]) -> Doubles:
    """(len(column),) share of each key in what all of them are liked together; zeros where none is."""
    liked = np.zeros(len(column))
    for key, weight in weights.items():
        if weight > 0 and key in column:
            liked[column[key]] = weight
    total = liked.sum()
    return np.asarray(liked / total if total > 0 else liked)


def log_price(taste: Taste) -> float | None:
    """The logarithm of the usual price in minor units, None where no price is known."""
    weight, total, *_squares = taste.get("price", (0.0, 0.0))
    return total / weight if weight > 0 else None
