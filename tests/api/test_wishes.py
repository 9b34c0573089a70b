"""What an app says about a page takes effect on the next one and can be taken back."""

import pytest

from catalog.models import Item, Shop, Tag
from users.models import ShopperState

pytestmark = pytest.mark.django_db


def wish(app, code, item, **more):
    return app.post("/api/v1/wishes", {"code": code, "item": item, **more}, "application/json")


def shown(app):
    sections = app.get("/api/v1/homepage").json()["sections"]
    return [card["item"] for section in sections for card in section["cards"]]


def test_fewer_of_this_kind_changes_the_next_page(app):
    before = shown(app)
    assert sum(item.startswith("lamps") for item in before) > 1
    assert wish(app, "not_this_kind", "lamps-0").status_code == 200
    sections = app.get("/api/v1/homepage").json()["sections"]
    for section in sections:
        assert sum(card["item"].startswith("lamps") for card in section["cards"]) <= 1
    wish(app, "not_this_kind", "lamps-0", undo=True)
    assert ShopperState.objects.get().fewer_kinds == []


def test_what_i_own_stays_away(app):
    item = shown(app)[0]
    wish(app, "own_it", item)
    assert item not in shown(app)
    wish(app, "own_it", item, undo=True)
    assert ShopperState.objects.get().hidden_items == []


@pytest.mark.parametrize("code", ["ignore_item", "gift"])
def test_a_cause_is_left_out(app, code):
    first = wish(app, code, "lamps-0").json()["state_version"]
    assert len(ShopperState.objects.get().ignored_items) == 1
    assert wish(app, code, "lamps-0", undo=True).json()["state_version"] > first
    assert ShopperState.objects.get().ignored_items == []


@pytest.mark.parametrize(("code", "item", "status"), [("adore", "lamps-0", 400), ("own_it", "nothing", 404)])
def test_what_cannot_be_wished_is_refused(app, code, item, status):
    assert wish(app, code, item).status_code == status


def test_every_action_of_a_page_names_an_item_that_can_be_wished(app):
    actions = []
    for number in range(12):  # pages are drawn: not each of them has a card that stands there because of the lamp
        sent = {"client_id": f"0190c7b2-0000-7000-8000-0000000000{number:02}", "kind": "like", "item": "lamps-0"}
        app.post("/api/v1/events", {"events": [sent]}, "application/json")
        page = app.get("/api/v1/homepage").json()
        actions += [action for section in page["sections"] for card in section["cards"] for action in card["actions"]]
    assert {"own_it", "ignore_item"} <= {action["code"] for action in actions}
    assert {action["item"] for action in actions if action["code"] == "ignore_item"} == {"lamps-0"}
    for action in {action["code"]: action for action in actions if action["code"] != "not_interested"}.values():
        assert wish(app, action["code"], action["item"], tag=action["tag_id"]).status_code == 200


@pytest.mark.parametrize("path", ["wishes", "consents", "token", "profile/interest", "profile/start-over"])
def test_endless_nesting_is_refused_in_words(app, path):
    answer = app.post(f"/api/v1/{path}", b'{"code": ' + b"[" * 50_000, "application/json")
    assert (answer.status_code, answer.json()["detail"]) == (400, "This is nested too deeply.")


def test_a_taste_is_left_out(app):
    refused = wish(app, "not_this_taste", "lamps-0")
    assert refused.status_code == 400
    assert "tag" in refused.json()["errors"][0]["pointer"]
    for unknown in (999_999, -1, 10**30):
        refused = wish(app, "not_this_taste", "lamps-0", tag=unknown)
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (400, "#/tag")
    tag = Tag.objects.create(shop=Shop.objects.get(), name="brass")
    lamp = Item.objects.get(external_id="lamps-0")
    lamp.tags.add(tag)
    sent = {"client_id": "0190c7b2-0000-7000-8000-000000000001", "kind": "view", "item": "lamps-0"}
    app.post("/api/v1/events", {"events": [sent]}, "application/json")
    first = wish(app, "not_this_taste", "lamps-0", tag=tag.pk).json()["state_version"]
    assert ShopperState.objects.get().ignored_items == [lamp.pk]
    assert wish(app, "not_this_taste", "lamps-0", tag=tag.pk, undo=True).json()["state_version"] > first
    assert ShopperState.objects.get().ignored_items == []
