"""A shop's life week by week: what was known when a week began, and what its customers bought then."""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from recommender.data.sequences import Sequences
from recommender.data.splits import Targets
from recommender.data.types import DAY_US, DataError, Ints
from recommender.trials.measure import Task

WEEK_US = 7 * DAY_US


class Customers(IntEnum):
    """Whom a basket belongs to."""

    OLD = 0  # bought before the first training
    NEW = 1  # bought since for the first time
    FIRST = 2  # buys for the first time


@dataclass(frozen=True)
class Past:
    """What happened before a moment, over the ``n`` items met by then."""

    until_us: int
    vocabulary: Ints  # (n,) index among all items of the shop, rising
    sequences: Sequences  # in indices of ``vocabulary``

    @property
    def ids(self) -> Ints:
        """(n,) item ids from 1, the same in every week."""
        return self.vocabulary + 1


@dataclass(frozen=True)
class Week:
    """What is asked: the first basket of everybody who bought something in a week."""

    number: int  # 1 for the first week that an update has preceded
    begin_us: int
    past: Sequences  # before the week, in indices of the whole shop
    targets: Targets  # (v,) customers, in indices of the whole shop
    customers: Ints  # (v,) a ``Customers`` each

    def task(self, vocabulary: Ints) -> Task:
        """The question in a vocabulary; other items are left out of histories and are misses as targets."""
        places = places_in(vocabulary, self.targets.item)
        targets = Targets(self.targets.users, self.targets.start, places)
        return Task(in_vocabulary(self.past, vocabulary), targets, repeats=True, now_us=self.begin_us)


def past_of(whole: Sequences, until_us: int) -> Past:
    """What had happened by a moment.

    Raises: DataError if that is nothing.
    """
    before = whole.before(until_us)
    vocabulary = np.unique(before.item[before.item >= 0])
    if not len(vocabulary):
        raise DataError(f"nothing was bought before {until_us} µs; let the first training come later")
    return Past(until_us, vocabulary, in_vocabulary(before, vocabulary))


def week_of(whole: Sequences, first_us: int, number: int) -> Week:
    """The ``number``-th week after the first training.

    Args:
        whole: everything, entries of items that nobody knows as -1.
        first_us: when the first training was.
        number: from 0, the week in which nothing has been learned since.
    Raises: DataError if nobody bought anything in it.
    """
    begin_us = first_us + number * WEEK_US
    past = whole.before(begin_us)
    targets = first_baskets(whole.keep((whole.at_us >= begin_us) & (whole.at_us < begin_us + WEEK_US)))
    if not len(targets):
        raise DataError(f"nobody bought anything in week {number}; ask for fewer weeks or begin earlier")
    old, known = (some.lengths[targets.users] > 0 for some in (whole.before(first_us), past))
    customers = np.where(old, Customers.OLD, np.where(known, Customers.NEW, Customers.FIRST)).astype(np.int64)
    return Week(number, begin_us, past, targets, customers)


def first_baskets(some: Sequences) -> Targets:
    """The distinct items of everybody's first order; of an entry without an order, its item."""
    users = np.flatnonzero(some.lengths)
    first = some.start[users]
    opening = np.zeros(len(some), np.int64)
    opening[users] = some.order[first]
    inside = (some.order == opening[some.user]) & (some.order != 0)
    inside[first] = True
    pairs = np.unique(np.column_stack([some.user[inside], some.item[inside]]), axis=0)
    return Targets(users, np.searchsorted(pairs[:, 0], np.append(users, len(some))).astype(np.int64), pairs[:, 1])


def in_vocabulary(sequences: Sequences, vocabulary: Ints) -> Sequences:
    """Entries with items of a rising ``vocabulary`` (n,), as indices of it."""
    places = places_in(vocabulary, sequences.item)
    kept = sequences.keep(places >= 0)
    return Sequences(kept.start, places[places >= 0], kept.kind, kept.at_us, kept.order, len(vocabulary))


def places_in(vocabulary: Ints, items: Ints) -> Ints:
    """(m,) index of each item in a rising vocabulary, -1 where it is not in it.

    >>> places_in(np.array([2, 5, 7]), np.array([5, 6, 9, -1])).tolist()
    [1, -1, -1, -1]
    """
    place = np.minimum(np.searchsorted(vocabulary, items), len(vocabulary) - 1)
    return np.where(vocabulary[place] == items, place, -1).astype(np.int64)
