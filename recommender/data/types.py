"""The nouns every room takes and returns: frozen dataclasses over numpy arrays, no I/O.

Conventions: times are int64 microseconds UTC (``_us``), money is int64 minor units, ids are database ids (int64),
an ``index`` is a position in the bundle's vocabulary and ``-1`` where the bundle does not know the item, unknown
numbers are NaN. What staff decide is in ``ruleset``, what training reads in ``snapshot``.
"""

from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]
Bools = npt.NDArray[np.bool_]
Bits = npt.NDArray[np.uint32]

DAY_US = 86_400_000_000


class DataError(ValueError):
    """Input that cannot be used; the message says where it is and what would be right."""


class ArtifactMismatch(RuntimeError):
    """Files of a bundle that are torn, altered or made for something else."""


class Source(IntEnum):
    """Where a candidate came from: the bit number in ``Gathered.sources``. Never renumbered."""

    STATE_VECTOR = 0
    SEQUENTIAL_RULES = 1
    SIMILAR_TEXT = 2
    TRENDING = 3
    DEPARTMENT_TREND = 4
    NEW_ARRIVALS = 5
    DEALS = 6
    KEEP_BROWSING = 7
    BUY_AGAIN = 8
    EDITORIAL = 9
    SEARCH = 10
    SAME_DEPARTMENT = 11
    ITEM_KNN = 12
    EXPLORATION = 13
    EASE = 14
    ALS = 15
    VAE = 16
    GRAPH = 17
    GAN = 18
    TASTE_TAGS = 19
    SEGMENT_TREND = 20
    COLD_ITEMS = 21

    @property
    def word(self) -> str:
        """Lower-case name used in traces, logs and configuration."""
        return self.name.lower()


class Section(StrEnum):
    """A row of a page."""

    TOP_PICKS = "top_picks"
    BECAUSE_YOU_VIEWED = "because_you_viewed"
    DEPARTMENT_TREND = "department_trend"
    NEW_FOR_YOU = "new_for_you"
    KEEP_BROWSING = "keep_browsing"
    DEALS = "deals"
    SIMILAR = "similar"
    RESULTS = "results"


@dataclass(frozen=True)
class History:
    """What one shopper did, oldest first, one entry per interaction with an item."""

    item_ids: Ints  # (h,)
    kinds: npt.NDArray[np.int8]  # (h,) users.kinds.Kind
    times_us: Ints  # (h,)

    def __len__(self) -> int:
        return len(self.item_ids)

    @classmethod
    def empty(cls) -> "History":
        """The history of somebody we know nothing about."""
        return cls(np.zeros(0, np.int64), np.zeros(0, np.int8), np.zeros(0, np.int64))


@dataclass(frozen=True)
class Limits:
    """What a request leaves out of all that the shop shows; it acts while candidates are gathered."""

    price_from_minor: int = 0  # 0: no limit; an item without a price is then in no range
    price_to_minor: int = 0
    region: str = ""  # where the shopper is, "" unknown: items of every region
    adult: bool = False  # whether the shop sells things for adults and the shopper wants to see them
    languages: tuple[str, ...] = ()  # that the shopper reads; an item with texts in others alone is left out; (): any


@dataclass(frozen=True)
class Context:
    """Who asks, where and when: everything known before candidates are gathered."""

    shop_id: int
    shopper_id: int  # 0: nobody yet
    session: str
    surface: str  # homepage, product, department, search, basket, push
    now_us: int
    history: History
    state_version: int = 0
    page: int = 0
    language: str = "en"
    segment: str = ""
    segments: tuple[str, ...] = ()  # names of those that rules may be limited to and the shopper belongs to
    learned_segment: str = ""  # key of the one that their interests lie nearest to, "" none
    anchor_item: int = 0  # product page: the item looked at
    department: int = 0  # department page: its category id
    query: str = ""
    query_vector: Floats | None = None  # (384,) text vector of the query
    hidden_ids: Ints = field(default_factory=lambda: np.zeros(0, np.int64))  # never show
    ignored_ids: Ints = field(default_factory=lambda: np.zeros(0, np.int64))  # leave out of the history
    basket_ids: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    purchased_ids: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    served_ids: Ints = field(default_factory=lambda: np.zeros(0, np.int64))  # earlier pages of this cursor
    fewer_ids: Ints = field(default_factory=lambda: np.zeros(0, np.int64))  # categories to show fewer of
    fatigue_ids: Ints = field(default_factory=lambda: np.zeros(0, np.int64))  # shown without a click …
    fatigue_counts: Ints = field(default_factory=lambda: np.zeros(0, np.int64))  # … how often
    editorial_ids: Ints = field(default_factory=lambda: np.zeros(0, np.int64))  # pins that apply here
    taste_tags: Ints = field(default_factory=lambda: np.zeros(0, np.int64))  # liked, strongest first; not logged
    limits: Limits = field(default_factory=Limits)
    personalise: bool = True  # False: no consent; history is empty then
    arm: str = ""
    arm_probability: float = 1.0


