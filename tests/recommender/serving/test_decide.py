"""The decision as a pure function of context, candidates, rules, bundle and seed."""

import json
from collections.abc import Callable
from dataclasses import fields, replace

import numpy as np
import pytest

from recommender.data.ruleset import EVALUATION_KNOBS, KnobValues, RulesetValue, RuleValue, SectionValue
from recommender.data.types import ArtifactMismatch, Context, Decision, Gathered, Section, Source
from recommender.ranking.fusion import FusionWeights
from recommender.serving.bundle import Bundle
from recommender.serving.decide import decide
from recommender.serving.scores import base_scores
from recommender.serving.state import shopper_view
from tests.fixtures.requests import context_of, gathered_of

Make = Callable[..., tuple[Context, Gathered]]
DEFAULT = RulesetValue("default", KnobValues())
EVALUATION = RulesetValue("evaluation", EVALUATION_KNOBS)


def same(one: Decision, other: Decision) -> bool:
    return all(
        np.array_equal(getattr(one, f.name), getattr(other, f.name), equal_nan=True)
        if isinstance(getattr(one, f.name), np.ndarray) and getattr(one, f.name).dtype.kind == "f"
        else np.array_equal(getattr(one, f.name), getattr(other, f.name))
        if isinstance(getattr(one, f.name), np.ndarray)
        else f.name == "reasons" or getattr(one, f.name) == getattr(other, f.name)
        for f in fields(Decision)
    )


def test_equal_arguments_give_bit_equal_decisions(request_of: Make, bundle: Bundle) -> None:
    context, gathered = request_of(0, 6, 12)
    first = decide(context, gathered, DEFAULT, bundle, 42)
    assert same(first, decide(context, gathered, DEFAULT, bundle, 42))
    assert not same(first, decide(context, gathered, DEFAULT, bundle, 43))


def test_evaluation_is_the_fused_order(request_of: Make, bundle: Bundle) -> None:
    context, gathered = request_of(0, 6, 12)
    view = shopper_view(context, bundle)
    fused = base_scores(context, gathered, bundle, view.history_index, view.state)[1]
    decision = decide(context, gathered, EVALUATION, bundle, 1)
    expected = gathered.item_ids[np.lexsort((gathered.index, -fused))][:100]
    assert decision.item_ids.tolist() == expected.tolist()
    assert len(decision.sections) == 1
    assert (decision.propensities == 1).all()


