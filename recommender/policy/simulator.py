"""A tiny world with boredom: sessions of shown cards in which the best next click is not the best plan.

Some departments lure: their cards are clicked often, and shoppers leave soon after. Others are clicked less and keep
shoppers around. Every department bores when it is shown again and again. Which department does what is drawn anew for
each world, so nothing can be won by the order of departments, and what shoppers feel is visible only as far as their
state vector tells.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from recommender.data.types import Bools, Floats, Ints
from recommender.policy.mdp import Transitions

Act = Callable[[Floats, Ints, np.random.Generator], Ints]
"""(b, d) states, (b, k) candidate items and randomness → (b,) column that is shown."""


@dataclass(frozen=True)
class WorldConfig:
    """Size and temper of a world."""

    departments: int = 6
    items: int = 120
    dim: int = 12
    candidates: int = 10
    horizon: int = 40  # sessions are cut here: truncated, not terminated
    boredom_seen: float = 0.12
    boredom_clicked: float = 0.3
    recovery: float = 0.85  # boredom kept per step
    leave: float = 0.02
    leave_bored: float = 0.25


@dataclass(frozen=True)
class Sessions:
    """Moods of ``b`` shoppers in the middle of their sessions."""

    taste: Floats  # (b, D) sums to 1
    boredom: Floats  # (b, D) in [0, 1]


class World:
    """Departments, items and how shoppers answer."""

    def __init__(self, config: WorldConfig, *, seed: int) -> None:
        rng = np.random.default_rng(seed)
        d = config.departments
        self.config = config
        order = rng.permutation(d)
        self.lure = np.linspace(0.95, 0.45, d)[order]
        self.tiring = np.linspace(0.35, 0.0, d)[order]
        self.department = rng.permutation(np.arange(config.items) % d)
        centres = rng.normal(size=(d, config.dim))
        self.items = (centres[self.department] + 0.2 * rng.normal(size=(config.items, config.dim))).astype(np.float32)

    def begin(self, n: int, rng: np.random.Generator) -> Sessions:
        """``n`` fresh shoppers."""
        d = self.config.departments
        return Sessions(rng.dirichlet(np.ones(d), n).astype(np.float32), np.zeros((n, d), np.float32))

    def states(self, sessions: Sessions) -> Floats:
        """(b, 2D) what an agent sees."""
        return np.concatenate([sessions.taste * self.config.departments, sessions.boredom * 3], axis=1)

    def candidates(self, n: int, rng: np.random.Generator) -> Ints:
        """(n, k) items that can be shown."""
        return rng.integers(0, self.config.items, (n, self.config.candidates))

    def click_probability(self, sessions: Sessions, items: Ints) -> Floats:
        """(b, k) chance of a click on each item."""
        department = self.department[items]
        liking = np.take_along_axis(sessions.taste, department, axis=1) * self.config.departments
        fresh = 1 - np.take_along_axis(sessions.boredom, department, axis=1)
        chance: Floats = self.lure[department] * (0.5 + 0.5 * np.minimum(liking, 1)) * fresh
        return chance

    def step(self, sessions: Sessions, item: Ints, rng: np.random.Generator) -> tuple[Sessions, Floats, Bools]:
        """Show one item to each shopper: moods after it, (b,) clicks, (b,) who left."""
        config, rows = self.config, np.arange(len(item))
        department = self.department[item]
        bored = sessions.boredom[rows, department]
        clicked = rng.random(len(item)) < self.click_probability(sessions, item[:, None])[:, 0]
        left = rng.random(len(item)) < config.leave + config.leave_bored * bored + self.tiring[department]
        boredom = sessions.boredom * np.float32(config.recovery)
        boredom[rows, department] += config.boredom_seen + config.boredom_clicked * clicked
        after = Sessions(sessions.taste, np.minimum(boredom, 1).astype(np.float32))
        return after, clicked.astype(np.float32), left


def play(world: World, act: Act, *, sessions: int, seed: int) -> tuple[Floats, Transitions]:
    """Let an agent serve ``sessions`` shoppers.

    Returns: (sessions,) clicks per session, and every step as a transition whose ``owner`` is the session.
    """
    rng = np.random.default_rng(seed)
    mood, candidates = world.begin(sessions, rng), world.candidates(sessions, rng)
    owner, earned, steps = np.arange(sessions), np.zeros(sessions, np.float32), []
    for time in range(world.config.horizon):
        state = world.states(mood)
        item = candidates[np.arange(len(owner)), act(state, candidates, rng)]
        mood, clicks, left = world.step(mood, item, rng)
        following = world.candidates(len(owner), rng)
        steps.append((state, world.states(mood), item, clicks, candidates, following, left, owner))
        earned[owner] += clicks
        stay = ~left
        mood, owner = Sessions(mood.taste[stay], mood.boredom[stay]), owner[stay]
        candidates = following[stay]
        if not len(owner) or time + 1 == world.config.horizon:
            break
    return earned, _transitions(world, steps)


Step = tuple[Floats, Floats, Ints, Floats, Ints, Ints, Bools, Ints]


def _transitions(world: World, steps: list[Step]) -> Transitions:
    before, after, item, clicks, pool, next_pool, left, owner = (np.concatenate(c) for c in zip(*steps, strict=True))
    m, last = len(item), np.zeros(len(item), np.bool_)
    if len(steps) == world.config.horizon:
        last[-len(steps[-1][2]) :] = True
    return Transitions(
        states=np.concatenate([before, after]),
        items=world.items,
        state=np.arange(m),
        action=item,
        reward=clicks,
        examination=np.ones(m, np.float32),
        next_state=np.arange(m, 2 * m),
        pool=pool,
        next_pool=next_pool,
        terminated=left,
        truncated=last & ~left,
        owner=owner,
    )


def act_at_random(states: Floats, candidates: Ints, rng: np.random.Generator) -> Ints:
    """Any candidate: the logging policy."""
    return rng.integers(0, candidates.shape[1], len(candidates))


def act_greedily(world: World) -> Act:
    """The candidate with the greatest true chance of a click now: what a perfect ranker would show."""
    d = world.config.departments

    def act(states: Floats, candidates: Ints, rng: np.random.Generator) -> Ints:
        mood = Sessions(states[:, :d] / np.float32(d), states[:, d:] / np.float32(3))
        return np.asarray(world.click_probability(mood, candidates).argmax(axis=1), np.int64)

    return act


def act_by_department(world: World, log: Transitions) -> Act:
    """A bandit that learned each department's mean reward from a log and shows the best of them."""
    department = world.department[log.action]
    n = np.maximum(np.bincount(department, minlength=world.config.departments), 1)
    mean = np.bincount(department, log.reward, world.config.departments) / n

    def act(states: Floats, candidates: Ints, rng: np.random.Generator) -> Ints:
        return np.asarray(mean[world.department[candidates]].argmax(axis=1), np.int64)

    return act
