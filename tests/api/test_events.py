import json
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from catalog.models import Shop
from recommender.models import Impression
from users.identity import GUEST_COOKIE
from users.models import EventReceipt, Interaction, Shopper, User

pytestmark = pytest.mark.django_db

PROBLEM = "application/problem+json"


def event(kind: str = "view", item: str = "lamps-0", **fields) -> dict:
    return {"client_id": str(uuid.uuid4()), "kind": kind, "item": item, **fields}


def post(client: Client, body, **options):
    options.setdefault("content_type", "application/json")
    data = body if isinstance(body, str | bytes) else json.dumps(body)
    return client.post("/api/v1/events", data, **options)


def test_a_batch_is_answered_event_by_event(app):
    sent = [event(), event("cart", "lamps-1", quantity=2), event("search", "", search=str(uuid.uuid4()))]
    answer = post(app, {"events": sent})
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")
    body = answer.json()
    assert (body["accepted"], body["duplicates"], body["refused"]) == (3, 0, 0)
    assert [result["client_id"] for result in body["results"]] == [one["client_id"] for one in sent]
    assert {result["interaction_id"] for result in body["results"]} == {
        str(key) for key in Interaction.objects.values_list("pk", flat=True)
    }


def test_the_same_batch_again_is_a_duplicate_with_the_same_ids(app):
    sent = {"events": [event(), event()]}
    first, second = post(app, sent).json(), post(app, sent).json()
    assert (second["accepted"], second["duplicates"]) == (0, 2)
    assert [r["interaction_id"] for r in first["results"]] == [r["interaction_id"] for r in second["results"]]


BAD_FIELDS = {
    "/item": [{"item": "nothing"}, {"item": 5}, {"item": "x" * 100_000}, {"item": None}, {"item": "a\0b"}],
    "/kind": [{"kind": "stare"}, {"kind": 4}, {"kind": None}],
    "/client_id": [{"client_id": "7"}, {"client_id": None}, {"client_id": {}}],
    "/occurred_at": [
        {"occurred_at": "1970-01-01T00:00:00Z"}, {"occurred_at": "2099-01-01T00:00:00Z"}, {"occurred_at": 0},
        {"occurred_at": "99999-01-01T00:00:00Z"},
    ],
    "/value": [{"kind": "rate", "value": "NaN"}, {"kind": "rate", "value": [1]}, {"kind": "dwell", "value": -1}],
    "/quantity": [{"quantity": "two"}, {"quantity": -1}, {"quantity": 1e300}],
    "/position": [{"position": 100_000}],
    "/session": [{"session": "s" * 65}, {"session": {"a": 1}}],
}  # fmt: skip


@pytest.mark.parametrize(
    ("pointer", "fields"),
    [(pointer, fields) for pointer, cases in BAD_FIELDS.items() for fields in cases],
    ids=lambda value: value if isinstance(value, str) else str(value)[:40],
)
def test_a_wrong_field_is_pointed_at_and_the_good_events_are_kept(app, pointer, fields):
    answer = post(app, {"events": [event(), event() | fields, event(item="rugs-1")]})
    assert (answer.status_code, answer.headers["Content-Type"]) == (207, PROBLEM)
    body = answer.json()
    assert [result["status"] for result in body["results"]] == ["accepted", "refused", "accepted"]
    assert [error["pointer"] for error in body["errors"]] == [f"#/events/1{pointer}"]
    assert body["errors"][0]["detail"] and body["errors"][0]["code"]
    assert (body["status"], body["refused"]) == (207, 1)
    assert Interaction.objects.count() == 2


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "9" * 5000])
def test_numbers_json_should_not_have_spoil_one_event_only(app, number):
    good, bad = json.dumps(event()), json.dumps(event("dwell", value="@")).replace('"@"', number)
    answer = post(app, f'{{"events": [{good}, {bad}]}}')
    assert (answer.status_code, answer.headers["Content-Type"]) == (207, PROBLEM)
    assert [error["pointer"] for error in answer.json()["errors"]] == ["#/events/1/value"]
    assert Interaction.objects.count() == 1


BODIES = {
    "no JSON": ("{events", 400, "#"),
    "empty": ("", 400, "#/events"),
    "a list": ("[]", 400, "#"),
    "a word": ('"events"', 400, "#"),
    "null": ("null", 400, "#"),
    "no events": ("{}", 400, "#/events"),
    "events of a wrong type": ('{"events": {"0": 1}}', 400, "#/events"),
    "not UTF-8": (b'{"events": ["\xff"]}', 400, "#"),
    "nested without end": ("[" * 200_000, 400, "#"),
    "half a surrogate pair": ('{"events": [{"kind": "\\ud800"}]}', 400, "#/events/0/client_id"),
}