def test_of_whom_nothing_is_known_is_shown_what_is_in_demand_whatever_the_fusion_makes_of_it(
    request_of: Make, bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    contrary = FusionWeights.from_json({"weights": {"popularity": -5.0, "recent_popularity": -5.0}})
    monkeypatch.setattr("recommender.serving.scores.fusion_of", lambda _bundle: contrary)
    context, gathered = request_of()
    trend = np.zeros(len(gathered), np.float32)
    wanted = np.arange(len(gathered))[::20]
    trend[wanted] = 1_000.0
    decision = decide(context, replace(gathered, trend=trend), EVALUATION, bundle, 1)
    assert set(decision.item_ids[: len(wanted)].tolist()) == set(gathered.item_ids[wanted].tolist())
    assert {reason.code for reason in decision.reasons[: len(wanted)]} <= {"popular", "trending", "new"}
    assert "popular" not in {reason.code for reason in decision.reasons[len(wanted) :]}


def test_plain_filling_is_what_slot_by_slot_filling_gives(request_of: Make, bundle: Bundle) -> None:
    context, gathered = request_of(3, 9)
    capped = replace(EVALUATION_KNOBS, brand_cap=1_000)  # a cap that never bites forces the slow way
    quick = decide(context, gathered, EVALUATION, bundle, 1)
    slow = decide(context, gathered, RulesetValue("slow", capped), bundle, 1)
    assert quick.item_ids.tolist() == slow.item_ids.tolist()
    assert quick.pool_ids.tolist() == slow.pool_ids.tolist()
    assert quick.scores == pytest.approx(slow.scores)


def test_one_list_is_as_long_as_its_layout_says(request_of: Make, bundle: Bundle) -> None:
    context, gathered = request_of(3, 9)
    ruleset = replace(EVALUATION, layout=(SectionValue(Section.TOP_PICKS, n=7, minimum=1),))
    assert len(decide(context, gathered, ruleset, bundle, 1).item_ids) == 7


@pytest.mark.parametrize("seed", range(8))
def test_a_page_has_no_item_twice_and_no_thin_section(request_of: Make, bundle: Bundle, seed: int) -> None:
    decision = decide(*request_of(0, 6, 12, 1), DEFAULT, bundle, seed)
    assert len(set(decision.item_ids.tolist())) == len(decision.item_ids)
    counts = np.bincount(decision.section_of, minlength=len(decision.sections))
    assert (counts >= 4).all()
    assert len({section.code for section in decision.sections}) == len(decision.sections)


def test_what_was_met_hidden_served_or_lies_in_the_basket_is_not_proposed(request_of: Make, bundle: Bundle) -> None:
    context, gathered = request_of(0, 6)
    met, hidden, basket, served = gathered.item_ids[[1, 2, 3, 4]]
    context = replace(
        context,
        purchased_ids=np.array([met]),
        hidden_ids=np.array([hidden]),
        basket_ids=np.array([basket]),
        served_ids=np.array([served]),
    )
    for seed in range(5):
        shown = decide(context, gathered, DEFAULT, bundle, seed).item_ids
        assert not np.isin(shown, [met, hidden, basket, served]).any()


def test_brands_are_capped_per_row_and_variants_per_page(request_of: Make, bundle: Bundle) -> None:
    context, gathered = request_of(0, 6, 12)
    gathered = replace(gathered, brand=np.ones(len(gathered), np.int64))
    capped = decide(context, gathered, RulesetValue("x", KnobValues(brand_cap=4)), bundle, 5)
    assert np.bincount(capped.section_of).max() == 4
    gathered = replace(gathered, brand=gathered.item_ids, group=np.arange(len(gathered)) // 2 + 1)
    groups = gathered.group[decide(context, gathered, DEFAULT, bundle, 5).rows]
    assert len(set(groups.tolist())) == len(groups)


def test_a_pin_stands_in_its_slot_and_is_forced(request_of: Make, bundle: Bundle) -> None:
    context, gathered = request_of(0, 6, 12)
    target = int(gathered.item_ids[-1])
    pin = RuleValue(7, "pin", "pin", "item", (target,), slot=3, section=Section.TOP_PICKS)
    for seed in range(5):
        decision = decide(context, gathered, RulesetValue("x", KnobValues(), rules=(pin,)), bundle, seed)
        codes = [decision.sections[section].code for section in decision.section_of]
        slot = codes.index(Section.TOP_PICKS) + 2
        assert decision.item_ids[slot] == target
        assert decision.forced[slot]
        assert decision.propensities[slot] == 1.0
        assert decision.reasons[slot].code == "rule"
        assert decision.reasons[slot].subject == 7


def test_a_pin_to_a_slot_that_no_row_has_keeps_nothing_off_the_page(request_of: Make, bundle: Bundle) -> None:
    context, gathered = request_of(0, 6, 12)
    plain = RulesetValue("x", KnobValues(exploration=0, temperature=0))
    page = decide(context, gathered, plain, bundle, 1)
    pin = RuleValue(7, "pin", "pin", "item", (int(page.item_ids[0]),), slot=99)
    assert (
        decide(context, gathered, replace(plain, rules=(pin,)), bundle, 1).item_ids.tolist() == page.item_ids.tolist()
    )


def test_a_boost_that_decides_is_the_reason(request_of: Make, bundle: Bundle) -> None:
    context, gathered = request_of(0, 6, 12)
    weakest = decide(context, gathered, EVALUATION, bundle, 1).item_ids[-1]
    boost = RuleValue(9, "push", "boost", "item", (int(weakest),), factor=30.0)
    decision = decide(context, gathered, RulesetValue("x", KnobValues(), rules=(boost,)), bundle, 1)
    card = decision.item_ids.tolist().index(weakest)
    assert (decision.reasons[card].code, decision.reasons[card].subject) == ("rule", 9)


@pytest.mark.parametrize("target", ["item", "category"])
def test_a_rule_that_would_empty_the_page_is_left_aside(request_of: Make, bundle: Bundle, target: str) -> None:
    context, gathered = request_of(0, 6, 12)
    barred = gathered.item_ids if target == "item" else np.unique(gathered.department)
    everything = RuleValue(1, "none", "exclude", target, tuple(barred.tolist()))
    decision = decide(context, gathered, RulesetValue("x", KnobValues(), rules=(everything,)), bundle, 1)
    assert len(decision.item_ids) >= 24
    assert decision.degraded == "rules_left_aside"


def test_what_is_excluded_by_name_stays_away_while_wider_rules_are_left_aside(request_of: Make, bundle: Bundle) -> None:
    context, gathered = request_of(0, 6, 12)
    named = gathered.item_ids[:20]
    rules = (
        RuleValue(1, "all", "exclude", "category", tuple(np.unique(gathered.department).tolist())),
        RuleValue(2, "some", "exclude", "item", tuple(named.tolist())),
    )
    decision = decide(context, gathered, RulesetValue("x", KnobValues(), rules=rules), bundle, 1)
    assert decision.degraded == "rules_left_aside"
    assert not np.isin(decision.item_ids, named).any()


def test_quotas_that_leave_hardly_a_card_are_left_aside_and_bans_are_not(request_of: Make, bundle: Bundle) -> None:
    context, gathered = request_of(0, 6, 12)
    departments = tuple(np.unique(gathered.department).tolist())
    banned = RuleValue(1, "ban", "exclude", "category", departments[:1])
    rules = (banned, RuleValue(2, "one", "quota", "category", departments, most=1))
    decision = decide(context, gathered, RulesetValue("x", KnobValues(), rules=rules), bundle, 1)
    assert len(decision.item_ids) >= 24
    assert decision.degraded == "rules_left_aside"
    assert not np.isin(gathered.department[decision.rows], departments[0]).any()


def test_few_cards_that_a_quota_did_not_bring_about_stay(request_of: Make, bundle: Bundle) -> None:
    context, gathered = request_of(0, 6, 12)
    barred = RuleValue(1, "ban", "exclude", "item", tuple(gathered.item_ids[2:].tolist()))
    quota = RuleValue(2, "one", "quota", "item", tuple(gathered.item_ids.tolist()), most=1)
    decision = decide(context, gathered, RulesetValue("x", KnobValues(), rules=(barred, quota)), bundle, 1)
    assert len(decision.item_ids) == 1
    assert not decision.degraded


def test_zero_candidates_are_an_empty_page(bundle: Bundle) -> None:
    decision = decide(context_of(), gathered_of([], dim=64), DEFAULT, bundle, 1)
    assert len(decision.item_ids) == 0


def test_somebody_who_has_met_everything_still_gets_a_page(request_of: Make, bundle: Bundle) -> None:
    context, gathered = request_of(0, 6, 12)
    context = replace(context, purchased_ids=gathered.item_ids)
    assert len(decide(context, gathered, DEFAULT, bundle, 1).item_ids) >= 4


def test_without_a_bundle_the_page_says_what_it_is_made_of() -> None:
    ids = list(range(1, 31))
    plain = gathered_of(ids, sources=(Source.TRENDING,), trend=np.arange(30, dtype=np.float32))
    strict = RulesetValue("x", replace(KnobValues(), temperature=0.0, exploration=0.0))
    decision = decide(context_of(), plain, strict, None, 1)
    assert decision.degraded == "shop_trending"
    assert decision.item_ids[0] == 30
    ready = replace(plain, ready_ids=np.array([4, 2]))
    decision = decide(context_of(), ready, strict, None, 1)
    assert decision.degraded == "precomputed"
    assert decision.item_ids[:2].tolist() == [4, 2]
    assert decide(context_of(), gathered_of(ids), strict, None, 1).degraded == "newest"


def test_scores_that_are_not_finite_refuse_the_bundle(request_of: Make, bundle: Bundle) -> None:
    context, gathered = request_of(0, 6)
    broken = replace(
        gathered,
        fresh_rows=np.array([0]),
        index=np.where(np.arange(len(gathered)) == 0, -1, gathered.index),
        fresh_vectors=np.full((1, 64), np.nan, np.float32),
        fresh_text=np.zeros((1, 384), np.float32),
    )
    with pytest.raises(ArtifactMismatch, match="not finite"):
        decide(context, broken, DEFAULT, bundle, 1)


def test_an_item_newer_than_the_bundle_competes_by_its_vector(request_of: Make, bundle: Bundle) -> None:
    context, gathered = request_of(0, 6, 12)
    row = int(np.flatnonzero(gathered.index >= 0)[-1])
    vector = 3 * bundle.arrays.item_vectors[[0, 6, 12]].mean(axis=0, keepdims=True)
    fresh = replace(
        gathered,
        index=np.where(np.arange(len(gathered)) == row, -1, gathered.index),
        fresh_rows=np.array([row]),
        fresh_vectors=vector.astype(np.float32),
        fresh_text=bundle.arrays.text_vectors[[0]].astype(np.float32),
    )
    assert gathered.item_ids[row] in decide(context, fresh, EVALUATION, bundle, 1).item_ids[:3]


def test_the_trace_tells_every_candidates_road_in_json(request_of: Make, bundle: Bundle) -> None:
    context, gathered = request_of(0, 6, 12)
    decision = decide(context, gathered, DEFAULT, bundle, 1, trace=True)
    trace = json.loads(json.dumps(decision.trace))
    assert len(trace["candidates"]) == len(gathered)
    shown = {road["item"]: road["slot"] for road in trace["candidates"] if road["slot"] is not None}
    assert [shown[item] for item in decision.item_ids.tolist()] == list(range(len(decision.item_ids)))
    assert set(trace["candidates"][0]["components"]) >= {"encoder", "rules", "text"}
    assert decide(context, gathered, DEFAULT, bundle, 1).trace is None
