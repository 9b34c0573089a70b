"""Arms are drawn with their shares, kept by everybody, and independent of other experiments."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from recommender.data.ruleset import ArmValue, ExperimentValue, KnobValues, RulesetValue
from recommender.data.types import Context, History
from recommender.experiments.assignment import arm_assign, arm_at, experiment_active, ruleset_of_arm, uniform

ARMS = (ArmValue("x/a", 0.2), ArmValue("x/b", 0.3, {"exploration": 0.3, "brand_cap": 1}), ArmValue("x/c", 0.5))
RULESET = RulesetValue("h", KnobValues(temperature=0.4), experiments=(ExperimentValue(7, ARMS),))
CONTEXT = Context(shop_id=1, shopper_id=5, session="s", surface="homepage", now_us=1000, history=History.empty())


def test_the_draw_is_uniform() -> None:
    values = [uniform("secret", 7, f"shopper {k}") for k in range(20_000)]
    assert min(values) >= 0.0 and max(values) < 1.0
    assert stats.kstest(values, "uniform").pvalue > 0.001


def test_arms_get_their_shares() -> None:
    n = 20_000
    drawn = Counter(arm_assign(RULESET, replace(CONTEXT, shopper_id=k), "secret").arm for k in range(1, n + 1))
    counts = [drawn[arm.name] for arm in ARMS]
    assert stats.chisquare(counts, [arm.share * n for arm in ARMS]).pvalue > 0.001


def test_two_experiments_and_two_secrets_draw_independently() -> None:
    people = [f"shopper {k}" for k in range(5_000)]
    draws = [[uniform(secret, number, who) for who in people] for secret, number in (("s", 1), ("s", 2), ("t", 1))]
    assert np.abs(np.corrcoef(draws) - np.eye(3)).max() < 0.06


def test_a_shopper_keeps_the_arm_whatever_the_visit_and_a_visit_is_its_own() -> None:
    known = {arm_assign(RULESET, replace(CONTEXT, session=f"{k}"), "secret").arm for k in range(50)}
    unknown = {arm_assign(RULESET, replace(CONTEXT, shopper_id=0, session=f"{k}"), "secret").arm for k in range(50)}
    assert len(known) == 1
    assert unknown == {arm.name for arm in ARMS}


def test_a_logged_request_that_names_nobody_keeps_its_arm_while_it_is_there() -> None:
    nobody = Context(1, 0, "", "homepage", 0, History.empty())
    kept = {arm_assign(RULESET, replace(nobody, arm=arm.name), "k").arm for arm in RULESET.experiments[0].arms}
    assert kept == {arm.name for arm in RULESET.experiments[0].arms}
    assert arm_assign(RULESET, replace(nobody, arm="gone"), "k").arm in kept


def test_the_probability_is_the_share_of_the_arm() -> None:
    drawn = arm_assign(RULESET, CONTEXT, "secret")
    assert drawn.arm_probability == {arm.name: arm.share for arm in ARMS}[drawn.arm]


@pytest.mark.parametrize(("u", "name"), [(0.0, "x/a"), (0.199, "x/a"), (0.2, "x/b"), (0.5, "x/c"), (0.9999, "x/c")])
def test_each_arm_has_its_part_of_the_interval(u: float, name: str) -> None:
    assert arm_at(ARMS, u).name == name


def test_shares_that_round_short_of_one_leave_no_gap() -> None:
    assert arm_at([ArmValue("a", 0.1)] * 9 + [ArmValue("last", 0.0999)], 0.99999).name == "last"


def test_of_experiments_in_their_time_the_first_counts() -> None:
    early, late = ExperimentValue(1, ARMS, 100, 200), ExperimentValue(2, ARMS, 150)
    active = [experiment_active((early, late), now) for now in (99, 100, 150, 199, 200, 10_000)]
    assert active == [None, early, early, early, late, late]
    ended = arm_assign(RulesetValue("h", KnobValues()), replace(CONTEXT, arm="x/a", arm_probability=0.2), "secret")
    assert (ended.arm, ended.arm_probability) == ("", 1.0)


def test_an_arm_turns_only_its_own_dials() -> None:
    knobs = ruleset_of_arm(RULESET, "x/b").knobs
    assert knobs == replace(RULESET.knobs, exploration=0.3, brand_cap=1)
    assert ruleset_of_arm(RULESET, "").knobs == ruleset_of_arm(RULESET, "y/z").knobs == RULESET.knobs