@pytest.mark.parametrize("case", BODIES.values(), ids=BODIES.keys())
def test_a_body_that_is_no_batch_is_a_problem_with_a_pointer(app, case):
    body, status, pointer = case
    answer = post(app, body)
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, PROBLEM)
    assert answer.json()["errors"][0]["pointer"] == pointer
    assert not Shopper.objects.exists()


def test_another_content_type_is_a_problem(app):
    answer = post(app, "<events/>", content_type="text/xml")
    assert (answer.status_code, answer.headers["Content-Type"]) == (415, PROBLEM)
    assert answer.json()["errors"][0]["code"] == "unsupported_media_type"


def test_another_method_is_a_problem(app):
    answer = app.get("/api/v1/events")
    assert (answer.status_code, answer.headers["Content-Type"]) == (405, PROBLEM)
    assert "POST" in answer.headers["Allow"]


def test_ten_thousand_events_are_too_many_and_the_limit_is_said(app):
    one = event()
    answer = post(app, {"events": [one] * 10_000})
    assert (answer.status_code, answer.headers["Content-Type"]) == (413, PROBLEM)
    error = answer.json()["errors"][0]
    assert error["pointer"] == "#/events" and "1,000" in error["detail"] and "split" in error["detail"]
    assert not Shopper.objects.exists()


