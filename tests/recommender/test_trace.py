"""What a trace holds, item by item; off unless sampled or asked for by staff; gone with its log."""

import json
from typing import Any

import pytest
from django.test import Client

from recommender.data.types import DataError
from recommender.homepage import homepage_page
from recommender.models import Impression, RequestLog, Rule
from recommender.replay import trace_of
from recommender.serving.trace import trace_pack, trace_unpack
from recommender.store.rulesets import ruleset_publish
from tests.fixtures.tiny_shop import NOW, TinyShop, shopper_with, tiny_served
from users.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def tiny() -> TinyShop:
    return tiny_served()


def shown(tiny: TinyShop, *, trace: bool = True) -> Impression:
    shopper = shopper_with(tiny, [tiny.items[k] for k in (0, 6, 12, 30)])
    page = homepage_page(shop=tiny.shop, shopper=shopper, now=NOW, trace=trace)
    return Impression.objects.get(pk=page.impression_id)


def roads_of(page: Impression) -> dict[int, dict[str, Any]]:
    return {one["item"]: one for one in trace_of(page.pk)["candidates"]}


def test_it_holds_the_road_of_every_candidate(tiny: TinyShop) -> None:
    page = shown(tiny)
    road = roads_of(page)
    assert len(road) > len(page.item_ids)
    for one in road.values():
        assert one["sources"]
        assert one["components"]
        assert {"fused", "second_stage", "features", "probabilities", "base", "q", "rules", "evidence"} <= one.keys()
    assert any(piece["source"] and piece["item"] for one in road.values() for piece in one["evidence"])
    for slot, item in enumerate(page.item_ids):
        drawn = road[item]["drawn"]
        assert (road[item]["fate"], road[item]["slot"]) == ("shown", slot)
        assert drawn["propensity"] == pytest.approx(page.propensities[slot], abs=1e-6)
        assert drawn["section"] == page.sections[page.section_of[slot]]["code"]
        assert drawn["forced"] == page.forced[slot]
    assert any(road[item]["drawn"]["of_the_page"] for item in page.item_ids), "what diversity and calibration did"
    assert {road[item.pk]["fate"] for item in tiny.items if item.pk in road and item.pk not in page.item_ids} <= {
        "met_before", "outdrawn", "row_not_shown", "variant_shown", "no_row",
    }  # fmt: skip
    assert road[tiny.items[0].pk]["fate"] in ("met_before", "shown", "row_not_shown")


def test_it_tells_what_rules_did(tiny: TinyShop) -> None:
    barred, boosted, pinned = tiny.items[18].pk, tiny.items[24].pk, tiny.items[36].pk
    rules = [
        Rule.objects.create(shop=tiny.shop, name="a", action="exclude", target="item", target_ids=[barred]),
        Rule.objects.create(shop=tiny.shop, name="b", action="boost", target="item", target_ids=[boosted], factor=3),
        Rule.objects.create(
            shop=tiny.shop, name="c", action="pin", target="item", target_ids=[pinned], slot=2, section="top_picks"
        ),
    ]
    ruleset_publish(shop=tiny.shop)
    road = roads_of(shown(tiny))
    assert road[pinned]["drawn"]["pinned_by"] == rules[2].pk
    assert road[barred]["fate"] == "excluded"
    assert {effect["rule"] for effect in road[barred]["rules"].values()} == {rules[0].pk}
    assert {effect["factor"] for effect in road[boosted]["rules"].values()} == {3.0}


def test_it_names_versions_and_times_of_stages(tiny: TinyShop) -> None:
    ruleset = ruleset_publish(shop=tiny.shop)
    page = shown(tiny)
    trace = trace_of(page.pk)
    assert trace["versions"]["ruleset"] == ruleset.hash
    assert trace["versions"]["bundle"]
    assert trace["versions"]["runtime"]
    assert trace["versions"]["seed"]
    assert set(trace["stages_ms"]) == {"gather", "state", "scores", "plan", "slate", "reasons"}
    assert all(milliseconds >= 0 for milliseconds in trace["stages_ms"].values())
    assert 0 < sum(trace["stages_ms"].values()) <= page.latency_ms + 1
    assert [one["propensity"] for one in trace["sections"] if one["propensity"] is not None]


def test_it_is_off_unless_asked_for_or_sampled(tiny: TinyShop, settings) -> None:
    page = shown(tiny, trace=False)
    assert RequestLog.objects.get(pk=page.pk).trace is None
    settings.DPE_TRACE_PERCENT = 100
    sampled = shown(tiny, trace=False)
    assert sampled.pk != page.pk
    assert RequestLog.objects.get(pk=sampled.pk).trace is not None
    kept = trace_of(sampled.pk)
    again = trace_of(page.pk)
    assert not again["stages_ms"], "made again: nobody measured"
    assert kept["stages_ms"]


def test_a_kept_trace_is_what_a_replay_says(tiny: TinyShop) -> None:
    page = shown(tiny)
    kept = trace_of(page.pk)
    RequestLog.objects.update(trace=None)
    again = trace_of(page.pk)
    assert kept | {"stages_ms": {}} == json.loads(json.dumps(again))
    RequestLog.objects.all().delete()
    with pytest.raises(DataError, match="not in the log"):
        trace_of(page.pk)


def test_it_survives_its_packing() -> None:
    trace = {"candidates": [{"item": 1, "base": None, "q": 0.25}], "stages_ms": {"gather": 1.5}}
    assert trace_unpack(trace_pack(trace)) == trace


def test_staff_turn_it_on_and_others_may_not(staff: Client, tiny: TinyShop) -> None:
    page = staff.get("/api/v1/homepage", {"trace": "1"})
    assert page.status_code == 200
    request_id = page.json()["request_id"]
    assert RequestLog.objects.get(pk=request_id).trace is not None
    told = staff.get(f"/api/v1/requests/{request_id}/trace").json()
    assert told["candidates"]
    assert told["stages_ms"]
    assert staff.get("/", {"trace": "1"}).status_code == 200
    stranger, shopper = Client(), Client()
    shopper.force_login(User.objects.create_user("bob", "b@example.com", "x"))
    for client in (stranger, shopper):
        assert client.get("/api/v1/homepage", {"trace": "1"}).status_code == 403
        assert client.get("/", {"trace": "1"}).status_code == 403
        assert client.get(f"/api/v1/requests/{request_id}/trace").status_code in (401, 403)
