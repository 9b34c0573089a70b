"""Every pair of rules over one item: what the page shows, and what staff are told about who wins."""

from dataclasses import replace

import numpy as np
import pytest

from recommender.data.ruleset import KnobValues, RuleValue
from recommender.slate.compose import Composer
from recommender.slate.layout import Row
from recommender.slate.rule_conflicts import Conflict, conflict_of, conflicts_find
from recommender.slate.rule_index import Rulebook
from recommender.slate.rules import rule_effects, rule_limits, rules_here
from recommender.slate.slate import Board
from tests.fixtures.requests import context_of, gathered_of

# Item 3 is what the rules are about: the weakest by score, of the same brand as item 0, which is the best.
GATHERED = gathered_of([100, 101, 102, 103], brand=[1, 0, 0, 1])
SCORES = np.array([4.0, 3.0, 2.0, 1.0], np.float32)
STRICT = KnobValues(exploration=0, temperature=0, diversity=0, calibration=0, brand_cap=0)
RULES = {
    "pin": RuleValue(0, "pin", "pin", "item", (103,), slot=1),
    "boost": RuleValue(0, "boost", "boost", "item", (103,), factor=10.0),
    "bury": RuleValue(0, "bury", "bury", "item", (103,), factor=0.1),
    "include": RuleValue(0, "include", "include", "item", (103,)),
    "exclude": RuleValue(0, "exclude", "exclude", "item", (103,)),
    "quota": RuleValue(0, "quota", "quota", "item", (103,), least=1),
    "cap": RuleValue(0, "cap", "cap", "brand", (1,), most=1),
}


def of(action: str, number: int, priority: int = 0, **more: object) -> RuleValue:
    return replace(RULES[action], id=number, name=f"{action} {number}", priority=priority, **more)


def shown(*rules: RuleValue, n: int = 2) -> list[int]:
    """The places of the items on a page of n slots."""
    here = rules_here(rules, context_of(GATHERED), GATHERED)
    effect = rule_effects(here, 4, "top_picks")
    everyone, nothing = np.ones(4, np.bool_), np.zeros(4, np.int64)
    board = Board(
        np.arange(4), np.zeros((4, 2), np.float32), nothing, nothing, nothing, everyone, rule_limits(here, GATHERED)
    )
    row = Row("top_picks", 0, everyone, np.zeros(4, np.float32), n, 1, 0.0, pins=effect.pins)
    scores = np.where(effect.excluded, np.float32(-np.inf), SCORES * effect.factor)
    return Composer(board, STRICT, {}, lambda: 0.0).compose([row], [scores]).rows.tolist()


def test_each_by_itself() -> None:
    pages = {action: shown(of(action, 1)) for action in RULES}
    assert pages == {
        "pin": [3, 0],
        "boost": [3, 0],
        "bury": [0, 1],
        "include": [0, 1],
        "exclude": [0, 1],
        "quota": [0, 3],
        "cap": [0, 1],
    }
    assert shown(of("exclude", 1), n=4) == [0, 1, 2]
    assert shown(of("cap", 1), n=4) == [0, 1, 2]


@pytest.mark.parametrize(
    ("first", "second", "equal", "first_higher", "second_higher"),
    [
        ("pin", "boost", [3, 0], [3, 0], [3, 0]),
        ("pin", "bury", [3, 0], [3, 0], [3, 0]),
        ("pin", "include", [3, 0], [3, 0], [3, 0]),
        ("pin", "exclude", [0, 1], [3, 0], [0, 1]),
        ("pin", "quota", [3, 0], [3, 0], [3, 0]),
        ("pin", "cap", [3, 1], [3, 1], [3, 1]),
        ("boost", "bury", [0, 1], [3, 0], [0, 1]),
        ("boost", "include", [3, 0], [3, 0], [3, 0]),
        ("boost", "exclude", [0, 1], [0, 1], [0, 1]),
        ("boost", "quota", [3, 0], [3, 0], [3, 0]),
        ("boost", "cap", [3, 1], [3, 1], [3, 1]),
        ("bury", "include", [0, 1], [0, 1], [0, 1]),
        ("bury", "exclude", [0, 1], [0, 1], [0, 1]),
        ("bury", "quota", [0, 3], [0, 3], [0, 3]),
        ("bury", "cap", [0, 1], [0, 1], [0, 1]),
        ("include", "quota", [0, 3], [0, 3], [0, 3]),
        ("include", "cap", [0, 1], [0, 1], [0, 1]),
        ("exclude", "quota", [0, 1], [0, 1], [0, 1]),
        ("exclude", "cap", [0, 1], [0, 1], [0, 1]),
        ("quota", "cap", [0, 1], [0, 1], [0, 1]),
    ],
)
def test_pairs(first: str, second: str, equal: list[int], first_higher: list[int], second_higher: list[int]) -> None:
    assert shown(of(first, 1), of(second, 2)) == equal
    assert shown(of(second, 1), of(first, 2)) == equal
    assert shown(of(first, 1, priority=1), of(second, 2)) == first_higher
    assert shown(of(first, 1), of(second, 2, priority=1)) == second_higher


