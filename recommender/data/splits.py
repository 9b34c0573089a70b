"""Who is held out for what: targets, random thirds of the validation users, leave-one-out and time splits."""

from dataclasses import dataclass

import numpy as np

from recommender.data.sequences import Sequences
from recommender.data.types import DataError, Ints


@dataclass(frozen=True)
class Targets:
    """What some shoppers did next: a set of items each, CSR by position in ``users``."""

    users: Ints  # (v,) index into the sequences
    start: Ints  # (v+1,)
    item: Ints  # (t,) vocabulary index, -1 an item the vocabulary lacks: a sure miss

    def __len__(self) -> int:
        return len(self.users)

    def of(self, row: int) -> Ints:
        """Items of the ``row``-th shopper."""
        return self.item[self.start[row] : self.start[row + 1]]

    def select(self, rows: Ints) -> "Targets":
        """The given rows, in the given order."""
        lists = [self.of(int(row)) for row in rows]
        start = np.concatenate([[0], np.cumsum([len(one) for one in lists])]).astype(np.int64)
        return Targets(self.users[rows], start, np.concatenate([*lists, np.zeros(0, np.int64)]))


@dataclass(frozen=True)
class Split:
    """Behaviour to learn from and what came after it."""

    train: Sequences
    targets: Targets


@dataclass(frozen=True)
class Thirds:
    """Validation users in three random parts: A stops training early, B fits fusion, C reports."""

    stop: Targets
    fusion: Targets
    report: Targets


def leave_last_out(sequences: Sequences, *, minimum: int = 2) -> Split:
    """The newest entry of each sequence is its target; sequences shorter than ``minimum`` have none."""
    users = np.flatnonzero(sequences.lengths >= minimum)
    held = sequences.age == 0
    held &= (sequences.lengths >= minimum)[sequences.user]
    start = np.arange(len(users) + 1, dtype=np.int64)
    return Split(sequences.keep(~held), Targets(users, start, sequences.item[held]))


def time_split(sequences: Sequences, until_us: int, *, whole_future: bool = False) -> Split:
    """Behaviour before ``until_us``, and what those who had any did after it.

    Args:
        sequences: with times; entries of one order share a time.
        until_us: the split, microseconds UTC.
        whole_future: targets are the distinct items of everything at or after the split, not of its first order.
    Raises: DataError if nothing lies before the split.
    """
    train = sequences.before(until_us)
    if not len(train.item):
        raise DataError(f"no interaction lies before {until_us} µs; choose a later split")
    later = sequences.keep(sequences.at_us >= until_us)
    users = np.flatnonzero((train.lengths > 0) & (later.lengths > 0))
    lists = [np.unique(later.items_of(user)) if whole_future else _first_order(later, user) for user in users.tolist()]
    start = np.concatenate([[0], np.cumsum([len(one) for one in lists])]).astype(np.int64)
    return Split(train, Targets(users, start, np.concatenate([*lists, np.zeros(0, np.int64)])))


def _first_order(sequences: Sequences, user: int) -> Ints:
    part = slice(sequences.start[user], sequences.start[user + 1])
    order, items = sequences.order[part], sequences.item[part]
    return np.unique(items[order == order[0]]) if order[0] else items[:1]


def validation_thirds(targets: Targets, *, seed: int) -> Thirds:
    """Validation users dealt at random into three equal parts."""
    rows = np.random.default_rng(seed).permutation(len(targets))
    stop, fusion, report = np.array_split(rows, 3)
    return Thirds(*(targets.select(np.sort(part)) for part in (stop, fusion, report)))
