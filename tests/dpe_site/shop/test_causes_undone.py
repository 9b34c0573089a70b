"""Each undo on a card does what it says on the next page, and can be taken back there and on the taste page."""

import pytest
from bs4 import BeautifulSoup
from django.db.models import F
from django.test import Client
from django.utils import timezone

from catalog.models import Item, ItemText, Tag
from recommender.facts.context import Asked, context_read
from recommender.models import Impression
from tests.dpe_site.shop.test_deeds import found, soup
from tests.fixtures.tiny_shop import TinyShop, tiny_live
from users.interactions import interaction_record
from users.kinds import Kind
from users.models import Interaction, ShopperState

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(tiny: TinyShop) -> TinyShop:
    """With a bundle, so that what was looked at is the cause of cards."""
    tiny_live(tiny)
    return tiny


@pytest.fixture
def known(client: Client, shop: TinyShop) -> Client:
    """Somebody who has looked at three things of one department."""
    for item in (shop.items[0], shop.items[6], shop.items[12]):
        client.get(f"/item/{item.pk}/")
    assert Interaction.objects.filter(kind=Kind.VIEW).count() == 3
    return client


def cards(client: Client) -> list[int]:
    return [int(str(card["data-item"])) for card in soup(client, "/").select("main .card")]


def causes(client: Client) -> set[str]:
    """What the reasons of the whole page name."""
    page = soup(client, "/")
    return {str(link.text).strip() for link in page.select(".card__why")}


def why(client: Client, position: int) -> BeautifulSoup:
    shown = Impression.objects.filter(surface="homepage").latest("pk")
    return soup(client, f"/why/?i={shown.pk}&p={position}")


def test_fewer_of_this_kind(known: Client, shop: TinyShop) -> None:
    favourite = shop.items[0].department_id
    of_kind = {item.pk for item in shop.items if item.department_id == favourite}
    before = cards(known)
    pressed = next(item for item in before if item in of_kind)
    button = found(why(known, before.index(pressed)), 'button[formaction="/do/not_this_kind/"]')
    assert button.text == "Fewer of this kind"
    known.post("/do/not_this_kind/", {"pick": button["value"], "surface": "homepage"})
    fewer = cards(known)
    assert len(of_kind & {*fewer[:12]}) < len(of_kind & {*before[:12]})

    taste = soup(known, "/taste/")
    form = found(taste, "#fewer")
    assert shop.items[0].department.name in form.text
    known.post(str(form["action"]), {"kind": str(found(form, "button")["value"])})
    assert ShopperState.objects.get().fewer_kinds == []
    assert soup(known, "/taste/").select_one("#fewer") is None
    assert len(of_kind & {*cards(known)[:12]}) > len(of_kind & {*fewer[:12]})


def test_fewer_of_this_kind_is_taken_back_by_its_toast(known: Client, shop: TinyShop) -> None:
    known.post("/do/not_this_kind/", {"pick": shop.items[3].pk, "surface": "homepage"})
    assert ShopperState.objects.get().fewer_kinds == [shop.items[3].department_id]
    known.post("/undo/not_this_kind/", {"pick": shop.items[3].pk, "surface": "homepage"})
    assert ShopperState.objects.get().fewer_kinds == []


def test_i_own_it(known: Client, shop: TinyShop) -> None:
    item = cards(known)[0]
    known.post("/do/own_it/", {"pick": item, "surface": "homepage"})
    assert item not in cards(known)
    known.post("/undo/own_it/", {"pick": item, "surface": "homepage"})
    state = ShopperState.objects.get()
    assert (state.purchased_items, state.hidden_items) == ([], [])


@pytest.mark.parametrize("code", ["gift", "ignore_item"])
def test_a_cause_that_is_left_out_is_named_no_more(known: Client, shop: TinyShop, code: str) -> None:
    page = soup(known, "/")
    shown = Impression.objects.filter(surface="homepage").latest("pk")
    for position in range(len(shown.item_ids)):
        sheet = why(known, position)
        button = sheet.select_one(f'button[formaction="/do/{code}/"]')
        if button is not None:
            break
    assert button is not None, page.text
    cause = int(str(button["value"]).split("-")[0])
    assert cause in {shop.items[k].pk for k in (0, 6, 12)}
    name = f"“{ItemText.objects.get(item=cause, language='en').title}”"
    assert any(name in words for words in causes(known))
    known.post(f"/do/{code}/", {"pick": cause, "surface": "homepage"})
    assert not any(name in words for words in causes(known))
    assert ShopperState.objects.get().ignored_items == [cause]
    known.post(f"/undo/{code}/", {"pick": cause, "surface": "homepage"})
    assert any(name in words for words in causes(known))


