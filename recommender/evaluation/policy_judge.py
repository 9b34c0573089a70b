"""May the policy have a say? Slot-level off-policy evaluation of a policy weight on shoppers it never met."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from recommender.data.reward import RewardWeights
from recommender.data.ruleset import KnobValues
from recommender.data.snapshot import ImpressionTable, Snapshot
from recommender.data.types import DAY_US, DataError, Floats, Ints
from recommender.evaluation.off_policy import Estimate, LoggedSlots, difference, dr_sums, snips_sums
from recommender.policy.q_value import QScaling
from recommender.ranking.training_rows import LoggedPools


class SlotProbabilities(Protocol):
    """``slate.sampling.slot_probabilities``: the formula pages are drawn with."""

    def __call__(self, scores: Floats, *, temperature: float, epsilon: float) -> npt.NDArray[np.float64]:
        """(a,) scores → (a,) probabilities."""
        ...


@dataclass(frozen=True)
class JudgeConfig:
    """What is tried and what counts as harm. Fixed before anything is looked at."""

    weights: tuple[float, ...] = (0.1, 0.25, 0.5)
    margin: float = 0.02  # δ, as a share of the mean logged reward of a first slot
    level: float = 0.95  # of all intervals together: Bonferroni over weights
    max_weight: float = 20.0
    maturity_us: int = 7 * DAY_US  # younger pages may still earn and are left out


class Finding(StrEnum):
    """What the judge found: may speak, or why not."""

    EARNS = "earns"
    NO_PAGES = "no_pages"  # none is old enough and was drawn with a known probability
    FEW_SHOPPERS = "few_shoppers"  # too few effective ones to conclude
    SNIPS_LOW = "snips_low"  # may cost more than the margin
    DR_LOW = "dr_low"
    NO_GAIN = "no_gain"


@dataclass(frozen=True)
class PolicyVerdict:
    """The largest say the evidence allows, why, and the evidence."""

    allowed_weight: float
    finding: Finding
    weight: float  # the weight the estimates are about, NaN where nothing could be estimated
    snips: Estimate | None  # paired difference to weight 0, reward units per first slot
    dr: Estimate | None
    logged_value: float  # mean reward of a logged first slot
    margin: float  # δ in reward units
    scaling: QScaling

    def to_json(self) -> dict[str, Any]:
        """For ``Manifest.policy``, to be joined with the policy's."""
        return {
            "allowed_weight": self.allowed_weight,
            "finding": self.finding.value,
            "judged_weight": None if np.isnan(self.weight) else self.weight,
            "snips": None if self.snips is None else asdict(self.snips),
            "dr": None if self.dr is None else asdict(self.dr),
            "logged_value": self.logged_value,
            "margin": self.margin,
            **asdict(self.scaling),
        }


def policy_judge(
    snapshot: Snapshot,
    pools: LoggedPools,
    q: Floats,
    *,
    q_spread: float,
    knobs: KnobValues,
    slot_probabilities: SlotProbabilities,
    rewards: RewardWeights | None = None,
    config: JudgeConfig | None = None,
    seed: int = 0,
) -> PolicyVerdict:
    """Decide which policy weight may go live.

    For each weight w the target draws the first slot of a logged page by ``slot_probabilities(score + w·Q)`` over the
    pool that was logged, and is compared with w = 0 on the same slots. A weight passes if both the SNIPS and the DR
    difference have their lower bound at or above −δ, the DR difference is above 0, and at least 200 effective shoppers
    carry it. Of those that pass, the one with the greatest DR difference is allowed.

    Valid for one-slot deviations: the rest of the page stays as logged. Scores, reward model and Q come from models
    that never met the page's shopper (``TrainedRanker.pools``, ``TrainedPolicy.judged_q``).

    Args:
        snapshot: the pages.
        pools: their first slots' pools with base scores and expected rewards.
        q: (P,) Q of every pool item.
        q_spread: of the policy that would serve.
        knobs: temperature and exploration of the target.
        slot_probabilities: ``slate.sampling.slot_probabilities``.
        rewards: what outcomes are worth.
        config: see ``JudgeConfig``.
        seed: of the bootstrap.
    """
    config, rewards = config or JudgeConfig(), rewards or RewardWeights()
    scaling = QScaling(q_spread, _within_spread(pools))
    slots = _first_slots(snapshot, pools, config)
    if slots is None:
        nan = float("nan")
        return PolicyVerdict(0.0, Finding.NO_PAGES, nan, None, None, nan, nan, scaling)
    trial = _Trial(slots, pools, q, scaling, knobs, slot_probabilities, rewards)
    judged = [_judge(trial, weight, config, seed) for weight in config.weights]
    passed = [one for one in judged if one.allowed_weight > 0]
    return max(passed or judged, key=lambda one: one.dr.value if one.dr else -np.inf)


