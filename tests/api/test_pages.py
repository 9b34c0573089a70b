import json
import uuid

import pytest
from django.test import Client

from catalog.items import item_hide
from catalog.models import Item, Shop
from recommender.models import Impression
from users.identity import Identity, guest_token_read
from users.models import Shopper, User

pytestmark = pytest.mark.django_db

PROBLEM = "application/problem+json"


def get(client: Client, path: str, **options):
    return client.get(f"/api/v1/{path}", **options)


def cards(answer) -> list[dict]:
    return [card for section in answer.json()["sections"] for card in section["cards"]]


def act(client: Client, kind: str, item: str, **fields):
    event = {"client_id": str(uuid.uuid4()), "kind": kind, "item": item, **fields}
    return client.post("/api/v1/events", json.dumps({"events": [event]}), content_type="application/json")


def test_the_address_of_the_api_leads_to_its_documentation(client):
    answer = get(client, "")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/api/docs/")


def test_the_homepage_has_cards_with_reasons_and_is_logged(app):
    answer = get(app, "homepage")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "private, no-store"
    shown = cards(answer)
    assert shown and len({card["item"] for card in shown}) == len(shown)
    assert all(card["reason"] and card["title"] for card in shown)
    assert shown[0]["picture"].startswith("http://testserver/media/")
    page = Impression.objects.get(pk=answer.json()["impression_id"])
    by_position = {card["position"]: card["id"] for card in shown}
    assert {place: page.item_ids[place] for place in by_position} == by_position


def test_looking_makes_no_shopper(app):
    get(app, "homepage")
    assert not Shopper.objects.exists()


def test_asking_again_is_the_same_page_and_no_second_exposure(app):
    token = get(app, "homepage").json()["guest_token"]
    first, second = (get(app, "homepage", headers={"X-Guest-Token": token}).json() for _ in range(2))
    assert first["sections"] == second["sections"]
    assert first["impression_id"] == second["impression_id"]


def test_not_interested_takes_effect_on_the_next_page(app):
    act(app, "view", "rugs-0")
    disliked = cards(get(app, "homepage"))[0]["item"]
    act(app, "dislike", disliked)
    assert disliked not in {card["item"] for card in cards(get(app, "homepage"))}


def test_two_logins_that_have_done_nothing_get_pages_of_their_own(shop):
    for name in ("ann", "bob", "ann"):
        client = Client()
        client.force_login(User.objects.get_or_create(username=name)[0])
        assert get(client, "homepage").status_code == 200
    assert Impression.objects.count() == 2


def test_a_page_speaks_the_language_asked_for(app):
    answer = get(app, "homepage?language=zh-hans")
    assert answer.headers["Content-Language"] == "zh-hans"
    assert all(card["title"].startswith("灯") for card in cards(answer))


def test_an_unknown_language_is_a_problem(app):
    answer = get(app, "homepage?language=xx")
    assert (answer.status_code, answer.headers["Content-Type"]) == (400, PROBLEM)
    assert answer.json()["errors"][0]["pointer"] == "#/language"


def test_a_cursor_that_is_not_ours_is_the_first_page(app):
    assert get(app, "homepage?cursor=nonsense").json()["page"] == 0


def test_similar_items_leave_the_item_itself_out(app):
    answer = get(app, "items/lamps-0/similar")
    assert answer.status_code == 200 and answer.json()["surface"] == "product"
    assert "lamps-0" not in {card["item"] for card in cards(answer)}
    assert cards(answer)


@pytest.mark.parametrize("path", ["items/nothing/similar", "items/nothing", "nowhere"])
def test_what_is_not_there_is_a_problem(app, path):
    answer = get(app, path)
    assert (answer.status_code, answer.headers["Content-Type"]) == (404, PROBLEM)


def test_an_item_has_words_prices_and_pictures(app):
    body = get(app, "items/lamps-3").json()
    assert (body["item"], body["brand"], body["department"]) == ("lamps-3", "Lumen", "lamps")
    assert (body["price_minor"], body["currency"], body["in_stock"]) == (1003, "EUR", True)
    assert {text["language"]: text["title"] for text in body["texts"]} == {"en": "lamps 3", "zh-hans": "灯 3"}
    assert body["pictures"][0]["address"] == "http://testserver/media/lamps-3.svg"


def test_a_hidden_item_is_not_there(app):
    item_hide(item=Item.objects.get(external_id="lamps-3"))
    assert get(app, "items/lamps-3").status_code == 404


def test_an_external_id_may_hold_slashes(app):
    Item.objects.filter(external_id="lamps-3").update(external_id="a/b c")
    assert get(app, "items/a/b%20c").json()["item"] == "a/b c"


def test_a_guest_can_be_had_without_an_event(app):
    token = app.post("/api/v1/guest").json()["guest_token"]
    assert token and not Shopper.objects.exists()
    again = get(app, "homepage", headers={"X-Guest-Token": token}).json()["guest_token"]  # signed anew
    shop = Shop.objects.get().pk
    assert guest_token_read(shop, again) == guest_token_read(shop, token) != Identity()


def test_wrong_credentials_are_a_problem(app):
    answer = app.post("/api/v1/token", {"username": "ada", "password": "x"}, "application/json")
    assert (answer.status_code, answer.headers["Content-Type"]) == (400, PROBLEM)
    missing = app.post("/api/v1/token", {"username": "ada"}, "application/json")
    assert missing.json()["errors"][0]["pointer"] == "#/password"
