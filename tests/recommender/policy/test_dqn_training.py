"""The Q network finds long-term value that neither a bandit nor a perfect ranker of clicks can see."""

from dataclasses import replace

import numpy as np
import pytest

from recommender.data.types import DataError
from recommender.policy.dqn_training import DqnConfig, TrainedQ, dqn_train
from recommender.policy.mdp import Transitions
from recommender.policy.simulator import (
    Act,
    World,
    WorldConfig,
    act_at_random,
    act_by_department,
    act_greedily,
    play,
)

pytestmark = pytest.mark.usefixtures("one_thread")

QUICK = DqnConfig(discount=0.95, steps=800, batch=256, learning_rate=3e-3, target_rate=0.02)


def act_by_q(world: World, trained: TrainedQ) -> Act:
    return lambda states, candidates, rng: trained.q(states, world.items[candidates]).argmax(axis=1)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_beats_a_bandit_and_a_perfect_ranker_of_clicks(seed):
    world = World(WorldConfig(), seed=seed)
    _, log = play(world, act_at_random, sessions=1500, seed=seed)
    trained = dqn_train(log, QUICK, seed=seed)
    agents = {
        "q": act_by_q(world, trained),
        "greedy": act_greedily(world),
        "bandit": act_by_department(world, log),
        "random": act_at_random,
    }
    earned = {name: play(world, act, sessions=1500, seed=99)[0] for name, act in agents.items()}
    for other in ("greedy", "bandit", "random"):
        gap = earned["q"].mean() - earned[other].mean()
        noise = np.hypot(earned["q"].std(), earned[other].std()) / np.sqrt(1500)
        assert gap > 3 * noise, f"{other}: {gap:.2f} ± {noise:.2f}"


def test_without_discount_it_learns_the_next_click():
    world = World(WorldConfig(), seed=5)
    _, log = play(world, act_at_random, sessions=2000, seed=5)
    trained = dqn_train(log, replace(QUICK, discount=0.0, conservatism=0.0), seed=5)
    mood = world.begin(400, np.random.default_rng(0))
    items = world.candidates(400, np.random.default_rng(1))
    said = trained.q(world.states(mood), world.items[items])
    truth = world.click_probability(mood, items)
    assert np.corrcoef(said.ravel(), truth.ravel())[0, 1] > 0.7
    assert said.mean() == pytest.approx(truth.mean(), abs=0.08)


def chain(*, terminated: bool) -> Transitions:
    """One state, one item, reward 1 for ever or once."""
    n = 64
    zeros = np.zeros(n, np.int64)
    return Transitions(
        states=np.ones((1, 2), np.float32),
        items=np.ones((1, 2), np.float32),
        state=zeros,
        action=zeros,
        reward=np.tile([0.5, 1.5], n // 2).astype(np.float32),
        examination=np.ones(n, np.float32),
        next_state=zeros,
        pool=zeros[:, None],
        next_pool=zeros[:, None],
        terminated=np.full(n, terminated),
        truncated=np.full(n, not terminated),
        owner=zeros,
    )


@pytest.mark.parametrize(("terminated", "worth"), [(True, 1.0), (False, 2.0)])
def test_an_end_of_the_log_is_not_an_end_of_value(terminated, worth):
    """r / (1 − γ) = 2 where the process goes on, r = 1 where it ends."""
    config = DqnConfig(discount=0.5, steps=600, batch=64, target_rate=0.1, weight_decay=0.0)
    trained = dqn_train(chain(terminated=terminated), config)
    q = trained.q(np.ones((1, 2), np.float32), np.ones((1, 1, 2), np.float32))
    assert q[0, 0] == pytest.approx(worth, abs=0.1)


def test_conservatism_keeps_unlogged_cards_from_looking_good():
    world = World(WorldConfig(), seed=3)
    _, log = play(world, act_at_random, sessions=600, seed=3)
    never = world.department[log.action] == 0
    log = log.keep(~never)  # nothing of department 0 was ever shown, though it stands in the pools
    states, items = log.states[log.state[:400]], world.items
    every = np.broadcast_to(items, (400, *items.shape))

    def advantage_of_unlogged(conservatism: float) -> float:
        q = dqn_train(log, replace(QUICK, conservatism=conservatism, steps=400)).q(states, every)
        return float(q[:, world.department == 0].mean() - q[:, world.department != 0].mean())

    assert advantage_of_unlogged(1.0) < advantage_of_unlogged(0.0) - 0.1


def test_equal_seeds_give_equal_networks():
    world = World(WorldConfig(), seed=1)
    _, log = play(world, act_at_random, sessions=100, seed=1)
    first, again = (
        dqn_train(log, replace(QUICK, steps=30), seed=7).q(log.states[:5], log.items[None, :3]) for _ in "ab"
    )
    np.testing.assert_array_equal(first, again)


def test_nothing_to_learn_from_is_an_error():
    world = World(WorldConfig(), seed=1)
    _, log = play(world, act_at_random, sessions=10, seed=1)
    with pytest.raises(DataError, match="no transitions"):
        dqn_train(log.keep(np.zeros(len(log), np.bool_)), QUICK)
