"""Behaviour in time order, one run of items per shopper: the input of everything that learns from behaviour."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from recommender.data.snapshot import InteractionTable
from recommender.data.types import Bools, Floats, Ints
from users.kinds import POSITIVE_KINDS, Kind


@dataclass(frozen=True)
class Sequences:
    """What ``u`` shoppers did with ``n_items`` items, oldest first, CSR by shopper.

    An ``order`` other than 0 groups entries that were bought together: a set, whose inner order means nothing.
    """

    start: Ints  # (u+1,)
    item: Ints  # (m,) vocabulary index
    kind: npt.NDArray[np.int8]  # (m,) users.kinds.Kind
    at_us: Ints  # (m,) 0 where unknown
    order: Ints  # (m,) hash of order or invoice, 0 none
    n_items: int

    def __len__(self) -> int:
        return len(self.start) - 1

    @property
    def lengths(self) -> Ints:
        """(u,) entries per shopper."""
        return np.diff(self.start)

    @property
    def user(self) -> Ints:
        """(m,) shopper of each entry."""
        return np.repeat(np.arange(len(self)), self.lengths)

    @property
    def age(self) -> Ints:
        """(m,) entries that follow in the same sequence: 0 for the newest."""
        return self.start[self.user + 1] - 1 - np.arange(len(self.item))

    def items_of(self, user: int) -> Ints:
        """The items of one shopper, oldest first."""
        return self.item[self.start[user] : self.start[user + 1]]

    def keep(self, mask: Bools) -> "Sequences":
        """The entries where ``mask`` (m,) is true; shoppers stay, some perhaps with nothing."""
        start = np.concatenate([[0], np.cumsum(mask)])[self.start]
        return Sequences(start, self.item[mask], self.kind[mask], self.at_us[mask], self.order[mask], self.n_items)

    def without_last(self, n: int = 1) -> "Sequences":
        """Every sequence without its ``n`` newest entries."""
        return self.keep(self.age >= n)

    def before(self, until_us: int) -> "Sequences":
        """What happened before ``until_us``."""
        return self.keep(self.at_us < until_us)

    def counts(self) -> sparse.csr_matrix:
        """(u, n_items) how often each shopper met each item, float32."""
        ones = np.ones(len(self.item), np.float32)
        return sparse.csr_matrix((ones, (self.user, self.item)), shape=(len(self), self.n_items))

    def item_counts(self, weight: Floats | None = None) -> Floats:
        """(n_items,) entries per item, each counting ``weight`` (m,) where given."""
        return np.bincount(self.item, weights=weight, minlength=self.n_items).astype(np.float32)


def sequences_from_lists(lists: list[list[int]], n_items: int, *, kind: Kind = Kind.PURCHASE) -> Sequences:
    """Sequences of plain lists of item indices, without times and orders."""
    start = np.concatenate([[0], np.cumsum([len(one) for one in lists])]).astype(np.int64)
    item = np.array([i for one in lists for i in one], np.int64)
    zeros = np.zeros(len(item), np.int64)
    return Sequences(start, item, np.full(len(item), kind, np.int8), zeros, zeros, n_items)


def sequences_of(interactions: InteractionTable, *, n_users: int, n_items: int) -> Sequences:
    """The positive interactions of a snapshot as sequences (``users.kinds.POSITIVE_KINDS``).

    Entries of one item directly after each other (view, dwell, cart) become one that bears the kind that says most.

    Args:
        interactions: sorted by (shopper, time).
        n_users: shoppers of the snapshot.
        n_items: size of its vocabulary.
    """
    positive = np.isin(interactions.kind, [int(kind) for kind in POSITIVE_KINDS]) & (interactions.item >= 0)
    shopper = interactions.shopper[positive]
    start = np.searchsorted(shopper, np.arange(n_users + 1)).astype(np.int64)
    whole = Sequences(
        start,
        interactions.item[positive],
        interactions.kind[positive],
        interactions.at_us[positive],
        interactions.order[positive],
        n_items,
    )
    return _runs_merge(whole)


def _runs_merge(sequences: Sequences) -> Sequences:
    """One entry per run of the same item: the run's last time and strongest kind."""
    last, strongest = runs_of(sequences.item, sequences.kind, sequences.user)
    merged = sequences.keep(last)
    return Sequences(merged.start, merged.item, strongest, merged.at_us, merged.order, merged.n_items)


def runs_of(item: Ints, kind: npt.NDArray[np.int8], user: Ints) -> tuple[Bools, npt.NDArray[np.int8]]:
    """Runs of entries with the same user and item.

    Returns: (m,) True at the last entry of each run, and per run the kind that says most (the highest ``strength``).
    """
    if not len(item):
        return np.zeros(0, np.bool_), np.zeros(0, np.int8)
    new = np.concatenate([[True], (item[1:] != item[:-1]) | (user[1:] != user[:-1])])
    begins = np.flatnonzero(new)
    strongest = np.maximum.reduceat(_STRENGTH[kind], begins)
    return np.concatenate([new[1:], [True]]), _KIND_OF_STRENGTH[strongest]


_BY_STRENGTH = (
    Kind.VIEW,
    Kind.CLICK,
    Kind.DWELL,
    Kind.SHARE,
    Kind.RATE,
    Kind.LIKE,
    Kind.FAVOURITE,
    Kind.CART,
    Kind.PURCHASE,
)
"""Positive kinds from the faintest sign of interest to the clearest."""

_KIND_OF_STRENGTH = np.array([0, *_BY_STRENGTH], np.int8)
_STRENGTH = np.zeros(max(Kind) + 1, np.int8)
_STRENGTH[_KIND_OF_STRENGTH[1:]] = np.arange(1, len(_KIND_OF_STRENGTH))
