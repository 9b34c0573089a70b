"""The tables that training reads: one shop's items, interactions and shown pages up to a time.

Conventions are those of ``data.types``; an item is named by its row in ``ItemTable``, its vocabulary index.
"""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from recommender.data.relations import RelationTable, Triples, triples_of
from recommender.data.types import Bools, Floats, Ints


@dataclass(frozen=True)
class ItemTable:
    """Items of a snapshot, one row per vocabulary index."""

    ids: Ints  # (n,) database or file ids
    department: Ints  # (n,) 0 none
    category: Ints  # (n,)
    brand: Ints  # (n,)
    group: Ints  # (n,)
    price_minor: Ints  # (n,) -1 unknown
    list_price_minor: Ints  # (n,) -1 none
    published_us: Ints  # (n,)
    available: Bools  # (n,)
    texts: tuple[str, ...]  # (n,) English where there is one, else any

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True)
class Trait:
    """Something known of shoppers in one word each, such as their segment."""

    name: str
    code: Ints  # (u,) place in ``words``, -1 unknown
    words: tuple[str, ...]


@dataclass(frozen=True)
class ShopperTable:
    """Shoppers of a snapshot: who acts in ``InteractionTable``, and what a request says of them too."""

    ids: Ints  # (u,) ascending
    segment: Ints  # (u,) place in ``segments``, -1 none, or a shopper who wants no personalised pages
    language: Ints  # (u,) place in ``languages``, -1 unknown
    segments: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.ids)

    @classmethod
    def of_ids(cls, ids: Ints) -> "ShopperTable":
        """Shoppers of whom nothing else is known."""
        return cls(ids, np.full(len(ids), -1, np.int64), np.full(len(ids), -1, np.int64))

    @property
    def traits(self) -> tuple[Trait, ...]:
        """What is known, by the names of the fields of ``data.types.Context``."""
        return (Trait("segment", self.segment, self.segments), Trait("language", self.language, self.languages))


@dataclass(frozen=True)
class InteractionTable:
    """Interactions of a snapshot, sorted by (shopper, time); stable for ties."""

    shopper: Ints  # (m,) row in ShopperTable
    item: Ints  # (m,) vocabulary index
    kind: npt.NDArray[np.int8]  # (m,)
    at_us: Ints  # (m,)
    quantity: Ints  # (m,)
    session: Ints  # (m,) hash, 0 none
    order: Ints  # (m,) hash of order or invoice, 0 none
    value: Floats = field(default_factory=lambda: np.zeros(0, np.float32))  # (m,) rating or seconds of dwell, NaN none

    def __post_init__(self) -> None:
        """Values that nobody gave are unknown."""
        if len(self.value) != len(self.shopper):
            object.__setattr__(self, "value", np.full(len(self.shopper), np.nan, np.float32))

    def __len__(self) -> int:
        return len(self.shopper)


@dataclass(frozen=True)
class ImpressionTable:
    """Shown pages of a snapshot, one row per shown slot, with what came of it."""

    page: Ints  # (k,) index of the impression
    shopper: Ints  # (k,)
    item: Ints  # (k,) vocabulary index
    section: Ints  # (k,) index into data.types.Section order
    slot: Ints  # (k,) 0-based position on the page
    propensity: Floats  # (k,) NaN where not drawn
    at_us: Ints  # (k,)
    clicked: Bools  # (k,)
    carted: Bools  # (k,)
    purchased: Bools  # (k,)
    disliked: Bools  # (k,)
    pool_start: Ints  # (p+1,) offsets into pool_items, by page
    pool_items: Ints  # flat allowed sets (vocabulary indices) of the pages' first slots
    stayed_seconds: Floats = field(default_factory=lambda: np.zeros(0, np.float32))  # (k,) after a click, NaN unknown
    pool_gathered_start: Ints = field(default_factory=lambda: np.zeros(0, np.int64))  # (p+1,) offsets, by page, into …
    pool_gathered: Ints = field(
        default_factory=lambda: np.zeros(0, np.int64)
    )  # everything gathered, where it was logged

    def __post_init__(self) -> None:
        """Stays and candidates that nobody knows of are unknown."""
        if len(self.stayed_seconds) != len(self.page):
            object.__setattr__(self, "stayed_seconds", np.full(len(self.page), np.nan, np.float32))
        if len(self.pool_gathered_start) != len(self.pool_start):
            object.__setattr__(self, "pool_gathered_start", np.zeros(len(self.pool_start), np.int64))

    def __len__(self) -> int:
        return len(self.page)


@dataclass(frozen=True)
class Snapshot:
    """An immutable columnar view of one shop's facts up to a time: the only input of training."""

    shop_id: int
    until_us: int
    items: ItemTable
    shoppers: ShopperTable
    interactions: InteractionTable
    impressions: ImpressionTable | None
    relations: RelationTable
    fingerprint: str

    @property
    def triples(self) -> Triples:
        """Everything the catalogue says of the items: brand, category, department, tags, relations."""
        items = self.items
        return triples_of(len(items), (items.brand, items.category, items.department), self.relations)

    @property
    def shopper_ids(self) -> Ints:
        """(u,) ids of the shoppers."""
        return self.shoppers.ids