def test_each_cause_has_its_own_undo_beside_it_and_none_stands_apart(known: Client, shop: TinyShop) -> None:
    shown = soup(known, "/") and Impression.objects.filter(surface="homepage").latest("pk")
    sheets = [why(known, position) for position in range(len(shown.item_ids))]
    of_two = [sheet for sheet in sheets if len(sheet.select(".why__cause")) > 1]
    assert of_two, "no card names two causes"
    for sheet in of_two:
        for cause in sheet.select(".why__cause"):
            about = str(cause.select_one("a")["href"]).rstrip("/").split("/")[-1]
            does = {str(button["formaction"]): button["value"] for button in cause.select("button")}
            assert does == {"/do/ignore_item/": about, "/do/gift/": about}
        assert not sheet.select('.why__actions button[formaction="/do/gift/"]')


@pytest.fixture
def tasteful(client: Client, shop: TinyShop) -> tuple[Client, Tag]:
    """Somebody who looked at so many linen things that no single one of them matters, and at a few others."""
    tag = Tag.objects.create(pk=1, shop=shop.shop, name="linen", names={"zh-hans": "亚麻"})  # as the bundle calls it
    linen = shop.of_department(0)
    for item in linen:
        item.tags.add(tag)
    for item in (*shop.of_department(3)[:2], *linen[:16]):
        client.get(f"/item/{item.pk}/")
    return client, tag


def because_of(client: Client, words: str) -> list[tuple[int, int]]:
    """Cards of the homepage whose reason says something: item and position."""
    page = soup(client, "/")
    shown = [card for card in page.select("main .card") if words in card.text]
    positions = list(Impression.objects.filter(surface="homepage").latest("pk").item_ids)
    return [(int(str(card["data-item"])), positions.index(int(str(card["data-item"])))) for card in shown]


def test_a_taste_that_is_left_out_makes_no_page_until_it_is_taken_back(tasteful: tuple[Client, Tag]) -> None:
    client, tag = tasteful
    liked = because_of(client, "Because you like “linen”")
    assert liked, causes(client)
    before = cards(client)
    button = found(why(client, liked[0][1]), 'button[formaction="/do/not_this_taste/"]')
    assert button.text == "Stop using this taste"
    assert str(button["value"]).split("-") == [str(liked[0][0]), str(liked[0][1]), str(tag.pk)]
    answer = client.post("/do/not_this_taste/", {"pick": button["value"], "surface": "homepage"}, follow=True)
    undo = found(BeautifulSoup(answer.content, "html.parser"), '.toast button[formaction="/undo/not_this_taste/"]')

    assert because_of(client, "Because you like “linen”") == []
    assert cards(client) != before
    bearers = set(tag.items.values_list("pk", flat=True))
    assert len(bearers & {*cards(client)[:12]}) < len(bearers & {*before[:12]})
    dial = found(soup(client, "/taste/"), f'form:has(input[name="key"][value="{tag.pk}"]) input[name="counts"]')
    assert dial["value"] == "0"

    client.post("/undo/not_this_taste/", {"pick": undo["value"], "surface": "homepage"})
    assert ShopperState.objects.get().ignored_items == []
    assert because_of(client, "Because you like “linen”")


def test_a_taste_stays_while_something_else_that_was_looked_at_bears_it(tasteful: tuple[Client, Tag]) -> None:
    _client, tag = tasteful
    state = ShopperState.objects.get()
    ShopperState.objects.update(ignored_items=state.recent_items[:-1])
    asked = Asked(surface="homepage", session="", now=timezone.now())
    shopper = state.shopper
    assert context_read(shopper.shop, shopper, asked).taste_tags.tolist() == [tag.pk]
    ShopperState.objects.update(ignored_items=state.recent_items)
    assert context_read(shopper.shop, shopper, asked).taste_tags.tolist() == []


