"""What is known when a week begins, and who is asked for what."""

import numpy as np
import pytest

from benchmarks.continual.weeks import WEEK_US, Customers, first_baskets, past_of, week_of
from recommender.data.sequences import Sequences
from recommender.data.types import DataError
from users.kinds import Kind

FIRST = 10 * WEEK_US


def shop(*baskets: tuple[int, float, int, list[int]]) -> Sequences:
    """Behaviour of four customers over ten items from (customer, week after the first training, order, items)."""
    rows = sorted(
        (user, int(FIRST + week * WEEK_US), order, item) for user, week, order, all_ in baskets for item in all_
    )
    user, at_us, order, item = np.array(rows, np.int64).T
    start = np.searchsorted(user, np.arange(5)).astype(np.int64)
    return Sequences(start, item, np.full(len(item), Kind.PURCHASE, np.int8), at_us, order, 10)


WHOLE = shop(
    (0, -1.0, 1, [7, 2]),
    (0, 1.2, 2, [5, 2]),
    (0, 1.4, 3, [7]),
    (1, 0.5, 4, [3]),
    (1, 1.1, 5, [9, -1, 3]),
    (2, 1.9, 6, [2]),
    (3, 2.0, 7, [2]),
)


def test_the_past_ends_with_its_moment_and_knows_only_what_was_met():
    past = past_of(WHOLE, FIRST + WEEK_US)
    assert past.vocabulary.tolist() == [2, 3, 7]
    assert past.ids.tolist() == [3, 4, 8]
    assert past.sequences.n_items == 3
    assert [past.vocabulary[past.sequences.items_of(user)].tolist() for user in range(4)] == [[2, 7], [3], [], []]
    with pytest.raises(DataError, match="nothing was bought before"):
        past_of(WHOLE, FIRST - 2 * WEEK_US)


def test_a_week_asks_for_first_baskets_and_says_whose_they_are():
    week = week_of(WHOLE, FIRST, 1)
    assert week.targets.users.tolist() == [0, 1, 2]
    assert [week.targets.of(row).tolist() for row in range(3)] == [[2, 5], [-1, 3, 9], [2]]
    assert week.customers.tolist() == [Customers.OLD, Customers.NEW, Customers.FIRST]
    assert week.past.at_us.max() < week.begin_us
    with pytest.raises(DataError, match="nobody bought anything in week 5"):
        week_of(WHOLE, FIRST, 5)


def test_a_question_is_put_in_any_vocabulary():
    task = week_of(WHOLE, FIRST, 1).task(np.array([2, 3]))
    assert task.repeats
    assert task.now_us == FIRST + WEEK_US
    assert [task.sequences.items_of(user).tolist() for user in range(3)] == [[0], [1], []]
    assert [task.targets.of(row).tolist() for row in range(3)] == [[0, -1], [-1, 1, -1], [0]]


def test_an_entry_without_an_order_is_a_basket_of_its_own():
    some = Sequences(
        np.array([0, 2, 2, 4]),
        np.array([4, 1, 6, 6]),
        np.full(4, Kind.VIEW, np.int8),
        np.arange(4, dtype=np.int64),
        np.array([0, 0, 8, 8]),
        10,
    )
    baskets = first_baskets(some)
    assert baskets.users.tolist() == [0, 2]
    assert [baskets.of(row).tolist() for row in range(2)] == [[4], [6]]
