"""A card of the inspector: heads and uncertainty of rankers of this version and of older ones."""

from typing import Any

from recommender.admin.inspector_cards import CardView, Field, card_view
from recommender.replay import InspectedCard


def laid_open(road: dict[str, Any], others: list[dict[str, Any]]) -> CardView:
    card = InspectedCard(
        item_id=1,
        external_id="A",
        title="Lamp",
        section="top_picks",
        section_title="",
        slot=0,
        propensity=0.1,
        forced=False,
        dropped=False,
        score=1.0,
        reason_code="",
        reason="",
        reason_items=(),
        reason_weight=0.0,
        road=road,
    )
    return card_view(card, Field([road, *others]), {}, {}, {})


def road(deviation: float | None, **heads: float) -> dict[str, Any]:
    return {"probabilities": heads, "deviation": deviation, "components": {}, "rules": {}, "base": 1.0, "q": 0.0}


def test_long_stays_and_uncertainty_stand_beside_the_other_heads() -> None:
    view = laid_open(road(0.3, click=0.1, dwell=0.05), [road(0.1, click=0.2, dwell=0.01), road(0.2)])
    assert [(head.name, head.value) for head in view.heads] == [("click", "10.0%"), ("long stay", "5.0%")]
    assert view.deviation is not None
    assert (view.deviation.value, view.deviation.percent) == ("0.3", 67)


def test_a_ranker_that_tells_no_uncertainty_shows_none() -> None:
    view = laid_open(road(None, click=0.1), [])
    assert [head.name for head in view.heads] == ["click"]
    assert view.deviation is None
