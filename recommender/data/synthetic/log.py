"""What the simulation writes down: deeds, visits, searches, orders and pages, by row numbers, not yet by ids."""

from dataclasses import dataclass, field

import numpy as np

from recommender.data.synthetic.pages import LoggedPage
from recommender.data.types import Bools
from users.kinds import Kind

SECOND_US = 1_000_000


@dataclass(frozen=True, slots=True)
class Deed:
    """One interaction; ``item``, ``order``, ``search`` and ``page`` are row numbers, -1 none."""

    shopper: int
    kind: Kind
    at_us: int
    session: int
    item: int = -1
    surface: str = ""
    value: float = float("nan")
    order: int = -1
    search: int = -1
    page: int = -1
    position: int = -1


@dataclass(frozen=True, slots=True)
class ShownPage:
    """A homepage somebody looked at."""

    shopper: int
    session: int
    at_us: int
    number: int  # 0 the first, 1 the next of the same visit
    page: LoggedPage
    seen: Bools  # (s,)


@dataclass(frozen=True, slots=True)
class Query:
    """Words that were searched for."""

    shopper: int
    at_us: int
    words: str
    chinese: bool
    found: int


@dataclass
class SessionLog:
    """Everything that happened, in the order it was simulated."""

    deeds: list[Deed] = field(default_factory=list)
    pages: list[ShownPage] = field(default_factory=list)
    queries: list[Query] = field(default_factory=list)
    orders: list[tuple[int, int]] = field(default_factory=list)  # shopper, when
    sessions: int = 0


@dataclass
class Clock:
    """Time within a visit; every deed takes some seconds."""

    now_us: int
    rng: np.random.Generator

    def tick(self, seconds: float) -> int:
        """Let about this many seconds pass and say what time it is."""
        self.now_us += int(max(0.4, self.rng.gamma(2.0, seconds / 2)) * SECOND_US)
        return self.now_us