def test_too_many_bytes_are_a_problem(app, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10_000
    answer = post(app, {"events": [event(session="s" * 20_000)]})
    assert (answer.status_code, answer.headers["Content-Type"]) == (413, PROBLEM)
    assert "split" in answer.json()["detail"]


def test_only_bad_events_are_a_400_and_make_no_shopper(app):
    answer = post(app, {"events": [event(item="nothing"), 3]})
    assert (answer.status_code, answer.headers["Content-Type"]) == (400, PROBLEM)
    assert [error["pointer"] for error in answer.json()["errors"]] == ["#/events/0/item", "#/events/1"]
    assert not Shopper.objects.exists() and GUEST_COOKIE not in answer.cookies


def test_somebody_elses_id_is_a_conflict_and_the_good_events_are_kept(app):
    sent = event()
    post(app, {"events": [sent]})
    alone, mixed = post(Client(), {"events": [sent]}), post(Client(), {"events": [sent, event()]})
    assert (alone.status_code, mixed.status_code) == (409, 207)
    for answer in (alone, mixed):
        assert answer.headers["Content-Type"] == PROBLEM
        assert answer.json()["errors"][0] | {"detail": ""} == {
            "pointer": "#/events/0/client_id", "code": "conflict", "detail": "",
        }  # fmt: skip
        assert answer.json()["results"][0]["interaction_id"] is None
    assert Interaction.objects.count() == 2


def test_a_browser_keeps_its_guest_and_an_app_its_token(app):
    answer = post(app, {"events": [event()]})
    cookie = answer.cookies[GUEST_COOKIE]
    assert cookie["httponly"] and cookie["samesite"] == "Lax"
    post(app, {"events": [event()]})
    token = answer.json()["guest_token"]
    post(Client(), {"events": [event()]}, headers={"X-Guest-Token": token})
    assert Shopper.objects.count() == 1
    post(Client(), {"events": [event()]}, headers={"X-Guest-Token": token + "x"})
    assert Shopper.objects.count() == 2


def test_the_events_of_a_login_count_for_it(app):
    user = User.objects.create_user("ada", password="correct horse")
    app.force_login(user)
    body = post(app, {"events": [event()]}).json()
    token = Client().post("/api/v1/token", {"username": "ada", "password": "correct horse"}, "application/json").json()
    post(Client(), {"events": [event()]}, headers={"Authorization": f"Token {token['token']}"})
    assert body["guest_token"] == ""
    assert Shopper.objects.get().user == user and Interaction.objects.count() == 2


def test_a_strange_site_cannot_act_for_a_login(shop):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(User.objects.create_user("ada"))
    answer = post(strict, {"events": [event()]})
    assert (answer.status_code, answer.headers["Content-Type"]) == (403, PROBLEM)
    assert not Interaction.objects.exists()


def test_a_wrong_token_is_a_401(app):
    answer = post(app, {"events": [event()]}, headers={"Authorization": "Token nonsense"})
    assert (answer.status_code, answer.headers["Content-Type"]) == (401, PROBLEM)


def test_seeing_a_page_makes_no_shopper(app, shop):
    items = list(shop.items.values_list("pk", flat=True))[:3]
    page = Impression.objects.create(shop=shop, surface="homepage", decision_key="k", item_ids=items)
    sent = {"client_id": str(uuid.uuid4()), "kind": "seen", "impression": str(page.pk), "positions": [0, 2]}
    answer = post(app, {"events": [sent]})
    assert answer.status_code == 200 and answer.json()["accepted"] == 1
    page.refresh_from_db()
    assert page.seen == [True, False, True]
    assert not Shopper.objects.exists() and GUEST_COOKIE not in answer.cookies


def test_a_shop_that_asks_first_takes_no_events_before_the_answer(app, shop):
    Shop.objects.update(consent_required=True)
    answer = post(app, {"events": [event()]})
    assert (answer.status_code, answer.headers["Content-Type"]) == (403, PROBLEM)
    assert "consent" in answer.json()["detail"] and not Shopper.objects.exists()
    given = app.post("/api/v1/consents", {"purpose": "personalisation", "granted": True}, "application/json")
    assert given.status_code == 201
    assert post(app, {"events": [event()]}).status_code == 200
    assert [row["granted"] for row in app.get("/api/v1/consents").json()] == [True]


def test_a_dislike_is_obeyed_without_consent_and_leaves_no_fact(app, shop):
    Shop.objects.update(consent_required=True)
    item = shop.items.first()
    answer = post(app, {"events": [event(kind="dislike", item=item.external_id)]})
    assert (answer.status_code, answer.json()["accepted"]) == (200, 1)
    assert not Interaction.objects.exists() and not EventReceipt.objects.exists()
    assert answer.cookies[GUEST_COOKIE]["max-age"] == ""  # gone with the visit
    hidden = Shopper.objects.get().state.hidden_items
    assert hidden[0] == item.pk
    shown = app.get("/api/v1/homepage").json()
    assert item.external_id not in {card["item"] for section in shown["sections"] for card in section["cards"]}
    undo = event(kind="undo", item=item.external_id, undoes_kind="dislike")
    assert post(app, {"events": [undo]}).json()["accepted"] == 1
    assert Shopper.objects.get().state.hidden_items == []


def test_without_consent_only_the_dislike_of_a_batch_is_kept(app, shop):
    Shop.objects.update(consent_required=True)
    answer = post(app, {"events": [event(kind="view"), event(kind="dislike"), event(kind="like")]})
    assert answer.status_code == 207
    body = answer.json()
    assert [result["status"] for result in body["results"]] == ["refused", "accepted", "refused"]
    assert {error["code"] for error in body["errors"]} == {"consent_required"}
    assert body["guest_token"]
    assert not Interaction.objects.exists()


def test_another_shop_is_named_by_its_header(app):
    Shop.objects.create(code="other", name="Other")
    answer = post(app, {"events": [event()]}, headers={"X-Shop": "other"})
    assert answer.json()["errors"][0]["code"] == "unknown_item"
    assert post(app, {"events": [event()]}, headers={"X-Shop": "none"}).status_code == 404


def test_old_and_skewed_clocks_get_their_reason(app):
    now = timezone.now()
    old, ahead = (now - timedelta(days=31)).isoformat(), (now + timedelta(minutes=6)).isoformat()
    just = [(now - timedelta(days=29)).isoformat(), (now + timedelta(minutes=4)).isoformat()]
    answer = post(app, {"events": [event(occurred_at=at) for at in (old, ahead, *just)]}).json()
    assert [error["code"] for error in answer["errors"]] == ["too_old", "future"]
    assert answer["accepted"] == 2
    assert Interaction.objects.order_by("id").first().occurred_at.tzinfo == UTC
    assert Interaction.objects.order_by("id").first().occurred_at == datetime.fromisoformat(just[0])


def test_too_many_requests_are_a_problem_that_says_when_to_come_back(app, settings):
    settings.DPE_REQUESTS_PER_MINUTE = {"events": 0}
    answer = post(app, {"events": []})
    assert (answer.status_code, answer.headers["Content-Type"]) == (429, PROBLEM)
    assert 0 < int(answer.headers["Retry-After"]) <= 60
