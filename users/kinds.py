"""What a shopper can do: the kinds of interaction, shared by facts and by the pure rooms (no Django here)."""

from enum import IntEnum


class Kind(IntEnum):
    """Kind of an interaction, stored as a small integer that is never renumbered."""

    VIEW = 1
    CLICK = 2
    DWELL = 3
    LIKE = 4
    DISLIKE = 5
    UNDO = 6
    FAVOURITE = 7
    CART = 8
    REMOVE = 9
    PURCHASE = 10
    RETURN = 11
    RATE = 12
    SEARCH = 13
    SHARE = 14

    @property
    def word(self) -> str:
        """The lower-case word used in the API, files and logs."""
        return self.name.lower()


POSITIVE_KINDS = frozenset(
    {Kind.VIEW, Kind.CLICK, Kind.DWELL, Kind.LIKE, Kind.FAVOURITE, Kind.CART, Kind.PURCHASE, Kind.RATE, Kind.SHARE}
)
"""Kinds that say "more of this"; they make up the sequence an encoder reads."""

ANSWER_KINDS = frozenset({Kind.CLICK, Kind.LIKE, Kind.FAVOURITE, Kind.CART, Kind.PURCHASE, Kind.SHARE, Kind.RATE})
"""Kinds that show an item was not shown in vain, wherever they happened."""

CLICK_SQL = f"(kind = {Kind.CLICK.value} OR kind = {Kind.VIEW.value} AND impression IS NOT NULL)"
"""``is_click`` as a condition on rows of ``users_interaction``."""


def is_click(kind: int, *, from_page: bool) -> bool:
    """Whether a deed opened an item that was shown: a click, or a view that names the impression it came from."""
    return kind == Kind.CLICK or (kind == Kind.VIEW and from_page)


def is_answer(kind: int, *, from_page: bool) -> bool:
    """Whether a deed shows that its item was not shown in vain."""
    return kind in ANSWER_KINDS or is_click(kind, from_page=from_page)


KIND_BY_WORD = {kind.word: kind for kind in Kind}
