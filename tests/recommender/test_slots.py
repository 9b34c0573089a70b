"""The check at serving time: what is gone is marked, holes in the first drawn row are filled, nothing moves."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pytest

from recommender.data.ruleset import KnobValues, RulesetValue, RuleValue
from recommender.data.types import ChosenSection, Context, Decision, History, Reason
from recommender.page_slots import slots_of
from recommender.serving.page_limits import Company
from tests.fixtures.requests import gathered_of


@dataclass(frozen=True)
class Facts:
    """As much of an item's facts as the check reads."""

    visible: bool = True
    in_stock: bool = True


def decision() -> Decision:
    """Two sections: 1 (pinned), 2, 3 and then 4, 5; the first draw chose among 2, 3, 6, 7."""
    return Decision(
        item_ids=np.array([1, 2, 3, 4, 5]),
        rows=np.arange(5),
        section_of=np.array([0, 0, 0, 1, 1]),
        sections=(ChosenSection("top_picks"), ChosenSection("deals")),
        propensities=np.array([1.0, 0.5, 0.25, 0.5, 1.0], np.float32),
        forced=np.array([True, False, False, False, True]),
        scores=np.zeros(5, np.float32),
        reasons=(Reason("popular"),) * 5,
        temperature=0.1,
        epsilon=0.0,
        pool_ids=np.array([2, 3, 6, 7]),
    )


def company(*rules: RuleValue, sponsored: Sequence[int] = (), **given: object) -> Company:
    """The same candidates; ``given`` are columns of theirs by item, and knobs."""
    columns = {name: np.array(given.pop(name)) for name in ("brand", "group", "category") if name in given}
    gathered = replace(gathered_of(list(range(1, 8)), **columns), sponsored_rows=np.array(sponsored, np.int64) - 1)
    context = Context(1, 1, "s", "homepage", 1, History.empty())
    return Company(context, gathered, RulesetValue("x", KnobValues(**given), rules=rules))  # type: ignore[arg-type]


def facts(**gone: Facts) -> dict[int, Facts]:
    return {item: gone.get(f"item{item}", Facts()) for item in range(1, 8)}


def test_a_page_of_which_nothing_is_gone_stays_as_it_was_decided() -> None:
    slots = slots_of(decision(), facts(), company())
    assert slots.item_ids == [1, 2, 3, 4, 5]
    assert slots.card_of == [0, 1, 2, 3, 4]
    assert not any(slots.dropped)


def test_a_hole_in_the_first_drawn_row_is_filled_and_marked() -> None:
    slots = slots_of(decision(), facts(item2=Facts(in_stock=False), item6=Facts(visible=False)), company())
    assert slots.item_ids == [1, 2, 7, 3, 4, 5]
    assert slots.dropped == [False, True, False, False, False, False]
    assert slots.card_of == [0, 1, -1, 2, 3, 4]
    assert np.isnan(slots.propensities[2])
    assert slots.propensities[3] == 0.25, "the others keep their place and propensity"


def test_other_rows_become_shorter() -> None:
    slots = slots_of(decision(), facts(item4=Facts(visible=False)), company())
    assert slots.item_ids == [1, 2, 3, 4, 5]
    assert slots.dropped == [False, False, False, True, False]


def test_an_item_that_is_not_there_any_more_is_gone_too() -> None:
    left = {item: fact for item, fact in facts().items() if item not in (2, 6, 7)}
    slots = slots_of(decision(), left, company())
    assert slots.item_ids == [1, 2, 3, 4, 5], "nothing is left to fill the hole"
    assert slots.dropped[1]


QUOTA = {"id": 1, "name": "q", "action": "quota", "target": "brand", "target_ids": (8,), "most": 1}


@pytest.mark.parametrize(
    ("beside", "filled_by"),
    [
        (company(), 6),
        (company(group=[0, 0, 0, 4, 0, 4, 0]), 7),  # 6 is a variant of 4, which stands in the other row
        (company(group=[0, 4, 0, 0, 0, 4, 0]), 6),  # 6 is a variant of 2, which is gone
        (company(brand=[8, 8, 9, 9, 9, 8, 9], brand_cap=1), None),  # 1 is of 6's brand, 3 of 7's
        (company(brand=[8, 8, 9, 9, 9, 8, 9], brand_cap=2), 6),
        (company(category=[8, 5, 9, 9, 9, 8, 5], category_cap=1), 7),
        (company(RuleValue(**QUOTA), brand=[0, 8, 0, 8, 0, 8, 0], brand_cap=0), 7),
        (company(RuleValue(**QUOTA, per_row=True), brand=[0, 8, 0, 8, 0, 8, 0], brand_cap=0), 6),
        (company(RuleValue(**QUOTA, section="deals"), brand=[0, 8, 0, 8, 0, 8, 0], brand_cap=0), 6),
        (company(sponsored=[2, 7], ad_every=2), 7),  # the hole is one of sponsored items
        (company(sponsored=[6], ad_every=2), 7),
    ],
)
def test_a_spare_card_keeps_variants_caps_and_ceilings_of_its_page(beside: Company, filled_by: int | None) -> None:
    slots = slots_of(decision(), facts(item2=Facts(in_stock=False)), beside)
    assert slots.item_ids == [1, 2, *([filled_by] if filled_by else []), 3, 4, 5]


def test_two_spare_cards_are_no_variants_of_each_other() -> None:
    gone = facts(item2=Facts(in_stock=False), item3=Facts(in_stock=False))
    slots = slots_of(decision(), gone, company(group=[0, 0, 0, 0, 0, 3, 3]))
    assert slots.item_ids == [1, 2, 6, 3, 4, 5]
