"""An app reads the interest profile, turns an interest and starts over."""

import json
import uuid

import pytest
from django.test import Client

from recommender.erase import shopper_erase
from users.models import Shopper
from users.state_rebuild import states_rebuild

pytestmark = pytest.mark.django_db


def did(app: Client, *deeds: tuple[str, str]) -> None:
    """Do things one after another, as the same guest."""
    for kind, item in deeds:
        event = {"client_id": str(uuid.uuid4()), "kind": kind, "item": item}
        answer = app.post("/api/v1/events", json.dumps({"events": [event]}), content_type="application/json")
        assert answer.status_code == 200, answer.content


def profile(app: Client) -> dict:
    return app.get("/api/v1/profile").json()


def posted(app: Client, path: str, **said) -> dict:
    return app.post(f"/api/v1/{path}", json.dumps(said), content_type="application/json").json()


def interest(found: dict, facet: str, name: str) -> dict:
    return next(one for one in found["interests"] if (one["facet"], one["name"]) == (facet, name))


def test_nobody_has_an_empty_profile_and_is_not_made(shop, app):
    found = profile(app)
    assert (found["interests"], found["price_band"], found["novelty"]) == ([], None, None)
    assert found["buying_stage"] == {"stage": "away", "department": "", "evidence": []}
    assert not Shopper.objects.exists()


def test_the_profile_names_the_deeds_that_made_it_and_they_add_up(shop, app):
    did(app, ("view", "lamps-0"), ("like", "lamps-1"), ("dislike", "rugs-0"), ("cart", "lamps-1"))
    found = profile(app)
    lamps = interest(found, "departments", "Lamps")
    assert [(one["item"], one["kind"]) for one in lamps["evidence"]] == [
        ("lamps-1", "cart"),
        ("lamps-1", "like"),
        ("lamps-0", "view"),
    ]
    assert lamps["weight"] == pytest.approx(8, abs=0.01)
    assert sum(one["weight"] for one in lamps["evidence"]) + lamps["rest"] == pytest.approx(lamps["weight"])
    assert lamps["share"] == 1
    assert interest(found, "departments", "Rugs")["weight"] < 0
    assert found["price_band"]["low_minor"] <= found["price_band"]["middle_minor"] == 1001
    assert found["price_band"]["currency"] == "EUR"
    assert found["novelty"]["share"] == 1, "everything in this shop came in within a week"
    assert (found["buying_stage"]["stage"], found["buying_stage"]["department"]) == ("deciding", "Lamps")


def test_an_interest_is_turned_and_everything_left_out_and_used_again(shop, app):
    did(app, ("view", "lamps-0"), ("view", "rugs-0"))
    lamps = interest(profile(app), "departments", "Lamps")
    turned = posted(app, "profile/interest", facet="departments", key=lamps["key"], counts=0)
    assert interest(turned, "departments", "Lamps")["counts"] == 0
    assert interest(turned, "departments", "Rugs")["counts"] == 100
    over = posted(app, "profile/start-over")
    assert {one["counts"] for one in over["interests"]} == {0}
    again = posted(app, "profile/start-over", undo=True)
    assert {one["counts"] for one in again["interests"]} == {100}


def test_a_state_made_again_from_facts_tells_the_same_profile(shop, app):
    did(app, ("view", "lamps-0"), ("like", "lamps-1"), ("dislike", "rugs-0"), ("purchase", "lamps-2"))
    before = profile(app)
    states_rebuild(shop=shop, shopper_ids=[Shopper.objects.get().pk])
    after = profile(app)
    for one, other in zip(before["interests"], after["interests"], strict=True):
        assert (one["name"], one["evidence"][0]["item"]) == (other["name"], other["evidence"][0]["item"])
        assert one["weight"] == pytest.approx(other["weight"], rel=1e-3)
    assert before["price_band"]["middle_minor"] == after["price_band"]["middle_minor"]
    assert before["buying_stage"]["stage"] == after["buying_stage"]["stage"] == "bought"


def test_whoever_is_erased_has_no_profile(shop, app):
    did(app, ("view", "lamps-0"))
    shopper = Shopper.objects.get()
    shopper_erase(shop=shop, shopper=shopper, now=shopper.created_at)
    assert profile(app)["interests"] == []


def test_an_unknown_facet_is_refused(shop, app):
    answer = app.post("/api/v1/profile/interest", '{"facet": "mood", "key": "1", "counts": 0}', "application/json")
    assert answer.status_code == 400