@dataclass(frozen=True)
class Gathered:
    """Candidates with the facts a decision needs: raw facts and evidence, never scores.

    ``evidence_*`` say, sparsely, which history item made a source propose a candidate.
    """

    item_ids: Ints  # (c,)
    index: Ints  # (c,) vocabulary index or -1
    sources: Bits  # (c,) bit s set: Source(s) proposed it
    price_minor: Ints  # (c,) -1 unknown
    list_price_minor: Ints  # (c,) price before discount, -1 none
    published_us: Ints  # (c,)
    department: Ints  # (c,) category id, 0 none
    category: Ints  # (c,)
    brand: Ints  # (c,)
    group: Ints  # (c,) hash of the variant group, 0 none
    rating: Floats  # (c,) NaN unknown
    trend: Floats  # (c,) decayed recent count, 0 none
    fresh_rows: Ints  # (f,) rows of items newer than the bundle
    fresh_vectors: Floats  # (f, d) their item vectors
    fresh_text: Floats  # (f, 384) their text vectors
    evidence_row: Ints  # (e,) candidate row
    evidence_source: Ints  # (e,) Source
    evidence_item: Ints  # (e,) history item id
    tag_ids: Ints  # (t,) flat tags of candidates …
    tag_rows: Ints  # (t,) … and the row each belongs to
    fresh_history_ids: Ints = field(
        default_factory=lambda: np.zeros(0, np.int64)
    )  # (g,) history items newer than the bundle
    fresh_history_vectors: Floats = field(default_factory=lambda: np.zeros((0, 0), np.float32))  # (g, d)
    ready_ids: Ints = field(
        default_factory=lambda: np.zeros(0, np.int64)
    )  # (p,) best first, made earlier; serves where there is no bundle
    timed_out: tuple[str, ...] = ()
    section_appeal: tuple[tuple[str, float], ...] = ()  # nats by section, of ``slate.section_appeal``
    sponsored_rows: Ints = field(default_factory=lambda: np.zeros(0, np.int64))  # candidates that are paid for
    small_rows: Ints = field(default_factory=lambda: np.zeros(0, np.int64))  # candidates of small providers
    lasting_rows: Ints = field(default_factory=lambda: np.zeros(0, np.int64))  # candidates that are used up …
    lasting_days: Ints = field(default_factory=lambda: np.zeros(0, np.int64))  # … within so many days

    def __len__(self) -> int:
        return len(self.item_ids)

    def has(self, source: Source) -> Bools:
        """(c,) True where ``source`` proposed the candidate."""
        return np.asarray((self.sources >> np.uint32(source)) & np.uint32(1) == 1)


@dataclass(frozen=True)
class Reason:
    """The true cause of a shown item: a code and its parameters; wording is made elsewhere.

    ``items`` are history items that caused it, ``subject`` an id (department, brand, tag, rule) the code speaks of,
    ``weight`` how much of the score the cause explains (0–1, NaN where it does not apply).
    """

    code: str  # the codes and their sentences are in wording.py
    items: tuple[int, ...] = ()
    subject: int = 0
    weight: float = float("nan")


@dataclass(frozen=True)
class ChosenSection:
    """A section that made it onto the page, with the probability of its choice."""

    code: str
    subject: int = 0  # anchor item or department the title speaks of
    propensity: float = 1.0


@dataclass(frozen=True)
class Decision:
    """A page: items in page order with their sections, propensities and reasons."""

    item_ids: Ints  # (s,)
    rows: Ints  # (s,) row in Gathered, -1 for a fill that was not gathered
    section_of: Ints  # (s,) index into sections
    sections: tuple[ChosenSection, ...]
    propensities: Floats  # (s,) NaN: a filled hole
    forced: Bools  # (s,)
    scores: Floats  # (s,) the slot score s_t that the draw used
    reasons: tuple[Reason, ...]  # (s,), empty where nobody reads them
    temperature: float
    epsilon: float
    pool_ids: Ints  # (a,) allowed set of the first slot
    degraded: str = ""
    trace: dict[str, Any] | None = None  # see serving.trace


class Encoder(Protocol):
    """Behaviour sequence → state vector, on the serving side (onnxruntime)."""

    dim: int

    def encode(
        self,
        vectors: Floats,
        kinds: npt.NDArray[np.int64],
        lengths: npt.NDArray[np.int64],
        hours: Floats | None = None,
    ) -> Floats:
        """(b, L, d) left-aligned item vectors, (b, L) kinds, (b,) lengths, (b, L) hours or NaN → (b, d) states."""
        ...
