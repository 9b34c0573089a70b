"""A page under the rules that drew it has its own propensities; under others, theirs."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from recommender.data.ruleset import KnobValues, RulesetValue, RuleValue
from recommender.data.types import Context, Decision, Gathered
from recommender.serving.bundle import Bundle
from recommender.serving.decide import decide
from recommender.serving.redraw import Redrawing
from recommender.slate.following import ShownSlots
from recommender.slate.layout import layout_for

Make = Callable[..., tuple[Context, Gathered]]
KNOBS = [
    KnobValues(),
    KnobValues(exploration=0.2, temperature=1.0, diversity=0.0, calibration=0.0, brand_cap=0),
    KnobValues(diversity=0.8, brand_cap=1),
    KnobValues(temperature=0.0, exploration=0.0),
    KnobValues(diversity_by="mmr", category_cap=2, serendipity=0.5),
]


def shown_of(decision: Decision) -> ShownSlots:
    return ShownSlots(decision.rows, decision.section_of, decision.sections)


@pytest.mark.parametrize("knobs", KNOBS)
def test_the_rules_of_the_day_give_the_logged_propensities(request_of: Make, bundle: Bundle, knobs: KnobValues) -> None:
    context, gathered = request_of(0, 6, 12, 40, 41)
    pin = RuleValue(5, "p", "pin", "item", (int(gathered.item_ids[3]),), slot=2, section="top_picks")
    boost = RuleValue(6, "b", "boost", "brand", (int(gathered.brand[7]),), factor=2.0)
    quota = RuleValue(7, "q", "quota", "brand", (int(gathered.brand[9]),), least=2, per_row=True)
    for rules in ((), (pin, boost), (quota,)):
        ruleset = RulesetValue("r", knobs, rules=rules)
        redrawing = Redrawing(context, gathered, ruleset, bundle)
        for seed in range(4):
            decision = decide(context, gathered, ruleset, bundle, seed)
            assert redrawing.page(seed).rows.tolist() == decision.rows.tolist()
            laws = redrawing.laws(shown_of(decision))
            p = [0.0 if law is None else law.of(row) for law, row in zip(laws, decision.rows.tolist(), strict=True)]
            assert np.array_equal(np.array(p, np.float32), decision.propensities)
            assert all(law is not None and law.probabilities.sum() == pytest.approx(1) for law in laws)


def test_an_excluded_item_has_no_probability_and_the_others_share_it(request_of: Make, bundle: Bundle) -> None:
    context, gathered = request_of(0, 6, 12)
    plain = RulesetValue("r", KnobValues(temperature=0.5))
    decision = decide(context, gathered, plain, bundle, 1)
    victim = int(decision.item_ids[2])
    without = replace(plain, rules=(RuleValue(1, "x", "exclude", "item", (victim,)),))
    logged = Redrawing(context, gathered, plain, bundle)
    laws = logged.under(context, without, gathered).laws(shown_of(decision))
    row = int(decision.rows[2])
    assert laws[2] is not None
    assert laws[2].of(row) == 0
    assert laws[2].probabilities.sum() == pytest.approx(1)
    assert row not in laws[2].rows


def test_a_row_that_the_draft_does_not_have_has_no_law(request_of: Make, bundle: Bundle) -> None:
    context, gathered = request_of(0, 6, 12)
    ruleset = RulesetValue("r", KnobValues())
    decision = decide(context, gathered, ruleset, bundle, 1)
    gone = str(decision.sections[1].code)
    layout = tuple(one for one in layout_for((), "homepage") if one.code != gone)
    laws = Redrawing(context, gathered, replace(ruleset, layout=layout), bundle).laws(shown_of(decision))
    absent = [law is None for law in laws]
    assert absent == [decision.sections[section].code == gone for section in decision.section_of.tolist()]


def test_dials_of_the_page_leave_scores_alone_and_others_do_not(request_of: Make, bundle: Bundle) -> None:
    context, gathered = request_of(0, 6, 12)
    one = Redrawing(context, gathered, RulesetValue("r", KnobValues()), bundle)
    loose = one.under(context, RulesetValue("l", KnobValues(temperature=2.0)), gathered)
    fresh = one.under(context, RulesetValue("f", KnobValues(freshness=3.0)), gathered)
    assert loose.request.scores is one.request.scores
    alone = Redrawing(context, gathered, RulesetValue("f", KnobValues(freshness=3.0)), bundle)
    assert np.array_equal(fresh.request.scores.base, alone.request.scores.base)
    assert not np.array_equal(fresh.request.scores.base, one.request.scores.base)
