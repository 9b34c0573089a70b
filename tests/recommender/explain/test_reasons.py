"""Each card has one reason, and only cards whose reason may hang on the history are asked about it."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from recommender.data.types import ChosenSection, Gathered, Reason, Section, Source
from recommender.explain.influence import Influence
from recommender.explain.reasons import LEAST_EFFECT, Causes, cards_to_explain, reasons_make
from recommender.slate.limits import AD, SMALL_PROVIDER
from recommender.slate.slate import Slate
from tests.fixtures.requests import context_of, gathered_of

ANCHOR, CAUSE, WEAK = 900, 70, 71
FROM_HISTORY = {Section.TOP_PICKS, Section.BECAUSE_YOU_VIEWED}
CONTEXT = context_of(items=[WEAK, CAUSE], anchor_item=ANCHOR)

# Every row × pinned or not × drawn to explore or not × boosted or not: one card each.
CARDS = list(product(Section, (0, 5), (0.1, 0.9), (0, 8)))


@pytest.fixture
def slate() -> Slate:
    c = len(CARDS)
    sections = tuple(ChosenSection(section, subject=CAUSE) for section in Section)
    return Slate(
        rows=np.arange(c)[::-1],
        section_of=np.array([list(Section).index(section) for section, *_ in CARDS]),
        sections=sections,
        propensities=np.ones(c, np.float32),
        forced=np.zeros(c, bool),
        scores=np.zeros(c, np.float32),
        uniform_share=np.array([uniform for _, _, uniform, _ in CARDS], np.float32),
        first_pool=np.zeros(0, np.int64),
        pinned_by=np.array([pin for _, pin, _, _ in CARDS]),
        held_by=np.zeros(c, np.int64),
    )


@pytest.fixture
def gathered() -> Gathered:
    return gathered_of(np.arange(len(CARDS)) + 1)


@pytest.fixture
def causes(slate) -> Causes:
    """Rule 8 lifts its cards by 1; the two items of the history lift by up to 2, or not enough to be named."""
    c = len(CARDS)
    effect = np.random.default_rng(1).uniform(-1, 2, (2, c)).astype(np.float32)
    effect[:, ::3] = LEAST_EFFECT / 2
    rule = np.array([rule for *_, rule in CARDS])
    return Causes(slate, Influence(np.array([CAUSE, WEAK]), effect), (rule > 0).astype(np.float32), rule)


def same(one: Reason, other: Reason) -> bool:
    weights = np.array_equal([one.weight], [other.weight], equal_nan=True)
    return weights and replace(one, weight=0.0) == replace(other, weight=0.0)


def only(influence: Influence, cards: np.ndarray) -> Influence:
    effect = np.zeros_like(influence.effect)
    effect[:, cards] = influence.effect[:, cards]
    return Influence(influence.items, effect)


def test_asking_only_about_those_cards_changes_no_reason(slate, causes, gathered):
    full = reasons_make(CONTEXT, gathered, causes)
    asked = cards_to_explain(slate, causes.rule)
    spared = reasons_make(CONTEXT, gathered, replace(causes, influence=only(causes.influence, asked)))
    assert all(same(one, other) for one, other in zip(full, spared, strict=True))


def test_each_of_those_cards_needs_to_be_asked_about(slate, causes, gathered):
    """For each of them some influence gives another reason than none: a smaller list would lie."""
    asked = cards_to_explain(slate, causes.rule)
    none = reasons_make(CONTEXT, gathered, replace(causes, influence=Influence.none(len(CARDS))))
    lifted = Influence(np.array([CAUSE]), np.full((1, len(CARDS)), 3, np.float32))
    some = reasons_make(CONTEXT, gathered, replace(causes, influence=lifted))
    assert [card for card in range(len(CARDS)) if not same(none[card], some[card])] == asked.tolist()


def test_a_page_of_pins_asks_about_nothing(slate):
    pinned = replace(slate, pinned_by=np.full(len(CARDS), 5))
    assert not len(cards_to_explain(pinned, np.full(len(CARDS), 8)))


def test_without_rules_only_open_rows_are_asked_about(slate):
    asked = cards_to_explain(slate, np.zeros(len(CARDS), np.int64))
    assert {CARDS[card][0] for card in asked} == FROM_HISTORY
    assert all(CARDS[card][1:3] == (0, 0.1) for card in asked)


REASONS = [
    (Section.TOP_PICKS, "because_item", (CAUSE,)),
    (Section.BECAUSE_YOU_VIEWED, "because_item", (CAUSE,)),
    (Section.DEPARTMENT_TREND, "department_trend", ()),
    (Section.NEW_FOR_YOU, "new", ()),
    (Section.DEALS, "deal", ()),
    (Section.KEEP_BROWSING, "keep_browsing", (1,)),
    (Section.SIMILAR, "similar", (ANCHOR,)),
    (Section.RESULTS, "search", ()),
]


def one_card(section: Section, *, effect: float = 1.0, pin: int = 0, uniform: float = 0.0, rule: int = 0) -> Causes:
    slate = Slate(
        rows=np.array([0]),
        section_of=np.array([0]),
        sections=(ChosenSection(section, subject=CAUSE),),
        propensities=np.ones(1, np.float32),
        forced=np.zeros(1, bool),
        scores=np.zeros(1, np.float32),
        uniform_share=np.array([uniform], np.float32),
        first_pool=np.zeros(0, np.int64),
        pinned_by=np.array([pin]),
        held_by=np.zeros(1, np.int64),
    )
    influence = Influence(np.array([CAUSE]), np.array([[effect]], np.float32))
    return Causes(slate, influence, np.array([0.5 if rule else 0.0], np.float32), np.array([rule]))


def reason(causes: Causes, **columns: object) -> Reason:
    brought = {"sources": (Source.STATE_VECTOR, Source.SAME_DEPARTMENT)}
    return reasons_make(CONTEXT, gathered_of([1], **{**brought, **columns}), causes)[0]


@pytest.mark.parametrize(("section", "code", "items"), REASONS)
def test_each_row_has_its_own_reason(section, code, items):
    found = reason(one_card(section))
    assert (found.code, found.items) == (code, items)


def test_a_pin_is_the_reason_before_all_others():
    found = reason(one_card(Section.SIMILAR, pin=5, rule=8))
    assert (found.code, found.subject) == ("rule", 5)


def test_a_boost_is_named_where_it_lifted_more_than_any_item():
    assert reason(one_card(Section.TOP_PICKS, effect=0.4, rule=8)).subject == 8
    assert reason(one_card(Section.TOP_PICKS, effect=0.6, rule=8)).code == "because_item"


def test_what_was_drawn_to_learn_says_so():
    assert reason(one_card(Section.TOP_PICKS, uniform=0.6)).code == "exploration"
    assert reason(one_card(Section.TOP_PICKS, uniform=0.4)).code == "because_item"


def test_behaviour_of_others_is_named_where_it_bears_witness():
    witness = {"evidence_row": [0], "evidence_source": [Source.EASE], "evidence_item": [CAUSE]}
    assert reason(one_card(Section.TOP_PICKS), **witness).code == "source_rules"
    other = {**witness, "evidence_item": [WEAK], "sources": (Source.EASE, Source.TRENDING)}
    assert reason(one_card(Section.TOP_PICKS), **other).code == "because_item"


STATE, TREND, TEXT, RULES = Source.STATE_VECTOR, Source.TRENDING, Source.SIMILAR_TEXT, Source.SEQUENTIAL_RULES


@pytest.mark.parametrize(
    ("sources", "told", "expected"),
    [
        ((STATE,), (), ("history", ())),  # the last of its list, perhaps: every item decides
        ((STATE, TREND), (), ("because_item", (CAUSE,))),
        ((STATE, TEXT), ((TEXT, WEAK),), ("because_item", (CAUSE,))),
        ((TEXT,), ((TEXT, CAUSE),), ("because_item", (CAUSE,))),
        ((TEXT,), ((TEXT, WEAK),), ("because_item", (WEAK,))),  # without it nothing would have brought the card
        ((RULES, TEXT), ((RULES, WEAK), (TEXT, WEAK)), ("source_rules", (WEAK,))),
        ((RULES,), ((RULES, WEAK), (RULES, 72)), ("history", ())),  # it hangs on one of two, and nobody knows on which
        ((RULES, TREND), ((RULES, WEAK), (RULES, 72)), ("because_item", (CAUSE,))),
        ((Source.SEARCH,), ((Source.SEARCH, 37),), ("because_item", (CAUSE,))),  # a place in a list, not an item
    ],
)
def test_a_card_cites_the_item_that_lifted_it_unless_it_hangs_on_others(sources, told, expected):
    kinds, items = [source for source, _ in told], [item for _, item in told]
    rows = {"evidence_row": [0] * len(told), "evidence_source": kinds, "evidence_item": items}
    found = reason(one_card(Section.TOP_PICKS), sources=sources, **(rows if told else {}))
    assert (found.code, found.items) == expected
    assert np.isnan(found.weight) == (found.items != (CAUSE,))


def test_without_a_history_nothing_is_in_line_with_it():
    stranger = replace(one_card(Section.TOP_PICKS), influence=Influence.none(1))
    assert reason(stranger, sources=(STATE,), trend=np.ones(1, np.float32)).code == "popular"


@pytest.mark.parametrize(
    ("columns", "code"),
    [
        ({"sources": [Source.TRENDING]}, "trending"),
        ({"sources": [Source.NEW_ARRIVALS]}, "new"),
        ({"sources": [Source.DEALS]}, "deal"),
        ({}, "history"),
        ({"sources": [Source.EDITORIAL], "trend": np.ones(1, np.float32)}, "popular"),
        ({"sources": [Source.EDITORIAL]}, "fill"),
    ],
)
def test_what_nothing_personal_lifted_says_so(columns, code):
    assert reason(one_card(Section.TOP_PICKS, effect=LEAST_EFFECT / 2), **columns).code == code


def test_a_card_of_a_row_names_the_other_item_without_which_no_source_would_have_brought_it():
    both = {"evidence_row": [0, 0], "evidence_source": [Source.EASE] * 2, "evidence_item": [CAUSE, WEAK]}
    assert reason(one_card(Section.BECAUSE_YOU_VIEWED), **both).items == (CAUSE, WEAK)
    alone = {"evidence_row": [0] * 3, "evidence_source": [Source.EASE, Source.EASE, Source.ITEM_KNN]}
    enough = reason(one_card(Section.BECAUSE_YOU_VIEWED), **alone, evidence_item=[CAUSE, WEAK, CAUSE])
    assert enough.items == (CAUSE,)


@pytest.mark.parametrize(
    ("source", "code"),
    [
        (Source.BUY_AGAIN, "buy_again"),
        (Source.SEGMENT_TREND, "segment_trend"),
        (Source.DEPARTMENT_TREND, "department_trend"),
        (Source.COLD_ITEMS, "cold"),
        (Source.DEALS, "deal"),
    ],
)
def test_where_no_single_item_lifted_it_the_source_is_named(source, code):
    weak = one_card(Section.TOP_PICKS, effect=LEAST_EFFECT / 2)
    found = reason(weak, sources=(source,), department=[4])
    assert (found.code, found.items) == (code, ())
    assert found.subject == (4 if code == "department_trend" else 0)
    assert reason(one_card(Section.TOP_PICKS), sources=(source,)).code == "because_item"


def test_a_liked_tag_is_named_before_what_everybody_likes():
    weak = one_card(Section.TOP_PICKS, effect=0.0)
    tagged = {"evidence_row": [0], "evidence_source": [Source.TASTE_TAGS], "evidence_item": [33]}
    found = reason(weak, **tagged, sources=(Source.TASTE_TAGS, Source.TRENDING))
    assert (found.code, found.subject) == ("taste", 33)


@pytest.mark.parametrize(("held_by", "code"), [(AD, "sponsored"), (SMALL_PROVIDER, "small_provider"), (12, "rule")])
def test_a_slot_that_was_set_apart_says_so(held_by, code):
    causes = one_card(Section.TOP_PICKS)
    held = replace(causes, slate=replace(causes.slate, held_by=np.array([held_by])))
    found = reason(held)
    assert (found.code, found.subject) == (code, max(held_by, 0))
    assert not len(cards_to_explain(held.slate, held.rule))
