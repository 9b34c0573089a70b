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

KIND_BY_WORD = {kind.word: kind for kind in Kind}
