"""What composing starts from and what it leaves: candidates as a composer sees them, slots, a page."""

from dataclasses import dataclass

from recommender.data.types import Bools, ChosenSection, Floats, Ints
from recommender.slate.limits import Limit

ALLOWED = 200
"""Size of the allowed set: the best so many of what may stand in a slot."""


@dataclass(frozen=True)
class Board:
    """What composing needs to know about the c candidates."""

    order: Ints  # (c,) tie order: vocabulary index, unknown items last
    vectors: Floats  # (c, d) unit length or zero
    brand: Ints  # (c,) 0 none
    group: Ints  # (c,) variant group, 0 none
    department: Ints  # (c,)
    open: Bools  # (c,) may be shown at all
    limits: tuple[Limit, ...] = ()
    ads: Bools | None = None  # (c,) sponsored, None nobody is


@dataclass(frozen=True)
class Slate:
    """A composed page; arrays over its s slots in page order."""

    rows: Ints  # (s,) candidate
    section_of: Ints  # (s,) index into sections
    sections: tuple[ChosenSection, ...]
    propensities: Floats  # (s,)
    forced: Bools  # (s,)
    scores: Floats  # (s,) slot score, NaN for pins that were not scored
    uniform_share: Floats  # (s,) part of the propensity that exploration gave, ε / |A| / p
    first_pool: Ints  # (a,) allowed rows of the first drawn slot
    pinned_by: Ints  # (s,) rule id, 0 where no pin
    held_by: Ints  # (s,) rule id, or a code of ``slate.limits``, of the floor that left others out; 0 none


@dataclass
class Slot:
    """One card while the page is made."""

    row: int
    section: int
    propensity: float
    forced: bool
    score: float
    uniform: float
    rule: int = 0
    held_by: int = 0
