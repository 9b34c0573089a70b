"""A page as views and API show it: facts and sentences, nothing left to look up.

``homepage.homepage_page`` makes it from a decision; templates and serializers only lay it out. What a page has dozens
of is a tuple with names, which is made in a fraction of a frozen dataclass's time.
"""

from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID


class Cause(NamedTuple):
    """An item of the shopper's past that brought a card here, with what was done to it."""

    id: int
    external_id: str
    title: str
    picture: str  # path below MEDIA_URL or an absolute address, "" where there is none
    kind: str  # users.kinds.Kind.word of the latest thing done to it: view, cart, purchase …


class Action(NamedTuple):
    """Something the shopper can do about a card or a cause; each can be undone by the same code with ``undo``.

    Codes: ``not_interested`` (hide ``item_id`` and its near twins), ``own_it`` (bought elsewhere),
    ``not_this_kind`` (fewer of the category of ``item_id``), ``ignore_item`` (stop using ``item_id`` of the history),
    ``gift`` (the same, because it was for somebody else), ``not_this_taste`` (stop using the items that bear
    ``tag_id``, for which ``item_id`` was chosen).
    """

    code: str
    label: str
    item_id: int
    tag_id: int = 0
    external_id: str = ""  # of ``item_id``; "" where the item is no longer here


class Label(NamedTuple):
    """A small badge on a card: ``deal``, ``new``, ``sponsored``, ``sold_out`` or ``pinned``."""

    code: str
    text: str


class Card(NamedTuple):
    """One shown item."""

    id: int
    external_id: str
    title: str
    description: str
    brand: str
    department_id: int  # 0 none
    price_minor: int | None
    list_price_minor: int | None  # None unless higher than the price
    currency: str
    picture: str  # path below MEDIA_URL or an absolute address, "" where there is none
    picture_alt: str
    picture_width: int  # 0 unknown
    picture_height: int  # 0 unknown
    rating: float | None
    rating_count: int
    labels: tuple[Label, ...]
    position: int  # 0-based place in the impression's arrays; events report it
    reason: str = ""  # one true sentence; "" where nobody chose the card
    reason_code: str = ""
    causes: tuple[Cause, ...] = ()
    actions: tuple[Action, ...] = ()


@dataclass(frozen=True)
class PageSection:
    """A row or grid of cards."""

    code: str  # data.types.Section
    title: str
    subtitle: str  # "" where it would not help
    subject: int  # item or department the title speaks of, 0 none
    cards: tuple[Card, ...]


@dataclass(frozen=True)
class Pill:
    """“More linen for you · undo”: says that the page moved and takes it back."""

    text: str
    undo: Action


@dataclass(frozen=True)
class Page:
    """What one request shows."""

    request_id: UUID  # of the impression and its request log
    impression_id: UUID | None  # None: nothing was logged (no consent to it)
    surface: str
    page: int  # 0 is the first
    sections: tuple[PageSection, ...]
    degraded: str  # "" or the fallback used: precomputed, segment_trending, shop_trending, newest
    cursor: str  # give it back for the next page, "" at the end
    pill: Pill | None = None
    personalised: bool = True

    @property
    def cards(self) -> tuple[Card, ...]:
        """All cards in page order."""
        return tuple(card for section in self.sections for card in section.cards)
