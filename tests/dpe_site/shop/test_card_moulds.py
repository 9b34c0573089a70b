"""A card filled into its mould is the card that its template draws."""

from uuid import UUID

import pytest
from django.template import Context, Engine
from django.utils import translation

from dpe_site.shop.templatetags import card_moulds
from recommender.page import Card, Label

IMPRESSION = UUID("01a201f9-99ae-75ba-925b-ba3d7ca360d0")
CARD = Card(
    id=7,
    external_id="lamp",
    title="Lamp <b>& shade</b>",
    description="",
    brand="Brass & Co",
    department_id=1,
    price_minor=1250,
    list_price_minor=2000,
    currency="GBP",
    picture="demo/lamp.svg",
    picture_alt="A lamp",
    picture_width=480,
    picture_height=600,
    rating=4.5,
    rating_count=3,
    labels=(Label("deal", "−38 %"),),
    position=3,
    reason="Because you looked at “<script>”",
    reason_code="because_item",
    causes=(),
    actions=(),
)


@pytest.fixture(autouse=True)
def no_moulds_left() -> None:
    card_moulds._moulds.clear()


def words(**more: object) -> Context:
    say = {"why": "Why this?", "not_for_me": "Not for me", "favourite": "Keep"}
    do = {"not_interested": "/do/not/", "favourite": "/do/keep/"}
    return Context(
        {"item_url": "/item/", "why_url": "/why/", "say": say, "do": do, "undo": {"favourite": "/undo/"}, **more}
    )


def included(card: Card, **more: object) -> str:
    template = Engine.get_default().get_template(card_moulds.TEMPLATE)
    return template.render(words(card=card, **more))


@pytest.mark.parametrize("impression", [IMPRESSION, None])
@pytest.mark.parametrize("kept", [(), (7,)])
@pytest.mark.parametrize("eager", [True, False])
def test_filling_a_mould_is_drawing_the_template(impression: UUID | None, kept: tuple[int, ...], eager: bool) -> None:
    for card in (CARD, CARD._replace(position=11, reason="Trending & new"), CARD._replace(picture="")):
        drawn = included(card, impression=impression, kept=kept, eager=eager)
        assert card_moulds.shown_card(words(kept=kept), card, impression, eager) == drawn


def test_what_is_filled_in_are_the_last_fields_of_a_card() -> None:
    assert Card._fields[card_moulds._SAME_FOR_ALL.stop :] == tuple(card_moulds._STAND_INS)


def test_what_people_and_items_say_stays_escaped() -> None:
    filled = card_moulds.shown_card(words(), CARD, IMPRESSION)
    assert "<script>" not in filled
    assert "<b>" not in filled


def test_cards_that_differ_in_place_and_reason_alone_share_a_mould_and_languages_do_not() -> None:
    for position in range(5):
        card_moulds.shown_card(words(), CARD._replace(position=position, reason=str(position)), IMPRESSION)
    assert len(card_moulds._moulds) == 1
    with translation.override("zh-hans"):
        card_moulds.shown_card(words(), CARD, IMPRESSION)
    assert len(card_moulds._moulds) == 2
