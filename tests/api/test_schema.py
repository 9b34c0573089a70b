import json
import uuid

import jsonschema
import pytest
from django.test import Client
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def schema() -> dict:
    return json.loads(json.dumps(SchemaGenerator().get_schema(request=None, public=True)))


def event(**fields) -> dict:
    return {"client_id": str(uuid.uuid4()), "kind": "view", "item": "lamps-0", **fields}


def batch(*events: dict) -> dict:
    return {"data": json.dumps({"events": list(events)}), "content_type": "application/json"}


KNOWN = event()

CALLS = {
    "trace": ("get", f"/requests/{uuid.uuid4()}/trace", "/requests/{request_id}/trace", {}),
    "replay": ("get", f"/requests/{uuid.uuid4()}/replay", "/requests/{request_id}/replay", {}),
    "lists": ("get", "/lists", "/lists", {}),
    "homepage": ("get", "/homepage", "/homepage", {}),
    "similar": ("get", "/items/lamps-0/similar", "/items/{external_id}/similar", {}),
    "item": ("get", "/items/lamps-0", "/items/{external_id}", {}),
    "events taken": ("post", "/events", "/events", batch(event())),
    "events partly taken": ("post", "/events", "/events", batch(event(), event(kind="stare"))),
    "events refused": ("post", "/events", "/events", batch(event(item="nothing"))),
    "events conflict": ("post", "/events", "/events", batch(KNOWN)),
    "events too many": ("post", "/events", "/events", batch(*[event()] * 1001)),
    "guest": ("post", "/guest", "/guest", {}),
    "consents": ("get", "/consents", "/consents", {}),
    "consent": (
        "post", "/consents", "/consents",
        {"data": '{"purpose": "learning", "granted": false}', "content_type": "application/json"},
    ),
    "wish": (
        "post", "/wishes", "/wishes",
        {"data": '{"code": "not_this_kind", "item": "lamps-0"}', "content_type": "application/json"},
    ),
    "profile": ("get", "/profile", "/profile", {}),
    "interest": (
        "post", "/profile/interest", "/profile/interest",
        {"data": '{"facet": "colours", "key": "moss", "counts": 0}', "content_type": "application/json"},
    ),
    "start over": (
        "post", "/profile/start-over", "/profile/start-over", {"data": "{}", "content_type": "application/json"}
    ),
}  # fmt: skip


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS.keys())
def test_answers_are_what_the_schema_says(shop, schema, call):
    method, path, documented, options = call
    if options == batch(KNOWN):
        Client().post("/api/v1/events", **options)
    answer = getattr(Client(), method)(f"/api/v1{path}", **options)
    described = schema["paths"][f"/api/v1{documented}"][method]["responses"][str(answer.status_code)]
    media = answer.headers["Content-Type"]
    assert media in described["content"]
    wanted = described["content"][media]["schema"]
    validator = jsonschema.Draft202012Validator(
        {**wanted, "components": schema["components"]}, format_checker=jsonschema.FormatChecker()
    )
    validator.validate(answer.json())


def test_the_schema_is_valid_openapi(schema):
    validate_schema(schema)
    assert schema["openapi"].startswith("3.1")


def test_every_address_of_the_api_is_documented(schema):
    from recommender.urls import urlpatterns

    assert len(schema["paths"]) == len(urlpatterns)


def test_the_schema_is_served(client, db):
    answer = client.get("/api/schema/", headers={"Accept": "application/json"})
    assert answer.status_code == 200 and "/api/v1/homepage" in answer.json()["paths"]


def test_the_human_page_loads_nothing_from_elsewhere(client, db):
    page = client.get("/api/docs/")
    html = page.content.decode()
    assert page.status_code == 200
    assert "https://" not in html and "//cdn" not in html
    assert "<script>" not in html
    assert (
        "'unsafe-inline'" not in page.headers["Content-Security-Policy"].split("script-src")[-1].split("style-src")[0]
    )
