"""Visits end with silence, with their shopper, or where the client says so."""

import numpy as np
import pytest

from recommender.data.sessions import MINUTE_US, SessionConfig, sessions_of, visit_count
from recommender.data.snapshot import InteractionTable
from users.kinds import Kind

START = 1_700_000_000_000_000


def visits(minutes, hint=None, user=None, **config):
    at = START + (np.array(minutes, np.float64) * MINUTE_US).astype(np.int64)
    user = np.zeros(len(at), np.int64) if user is None else np.array(user)
    hint = None if hint is None else np.array(hint)
    return sessions_of(user, at, hint, SessionConfig(**config)).tolist()


def test_silence_ends_a_visit():
    assert visits([0, 10, 40, 70.1, 71]) == [0, 0, 0, 1, 1]
    assert visits([0, 10], gap_minutes=5) == [0, 1]


def test_another_shopper_is_another_visit():
    assert visits([0, 1, 1, 2], user=[0, 0, 1, 1]) == [0, 0, 1, 1]


def test_the_client_ends_a_visit_early():
    assert visits([0, 1, 2], hint=[7, 7, 8]) == [0, 0, 1]


def test_the_client_holds_a_visit_together_for_some_time():
    assert visits([0, 90, 400], hint=[7, 7, 7]) == [0, 0, 1]


@pytest.mark.parametrize("hint", [[0, 0], [7, 0], [0, 7]])
def test_a_session_that_is_not_named_says_nothing(hint):
    assert visits([0, 10], hint=hint) == [0, 0]
    assert visits([0, 31], hint=hint) == [0, 1]


@pytest.mark.parametrize("n", [0, 1, 4])
def test_equal_and_unknown_times_are_one_visit(n):
    zeros = np.zeros(n, np.int64)
    assert sessions_of(zeros, zeros).tolist() == [0] * n
    assert sessions_of(zeros, zeros + START).tolist() == [0] * n


def test_visits_of_a_snapshot_are_counted():
    ones = np.ones(3, np.int64)
    at = START + np.array([0, 1, 600]) * MINUTE_US
    facts = InteractionTable(ones - 1, ones - 1, np.full(3, Kind.VIEW, np.int8), at, ones, ones, ones - 1)
    assert visit_count(facts) == 2
    nothing = np.zeros(0, np.int64)
    assert visit_count(InteractionTable(*[nothing] * 2, nothing.astype(np.int8), *[nothing] * 4)) == 0
