"""The small world: bored shoppers click less and leave, and no department's number tells what it does."""

import numpy as np
import pytest

from recommender.policy.simulator import Sessions, World, WorldConfig, act_at_random, act_greedily, play


@pytest.fixture
def world():
    return World(WorldConfig(), seed=0)


def test_departments_are_dealt_anew_in_each_world():
    orders = {tuple(np.argsort(World(WorldConfig(), seed=seed).lure)) for seed in range(8)}
    assert len(orders) > 4


def test_luring_departments_tire(world):
    assert np.corrcoef(world.lure, world.tiring)[0, 1] > 0.99


def test_boredom_costs_clicks_and_fades(world):
    rng = np.random.default_rng(0)
    fresh = world.begin(500, rng)
    bored = Sessions(fresh.taste, np.full_like(fresh.boredom, 0.6))
    items = world.candidates(500, rng)
    assert (world.click_probability(bored, items) < world.click_probability(fresh, items)).all()
    after, _, left = world.step(bored, items[:, 0], rng)
    shown = world.department[items[:, 0]]
    others = np.ones_like(after.boredom, bool)
    others[np.arange(500), shown] = False
    assert (after.boredom[others] < 0.6).all()
    assert (after.boredom[~others] > 0.6).all()
    _, _, left_fresh = world.step(fresh, items[:, 0], rng)
    assert left.mean() > left_fresh.mean() + 0.05


def test_steps_of_a_session_follow_each_other(world):
    earned, log = play(world, act_at_random, sessions=200, seed=1)
    assert len(earned) == 200
    assert earned.sum() == log.reward.sum()
    for owner in range(0, 200, 40):
        rows = np.flatnonzero(log.owner == owner)
        np.testing.assert_array_equal(log.states[log.next_state[rows[:-1]]], log.states[log.state[rows[1:]]])
        np.testing.assert_array_equal(log.next_pool[rows[:-1]], log.pool[rows[1:]])
        ends = log.terminated[rows] | log.truncated[rows]
        assert ends[-1]
        assert not ends[:-1].any()


def test_a_session_that_is_cut_is_truncated():
    patient = World(WorldConfig(leave=0, leave_bored=0, horizon=5), seed=2)
    patient.tiring[:] = 0
    _, log = play(patient, act_at_random, sessions=30, seed=0)
    assert not log.terminated.any()
    assert log.truncated.sum() == 30
    assert len(log) == 150


def test_equal_seeds_play_equal_sessions(world):
    first, again = (play(world, act_greedily(world), sessions=50, seed=4)[0] for _ in range(2))
    np.testing.assert_array_equal(first, again)