@pytest.mark.parametrize(("include", "exclude", "there"), [(0, 0, False), (1, 0, True), (0, 1, False)])
def test_an_include_of_higher_priority_is_an_exception_to_an_exclusion(include: int, exclude: int, there: bool) -> None:
    page = shown(of("include", 1, include), of("exclude", 2, exclude, target="brand", target_ids=(1,)), n=4)
    assert (3 in page) is there
    assert 0 not in page


def test_pairs_of_a_kind() -> None:
    assert shown(of("pin", 1), of("pin", 2, target_ids=(102,))) == [3, 0]
    assert shown(of("pin", 1), of("pin", 2, priority=1, target_ids=(102,))) == [2, 0]
    assert shown(of("boost", 1, factor=2.0), of("boost", 2, factor=2.1)) == [3, 0]
    assert shown(of("boost", 1, factor=2.0), of("boost", 2, priority=1, factor=2.1)) == [0, 1]
    assert shown(of("bury", 1, factor=0.5, target_ids=(100,)), of("bury", 2, factor=0.1, target_ids=(100,))) == [1, 2]
    assert shown(of("exclude", 1), of("exclude", 2, target_ids=(100,))) == [1, 2]
    assert shown(of("include", 1), of("include", 2)) == [0, 1]
    assert shown(of("quota", 1), of("quota", 2, target_ids=(102,))) == [0, 3]
    assert shown(of("quota", 1), of("quota", 2, priority=1, target_ids=(102,))) == [0, 2]
    assert shown(of("cap", 1), of("cap", 2, target_ids=())) == [0, 1]


def test_a_cap_without_targets_speaks_of_every_brand() -> None:
    gathered = replace(GATHERED, brand=np.array([1, 2, 1, 2]))
    limits = rule_limits(rules_here([of("cap", 1, target_ids=())], context_of(gathered), gathered), gathered)
    assert [limit.members.tolist() for limit in limits] == [[True, False, True, False], [False, True, False, True]]


def told(one: RuleValue, other: RuleValue) -> tuple[str, str] | None:
    conflict = conflict_of(one, other)
    assert conflict == conflict_of(other, one)
    return (conflict.winner.name, conflict.why) if conflict else None


def test_who_wins_is_told_as_it_happens() -> None:
    assert told(of("pin", 1), of("exclude", 2)) == ("exclude 2", "excluded")
    assert told(of("pin", 1, 1), of("exclude", 2)) == ("pin 1", "higher")
    assert told(of("include", 1, 1), of("exclude", 2)) == ("include 1", "higher")
    assert told(of("boost", 1, 1), of("exclude", 2)) == ("exclude 2", "excluded")
    assert told(of("quota", 1, 1), of("exclude", 2)) == ("exclude 2", "excluded")
    assert told(of("boost", 1), of("bury", 2))[1] == "multiplied"
    assert told(of("boost", 1), of("bury", 2, 1)) == ("bury 2", "higher")
    assert told(of("pin", 1), of("bury", 2, 1)) == ("pin 1", "pinned")
    assert told(of("pin", 1), of("pin", 2, target_ids=(102,))) == ("pin 1", "lower_id")
    assert told(of("quota", 1, least=2), of("cap", 2)) == ("cap 2", "ceiling")
    assert told(of("quota", 1), of("cap", 2)) is None
    assert told(of("pin", 1), of("pin", 2, slot=2, target_ids=(102,))) is None
    assert told(of("boost", 1), of("pin", 2)) is None


@pytest.mark.parametrize(
    "apart",
    [{"surface": "search"}, {"section": "deals"}, {"segment": "new"}, {"starts_us": 2_000}, {"ends_us": 900}],
)
def test_rules_that_never_meet_get_along(apart: dict[str, object]) -> None:
    here = of("boost", 1, surface="homepage", section="top_picks", segment="loyal", starts_us=1_000, ends_us=2_000)
    assert told(here, of("exclude", 2)) is not None
    assert told(here, of("exclude", 2, **apart)) is None


def test_contradictions_are_found_through_the_items_that_rules_share() -> None:
    rules = Rulebook(
        [
            of("boost", 1),
            of("exclude", 2, target="brand", target_ids=(1,)),
            of("bury", 3, target_ids=(101,)),
            of("pin", 4, target_ids=(102,), slot=5),
        ]
    )
    assert conflicts_find(rules, GATHERED) == [Conflict(rules[1], rules[0], "excluded")]
    assert conflicts_find(rules, GATHERED, about=3) == []
    assert len(conflicts_find(rules, GATHERED, about=1)) == 1


def test_a_cap_counts_a_candidate_for_each_of_its_targets() -> None:
    tagged = gathered_of([100, 101, 102], tags={100: [7, 8], 101: [8], 102: [8]})
    cap = RuleValue(1, "cap", "cap", "tag", (7, 8), most=1)
    [limit] = rule_limits(rules_here([cap], context_of(tagged), tagged), tagged)
    assert limit.members.tolist() == [True, True, True]
    shelved = gathered_of([100, 101, 102], category=[5, 0, 5], department=[3, 3, 5])
    cap = replace(cap, target="category", target_ids=(3, 5))
    limits = rule_limits(rules_here([cap], context_of(shelved), shelved), shelved)
    assert [limit.members.tolist() for limit in limits] == [[True, True, False], [True, False, True]]
