"""Who gets which arm: drawn by a keyed hash, so that nobody's arm is stored and everybody keeps theirs.

    u(person) = first 53 bits of HMAC(secret, experiment, person) / 2⁵³,  uniform in [0, 1)

and the arm is the one whose part of the unit interval, laid out in the order of the arms, holds u.
"""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import replace

from recommender.data.ruleset import ArmValue, ExperimentValue, RulesetValue
from recommender.data.types import Context

_BITS = 53  # of a float's mantissa: every value is exact and below 1


def arm_assign(ruleset: RulesetValue, context: Context, secret: str) -> Context:
    """The context with the arm that its shopper, or its session where there is no shopper, draws and its probability.

    An arm drawn earlier is forgotten, unless the request names nobody who could draw again and the arm is still there.
    One experiment runs at a time: of those whose time it is, the first by id.
    """
    experiment = experiment_active(ruleset.experiments, context.now_us)
    if experiment is None:
        return replace(context, arm="", arm_probability=1.0) if context.arm else context
    named = {one.name: one for one in experiment.arms}
    if context.arm in named and not (context.shopper_id or context.session):
        return replace(context, arm_probability=named[context.arm].share)
    person = f"shopper {context.shopper_id}" if context.shopper_id else f"session {context.session}"
    arm = arm_at(experiment.arms, uniform(secret, experiment.id, person))
    return replace(context, arm=arm.name, arm_probability=arm.share)


def ruleset_of_arm(ruleset: RulesetValue, arm: str) -> RulesetValue:
    """The ruleset with the dials of an arm over its own; itself for no arm, or for one that it does not have."""
    named = {one.name: one for experiment in ruleset.experiments for one in experiment.arms}
    if arm not in named:
        return ruleset
    return replace(ruleset, knobs=replace(ruleset.knobs, **named[arm].knobs))  # type: ignore[arg-type]


def experiment_active(experiments: Sequence[ExperimentValue], now_us: int) -> ExperimentValue | None:
    """The first experiment in whose time window ``now_us`` lies; its end is outside."""
    for experiment in experiments:
        if experiment.starts_us <= now_us and (not experiment.ends_us or now_us < experiment.ends_us):
            return experiment
    return None


def uniform(secret: str, experiment: int, person: str) -> float:
    """A number in [0, 1) that one person keeps for one experiment; independent between experiments."""
    digest = hmac.digest(secret.encode(), f"{experiment}\x1f{person}".encode(), hashlib.sha256)
    return float((int.from_bytes(digest[:8], "big") >> (64 - _BITS)) / 2**_BITS)


def arm_at(arms: Sequence[ArmValue], u: float) -> ArmValue:
    """The arm whose part of [0, 1) holds ``u``; the last one where rounded shares end short of it."""
    reached = 0.0
    for arm in arms:
        reached += arm.share
        if u < reached:
            return arm
    return arms[-1]