def test_what_was_hidden_is_told_and_shown_again_on_the_taste_page(known: Client, shop: TinyShop) -> None:
    first, second = shop.items[3], shop.items[4]
    for item in (first, second):
        known.post("/do/not_interested/", {"pick": item.pk, "surface": "homepage"})
    page = soup(known, "/taste/")
    buttons = page.select('form[action="/undo/not_interested/"] button')
    assert [str(button["value"]) for button in buttons] == [str(second.pk), str(first.pk)]
    form = found(page, 'form[action="/undo/not_interested/"]')
    answer = known.post(str(form["action"]), {"pick": str(first.pk), "next": str(found(form, "[name=next]")["value"])})
    assert answer["Location"] == "/taste/"
    assert ShopperState.objects.get().hidden_items == [second.pk]


@pytest.mark.parametrize("code", ["own_it", "ignore_item", "gift"])
def test_what_is_owned_or_left_out_is_told_and_taken_back_on_the_taste_page(
    known: Client, shop: TinyShop, code: str
) -> None:
    item = shop.items[6]
    before = cards(known)
    known.post(f"/do/{code}/", {"pick": item.pk, "surface": "homepage"})
    form = found(soup(known, "/taste/"), "#owned ~ form" if code == "own_it" else "#left-out ~ form")
    assert soup(known, "/taste/").select_one("#hidden") is None
    assert str(found(form, "button")["value"]) == str(item.pk)
    known.post(str(form["action"]), {"pick": str(item.pk), "next": "/taste/"})
    page = soup(known, "/taste/")
    assert [page.select_one(f"#{place}") for place in ("owned", "left-out", "hidden")] == [None, None, None]
    assert (item.pk in before) == (item.pk in cards(known))
    state = ShopperState.objects.get()
    assert (state.purchased_items, state.hidden_items, state.ignored_items) == ([], [], [])


def test_who_starts_over_is_not_told_every_single_thing(known: Client, shop: TinyShop) -> None:
    known.post("/taste/start-over/", {"undo": "no"})
    assert ShopperState.objects.get().ignored_items
    assert soup(known, "/taste/").select_one("#left-out") is None


def test_what_was_hidden_stays_away_from_the_list_of_its_department(known: Client, shop: TinyShop) -> None:
    room = [item.pk for item in shop.of_department(1)]
    known.post("/do/not_interested/", {"pick": room[0], "surface": "department"})
    listed = soup(known, "/department/d1/")
    assert {int(str(card["data-item"])) for card in listed.select("main .card")} == set(room[1:])
    assert f"{len(room) - 1} things" in found(listed, ".toolbar").text
    ShopperState.objects.update(hidden_items=room, version=F("version") + 1)
    empty = found(soup(known, "/department/d1/?price_from=1"), ".empty")
    assert "You have hidden everything that would be here." in empty.text
    assert found(empty, "a")["href"] == "/taste/#hidden"
    assert "Nothing here fits" in found(soup(known, "/department/d1/?price_from=999999"), ".empty").text


def test_a_bought_item_that_was_hidden_is_shown_again_and_stays_bought(known: Client, shop: TinyShop) -> None:
    item = shop.items[3]
    shopper = ShopperState.objects.get().shopper
    interaction_record(shopper=shopper, item=item, kind=Kind.PURCHASE, at=timezone.now())
    known.post("/do/not_interested/", {"pick": item.pk, "surface": "homepage"})
    page = soup(known, "/taste/")
    assert page.select_one("#owned") is None
    known.post(str(found(page, "#hidden ~ form")["action"]), {"pick": str(item.pk), "next": "/taste/"})
    state = ShopperState.objects.get()
    assert (state.purchased_items, state.hidden_items) == ([item.pk], [])


def test_who_has_hidden_everything_is_told_so_and_led_to_where_it_comes_back(known: Client, shop: TinyShop) -> None:
    ShopperState.objects.update(hidden_items=[item.pk for item in shop.items], version=F("version") + 1)
    page = soup(known, "/")
    assert page.select("main .card") == []
    assert "You have hidden everything that would be here." in found(page, ".empty").text
    assert found(page, ".empty a")["href"] == "/taste/#hidden"
    taste = soup(known, "/taste/")
    assert len(taste.select('form[action="/undo/not_interested/"] button')) == 12
    assert f"and {len(shop.items) - 12} more" in found(taste, "#hidden").parent.text
    Item.objects.update(status=Item.Status.HIDDEN)
    assert "The shelves are still being filled." in found(soup(known, "/"), ".empty").text
