"""What the shop's buttons leave behind: where a deed was done, what somebody who said no may still do, reviews."""

import uuid

import pytest
from bs4 import BeautifulSoup, Tag
from django.test import Client

from recommender.models import Impression, RequestLog
from tests.fixtures.tiny_shop import TinyShop
from users.kinds import Kind
from users.models import Interaction, Order, Review, Shopper

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
ADDRESS = {"name": "Ada", "street": "1 Mill Lane", "town": "Ely", "postcode": "CB7"}


@pytest.fixture
def refusing(client: Client, tiny: TinyShop) -> Client:
    """The browser of somebody who said no in a shop that asks first."""
    tiny.shop.consent_required = True
    tiny.shop.save()
    client.post("/choice/", {"choice": "no"})
    return client


def soup(client: Client, address: str) -> BeautifulSoup:
    return BeautifulSoup(client.get(address).content, "html.parser")


def found(page: BeautifulSoup | Tag, selector: str) -> Tag:
    tag = page.select_one(selector)
    assert tag is not None, selector
    return tag


def fields(form: Tag) -> dict[str, str]:
    """What a browser sends of a form's hidden fields."""
    hidden = form.select('input[type="hidden"]:not([name="csrfmiddlewaretoken"])')
    return {str(field["name"]): str(field["value"]) for field in hidden}


def opened(client: Client, place: int = 2) -> tuple[int, str, int, BeautifulSoup]:
    """Open a card of the homepage: its item, impression, position and product page."""
    card = soup(client, "/").select("main .card")[place]
    link = str(found(card, "h3 a")["href"])
    shown = Impression.objects.get(surface="homepage")
    return int(str(card["data-item"])), str(shown.pk), int(str(card["data-position"])), soup(client, link)


def origins(*kinds: Kind) -> list[tuple[int, str, int | None]]:
    rows = Interaction.objects.filter(kind__in=kinds).order_by("kind")
    return [(kind, str(impression), position) for kind, impression, position in rows.values_list(
        "kind", "impression", "position"
    )]  # fmt: skip


def bought(client: Client, item: int) -> str:
    client.post("/basket/add/", {"item": item})
    return str(client.post("/checkout/", ADDRESS).headers["Location"])


def test_a_purchase_goes_back_to_the_page_that_showed_its_item(client: Client, tiny: TinyShop) -> None:
    _item, impression, position, page = opened(client)
    client.post("/basket/add/", fields(found(page, ".product__buy")))
    client.post("/checkout/", ADDRESS)
    assert origins(Kind.VIEW, Kind.CART, Kind.PURCHASE) == [
        (kind, impression, position) for kind in (Kind.VIEW, Kind.CART, Kind.PURCHASE)
    ]


def test_likes_and_hearts_of_an_opened_card_go_back_to_it(client: Client, tiny: TinyShop) -> None:
    _item, impression, position, page = opened(client)
    for button in page.select("#feel button")[:2]:
        form = found(page, f"form#{button['form']}")
        client.post(str(button["formaction"]), fields(form) | {"pick": str(button["value"])})
    assert origins(Kind.LIKE, Kind.FAVOURITE) == [(kind, impression, position) for kind in (Kind.LIKE, Kind.FAVOURITE)]


def test_a_heart_as_the_first_deed_makes_the_page_the_shoppers(client: Client, tiny: TinyShop) -> None:
    page = soup(client, "/")
    heart = found(page, "main .card__heart")
    client.post(str(heart["formaction"]), fields(found(page, "form#act")) | {"pick": str(heart["value"])})
    shown = Impression.objects.get(surface="homepage")
    assert shown.shopper == Shopper.objects.get()
    assert origins(Kind.FAVOURITE) == [(Kind.FAVOURITE, str(shown.pk), 0)]


def test_a_page_that_was_shown_to_somebody_else_is_not_named(client: Client, tiny: TinyShop) -> None:
    item, impression, position, _page = opened(Client())
    sent = {"item": item, "impression": impression, "position": position}
    client.post("/basket/add/", sent)
    assert Interaction.objects.get(kind=Kind.CART).impression is None
    assert Impression.objects.get(pk=impression).shopper == Shopper.objects.earliest("pk")


def test_a_changed_button_keeps_its_place(client: Client, tiny: TinyShop) -> None:
    item, impression, position, _page = opened(client)
    sent = {"pick": f"{item}-{position}", "impression": impression, "surface": "product"}
    answer = client.post("/do/like/", sent, headers=HTMX | {"HX-Target": "feel"})
    buttons = BeautifulSoup(answer.content, "html.parser").select("#feel button")
    assert [button["value"] for button in buttons] == [f"{item}-{position}"] * 3


@pytest.mark.parametrize("field", ["impression", "position"])
def test_a_basket_from_an_unreadable_place_is_refused(client: Client, tiny: TinyShop, field: str) -> None:
    assert client.post("/basket/add/", {"item": tiny.items[0].pk, field: "x"}).status_code == 404


