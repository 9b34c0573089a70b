"""The check at serving time: what is gone is marked, holes in the first drawn row are filled, nothing moves."""

from dataclasses import dataclass

import numpy as np

from recommender.data.types import ChosenSection, Decision, Reason
from recommender.homepage import slots_of


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


def facts(**gone: Facts) -> dict[int, Facts]:
    return {item: gone.get(f"item{item}", Facts()) for item in range(1, 8)}


def test_a_page_of_which_nothing_is_gone_stays_as_it_was_decided() -> None:
    slots = slots_of(decision(), facts())
    assert slots.item_ids == [1, 2, 3, 4, 5]
    assert slots.card_of == [0, 1, 2, 3, 4]
    assert not any(slots.dropped)


def test_a_hole_in_the_first_drawn_row_is_filled_and_marked() -> None:
    slots = slots_of(decision(), facts(item2=Facts(in_stock=False), item6=Facts(visible=False)))
    assert slots.item_ids == [1, 2, 7, 3, 4, 5]
    assert slots.dropped == [False, True, False, False, False, False]
    assert slots.card_of == [0, 1, -1, 2, 3, 4]
    assert np.isnan(slots.propensities[2])
    assert slots.propensities[3] == 0.25, "the others keep their place and propensity"


def test_other_rows_become_shorter() -> None:
    slots = slots_of(decision(), facts(item4=Facts(visible=False)))
    assert slots.item_ids == [1, 2, 3, 4, 5]
    assert slots.dropped == [False, False, False, True, False]


def test_an_item_that_is_not_there_any_more_is_gone_too() -> None:
    left = {item: fact for item, fact in facts().items() if item not in (2, 6, 7)}
    slots = slots_of(decision(), left)
    assert slots.item_ids == [1, 2, 3, 4, 5], "nothing is left to fill the hole"
    assert slots.dropped[1]
