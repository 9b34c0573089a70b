"""Sampling, diversity, calibration and rules, each by itself."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from recommender.data.ruleset import KnobValues, RuleValue
from recommender.data.types import Context, Gathered, History
from recommender.slate.calibration import CalibrationGain, department_mix
from recommender.slate.compose import Composer
from recommender.slate.diversity import OWN_SHARE, DiversityGain, unit_rows
from recommender.slate.layout import Row
from recommender.slate.rules import Pin, RuleEffects, rule_effects, rule_ids_active, rules_here
from recommender.slate.sampling import slot_choice, slot_probabilities
from recommender.slate.slate import Board
from tests.fixtures.requests import context_of, gathered_of


def test_without_temperature_the_first_of_the_best_is_certain() -> None:
    p = slot_probabilities(np.array([1.0, 3.0, 3.0], np.float32), temperature=0.0, epsilon=0.0)
    assert p.tolist() == [0.0, 1.0, 0.0]


def test_exploration_gives_everybody_their_share() -> None:
    p = slot_probabilities(np.array([5.0, 0.0, 0.0, 0.0], np.float32), temperature=0.0, epsilon=0.2)
    assert p == pytest.approx([0.85, 0.05, 0.05, 0.05])


def test_huge_scores_do_not_overflow() -> None:
    p = slot_probabilities(np.array([1e6, 1e6 - 1], np.float32), temperature=0.5, epsilon=0.0)
    assert np.isfinite(p).all()
    assert p.sum() == pytest.approx(1.0)


def test_the_draw_inverts_the_cumulative_probabilities() -> None:
    p = np.array([0.2, 0.0, 0.8])
    assert slot_choice(p, np.array([0.0, 0.19, 0.2, 0.999])).tolist() == [0, 0, 2, 2]


def test_diversity_gain_is_the_growth_of_the_log_determinant() -> None:
    vectors = unit_rows(np.random.default_rng(0).normal(size=(7, 5)).astype(np.float32))
    kernel = (1 - OWN_SHARE) * vectors @ vectors.T
    np.fill_diagonal(kernel, 1.0)
    gain, placed = DiversityGain(vectors, slots=4), []
    for item in (2, 5, 0):
        gain.place(item)
        placed.append(item)
        before = np.linalg.slogdet(kernel[np.ix_(placed, placed)])[1]
        for other in {1, 3, 4, 6}:
            both = [*placed, other]
            grown = np.linalg.slogdet(kernel[np.ix_(both, both)])[1] - before
            assert gain.gains()[other] == pytest.approx(grown, abs=1e-4)


def test_items_without_a_vector_are_like_nothing_else() -> None:
    gain = DiversityGain(np.zeros((3, 4), np.float32), slots=2)
    gain.place(0)
    assert gain.gains()[1:].tolist() == [0.0, 0.0]


def test_calibration_favours_what_the_page_neglects() -> None:
    gain = CalibrationGain(np.array([1, 1, 2]), department_mix(np.array([1, 1, 1, 2])))
    assert gain.gains()[0] > gain.gains()[2] > 0
    gain.place(0)
    gain.place(1)
    assert gain.gains()[2] > gain.gains()[1]


def test_calibration_of_somebody_unknown_is_silent() -> None:
    assert CalibrationGain(np.array([1, 2]), department_mix(np.array([0, 0]))).gains().tolist() == [0.0, 0.0]


def rule(action: str, *items: int, **fields: object) -> RuleValue:
    return RuleValue(**{"id": 1, "name": "r", "action": action, "target": "item", "target_ids": items, **fields})


def effects_of(rules: Sequence[RuleValue], gathered: Gathered, section: str) -> RuleEffects:
    return rule_effects(rules_here(rules, context_of(gathered), gathered), len(gathered), section)


@pytest.fixture
def gathered() -> Gathered:
    return gathered_of([10, 20, 30, 40], brand=[1, 1, 2, 2], department=[5, 6, 5, 6], tags={10: [9], 40: [9]})


def test_boost_of_a_brand_multiplies_its_items(gathered: Gathered) -> None:
    effects = effects_of([rule("boost", 2, target="brand", factor=2.0)], gathered, "deals")
    assert effects.factor.tolist() == [1, 1, 2, 2]
    assert effects.rule.tolist() == [0, 0, 1, 1]


def test_equal_boosts_multiply_and_the_higher_priority_replaces(gathered: Gathered) -> None:
    twice = [rule("boost", 10, factor=2.0), rule("boost", 9, target="tag", factor=3.0)]
    assert effects_of(twice, gathered, "x").factor.tolist() == [6, 1, 1, 3]
    over = [rule("boost", 10, factor=2.0), rule("bury", 10, factor=0.5, priority=1, id=2)]
    assert effects_of(over, gathered, "x").factor.tolist() == [0.5, 1, 1, 1]


def test_exclusion_yields_to_no_boost_but_to_a_pin_of_higher_priority(gathered: Gathered) -> None:
    boosted = effects_of([rule("exclude", 10), rule("boost", 10, priority=9)], gathered, "x")
    assert boosted.excluded.tolist() == [True, False, False, False]
    weak = effects_of([rule("exclude", 10), rule("pin", 10, slot=1, id=2)], gathered, "x")
    assert weak.pins == ()
    strong = effects_of([rule("exclude", 10), rule("pin", 10, slot=1, id=2, priority=1)], gathered, "x")
    assert [(pin.slot, pin.row, pin.rule) for pin in strong.pins] == [(0, 0, 2)]


def test_two_pins_to_one_slot_the_higher_priority_holds_it(gathered: Gathered) -> None:
    rules = [rule("pin", 10, slot=1, id=1), rule("pin", 20, slot=1, id=2, priority=5)]
    assert [(pin.slot, pin.row) for pin in effects_of(rules, gathered, "x").pins] == [(0, 1)]


def test_a_pin_of_several_items_fills_the_slots_that_follow(gathered: Gathered) -> None:
    pins = effects_of([rule("pin", 30, 99, 20, slot=2)], gathered, "x").pins
    assert [(pin.slot, pin.row) for pin in pins] == [(1, 2), (2, 1)]


@pytest.mark.parametrize(
    ("fields", "active"),
    [
        ({}, True),
        ({"starts_us": 2_000}, False),
        ({"ends_us": 1_000}, False),
        ({"ends_us": 1_001}, True),
        ({"surface": "search"}, False),
        ({"segment": "loyal"}, True),
        ({"segment": "new"}, False),
    ],
)
def test_rules_apply_in_their_window_surface_and_segment(fields: dict[str, object], active: bool) -> None:
    context = Context(1, 1, "s", "homepage", now_us=1_000, history=History.empty(), segment="loyal")
    assert rule_ids_active([rule("boost", 1, id=7, **fields)], context) == ([7] if active else [])


def test_rules_of_another_section_are_left_out(gathered: Gathered) -> None:
    rules = [rule("exclude", 10, section="deals")]
    assert effects_of(rules, gathered, "deals").excluded.any()
    assert not effects_of(rules, gathered, "top_picks").excluded.any()


def test_a_row_that_a_pin_in_another_one_leaves_too_thin_is_not_shown() -> None:
    nothing, every = np.zeros(6, np.int64), np.ones(6, np.bool_)
    board = Board(np.arange(6), np.zeros((6, 2), np.float32), nothing, nothing, nothing, every)
    first = Row("top_picks", 0, np.arange(6) < 4, np.zeros(6, np.float32), 4, 4, 0.0)
    second = replace(first, code="deals", members=np.arange(6) > 3, minimum=1, prior=-5.0)
    strict = KnobValues(exploration=0, temperature=0, diversity=0, calibration=0, brand_cap=0)
    for pins, pages in (((), [0, 1, 2, 3, 4, 5]), ((Pin(0, 3, 9),), [3, 4, 5])):
        rows = [first, replace(second, pins=pins)]
        slate = Composer(board, strict, {}, lambda: 0.5).compose(rows, [np.zeros(6, np.float32)] * 2)
        assert slate.rows.tolist() == pages