def test_whoever_says_no_has_a_basket_hearts_and_orders_and_no_history(refusing: Client, tiny: TinyShop) -> None:
    item, other = tiny.items[0].pk, tiny.items[1].pk
    refusing.get(f"/item/{item}/")
    refusing.post("/do/favourite/", {"pick": item})
    refusing.post("/basket/add/", {"item": other})
    refusing.post("/basket/change/", {"item": other, "quantity": 3})
    refusing.post("/basket/remove/", {"item": other})
    assert [int(str(card["data-item"])) for card in soup(refusing, "/favourites/").select(".card")] == [item]
    placed = bought(refusing, item)
    assert refusing.get(placed).status_code == 200
    refusing.post(f"/item/{item}/review/", {"rating": 4})
    refusing.post("/undo/favourite/", {"pick": item})
    assert Review.objects.exists() and Order.objects.exists()
    assert not soup(refusing, "/favourites/").select(".card")
    assert not Interaction.objects.exists()


@pytest.mark.parametrize("code", ["not_interested", "own_it"])
def test_what_is_hidden_stays_hidden_without_consent(refusing: Client, tiny: TinyShop, code: str) -> None:
    item = int(str(soup(refusing, "/").select("main .card")[0]["data-item"]))

    def shown() -> set[int]:
        return {int(str(card["data-item"])) for card in soup(refusing, "/").select("main .card")}

    refusing.post(f"/do/{code}/", {"pick": item, "surface": "homepage"})
    assert item not in shown()
    refusing.post(f"/undo/{code}/", {"pick": item, "surface": "homepage"})
    assert item not in Shopper.objects.get().state.hidden_items
    assert not Interaction.objects.exists()


def test_a_like_that_is_not_kept_does_not_say_it_was(refusing: Client, tiny: TinyShop) -> None:
    answer = refusing.post("/do/like/", {"pick": tiny.items[0].pk}, headers=HTMX)
    toast = found(BeautifulSoup(answer.content, "html.parser"), "[data-toast]")
    assert "not kept" in toast.text and toast.select_one("button") is None
    assert not Interaction.objects.exists()


def test_a_dislike_can_be_taken_back_after_consent_is_withdrawn(client: Client, tiny: TinyShop) -> None:
    item = tiny.items[0].pk
    client.post("/do/not_interested/", {"pick": item})
    client.post("/taste/consent/", {"purpose": "personalisation", "granted": "no"})
    page = soup(client, f"/item/{item}/")
    assert [button["aria-pressed"] for button in page.select("#feel button")] == ["false", "false", "true"]
    client.post("/undo/not_interested/", {"pick": item})
    client.post("/taste/consent/", {"purpose": "personalisation", "granted": "yes"})
    client.post("/do/like/", {"pick": item})
    assert Shopper.objects.get().state.hidden_items == []


def test_orders_of_a_guest_open_after_signing_in(client: Client, tiny: TinyShop) -> None:
    placed = bought(client, tiny.items[0].pk)
    client.post("/signup/", {"username": "ada", "password1": "lovelace-1815", "password2": "lovelace-1815"})
    assert client.get(placed).status_code == 200
    assert Client().get(placed).status_code == 404


def test_a_page_whose_reasons_are_put_away_says_so_and_leads_on(client: Client, tiny: TinyShop) -> None:
    why = str(found(soup(client, "/"), ".card__why")["href"])
    RequestLog.objects.all().delete()
    for headers, status in ((HTMX, 200), ({}, 410)):
        answer = client.get(why, headers=headers)
        assert answer.status_code == status
        sheet = found(BeautifulSoup(answer.content, "html.parser"), ".why")
        assert "renewed" in sheet.text and sheet.select_one("a[href='/']") is not None


def test_whoever_bought_an_item_can_write_about_it_and_change_it(client: Client, tiny: TinyShop) -> None:
    item = tiny.items[0]
    bought(client, item.pk)
    form = found(soup(client, f"/item/{item.pk}/"), "#reviews form")
    answer = client.post(str(form["action"]), {"rating": "4", "text": "Holds <b>tea</b>."})
    assert answer.headers["Location"] == f"/item/{item.pk}/#reviews"
    page = soup(client, f"/item/{item.pk}/")
    assert "Holds <b>tea</b>." in found(page, ".review").text
    assert found(page, "#reviews form option[selected]")["value"] == "4"
    client.post(str(form["action"]), {"rating": "2"})
    item.refresh_from_db()
    assert (item.rating_average, item.rating_count) == (2, 1)
    assert Interaction.objects.filter(kind=Kind.RATE).count() == 2


@pytest.mark.parametrize("said", [{}, {"rating": "6"}, {"rating": "3", "text": "x" * 5_001}])
def test_a_review_that_cannot_be_kept_says_why(client: Client, tiny: TinyShop, said: dict[str, str]) -> None:
    item = tiny.items[0].pk
    bought(client, item)
    answer = client.post(f"/item/{item}/review/", said)
    page = BeautifulSoup(answer.content, "html.parser")
    assert page.select_one("#reviews form .errorlist") is not None
    assert said.get("text", "") in found(page, "#reviews textarea").text
    assert not Review.objects.exists()


def test_nobody_writes_about_what_they_did_not_buy(client: Client, tiny: TinyShop) -> None:
    item = tiny.items[0].pk
    assert soup(client, f"/item/{item}/").select_one("#reviews form") is None
    client.post(f"/item/{item}/review/", {"rating": "5"})
    client.post(f"/item/{tiny.items[1].pk}/review/", {"rating": "5"})
    assert not Review.objects.exists()


def test_reasons_of_a_page_that_never_was_are_not_made_up(client: Client, tiny: TinyShop) -> None:
    assert client.get(f"/why/?i={uuid.uuid4()}&p=0").status_code == 410