@dataclass(frozen=True)
class _Slots:
    """Drawn first slots that have a pool."""

    impressions: ImpressionTable
    row: Ints  # (n,) in the impression table
    pool: Ints  # (n,) position in ``LoggedPools.page``
    chosen: Ints  # (n,) row of what was shown, within its pool


def _first_slots(snapshot: Snapshot, pools: LoggedPools, config: JudgeConfig) -> _Slots | None:
    impressions = snapshot.impressions
    if impressions is None or not len(pools.page):
        return None
    row = np.searchsorted(impressions.page, pools.page)
    drawn = impressions.propensity[row]
    usable = (impressions.slot[row] == 0) & np.isfinite(drawn) & (drawn > 0) & (drawn < 1)
    usable &= impressions.at_us[row] <= snapshot.until_us - config.maturity_us
    found: list[tuple[int, int, int]] = []
    for place in np.flatnonzero(usable).tolist():
        items = pools.item[pools.start[place] : pools.start[place + 1]]
        match = np.flatnonzero(items == impressions.item[row[place]])
        if len(match):
            found.append((int(row[place]), place, int(match[0])))
    if not found:
        return None
    rows, places, chosen = (np.array(column, np.int64) for column in zip(*found, strict=True))
    return _Slots(impressions, rows, places, chosen)


class _Trial:
    """The logged first slots as seen by any policy weight."""

    def __init__(
        self,
        slots: _Slots,
        pools: LoggedPools,
        q: Floats,
        scaling: QScaling,
        knobs: KnobValues,
        slot_probabilities: SlotProbabilities,
        rewards: RewardWeights,
    ) -> None:
        if len(q) != len(pools.item):
            raise DataError(f"{len(q)} Q values for {len(pools.item)} pool items; judge with the policy's judged_q")
        self.slots, self.pools, self.q, self.scaling = slots, pools, q, scaling
        self.knobs, self.slot_probabilities = knobs, slot_probabilities
        self.rewards = rewards.earned(slots.impressions)[slots.row].astype(np.float64)
        self.rate = self._reward_rate()

    def _reward_rate(self) -> float:
        """Logged reward per modelled reward: takes a constant error out of the reward model."""
        modelled = sum(
            float(self.pools.value[self.pools.start[p] + c])
            for p, c in zip(self.slots.pool, self.slots.chosen, strict=True)
        )
        return float(self.rewards.sum()) / modelled if modelled > 0 else 1.0

    def log(self, weight: float) -> LoggedSlots:
        """The slots with the target probabilities of a policy weight."""
        n = len(self.slots.row)
        target, logged, expected = np.zeros(n), np.zeros(n), np.zeros(n)
        for i, (place, chosen) in enumerate(zip(self.slots.pool, self.slots.chosen, strict=True)):
            rows = slice(self.pools.start[place], self.pools.start[place + 1])
            scores = self.pools.score[rows] + np.float32(weight) * self.scaling.scale(self.q[rows])
            probabilities = self.slot_probabilities(
                scores, temperature=self.knobs.temperature, epsilon=self.knobs.exploration
            )
            value = self.pools.value[rows] * self.rate
            target[i], logged[i], expected[i] = probabilities[chosen], value[chosen], probabilities @ value
        impressions = self.slots.impressions
        return LoggedSlots(
            rewards=self.rewards,
            propensities=impressions.propensity[self.slots.row].astype(np.float64),
            target=target,
            clusters=impressions.shopper[self.slots.row],
            model_logged=logged,
            model_target=expected,
        )


def _judge(trial: _Trial, weight: float, config: JudgeConfig, seed: int) -> PolicyVerdict:
    with_policy, without = trial.log(weight), trial.log(0.0)
    level = 1 - (1 - config.level) / len(config.weights)
    snips, dr = (
        difference(
            with_policy,
            sums(with_policy, config.max_weight),
            sums(without, config.max_weight),
            max_weight=config.max_weight,
            level=level,
            seed=seed,
        )
        for sums in (snips_sums, dr_sums)
    )
    value = float(trial.rewards.mean())
    margin = config.margin * value
    finding = _finding(snips, dr, margin)
    allowed = weight if finding is Finding.EARNS else 0.0
    return PolicyVerdict(allowed, finding, weight, snips, dr, value, margin, trial.scaling)


def _finding(snips: Estimate, dr: Estimate, margin: float) -> Finding:
    if not dr.conclusive:
        return Finding.FEW_SHOPPERS
    if not snips.low >= -margin:
        return Finding.SNIPS_LOW
    if not dr.low >= -margin:
        return Finding.DR_LOW
    return Finding.EARNS if dr.value > 0 else Finding.NO_GAIN


def _within_spread(pools: LoggedPools) -> float:
    """Median over pages of the standard deviation of the base score within a pool."""
    spreads = [
        float(pools.score[begin:end].std())
        for begin, end in zip(pools.start[:-1], pools.start[1:], strict=True)
        if end - begin > 1
    ]
    return float(np.median(spreads)) if spreads else 1.0
