import json
from typing import Any

import pytest
from django.test import Client, RequestFactory
from rest_framework.exceptions import NotAuthenticated, ValidationError

from dpe_site import problems


def answer(error: Exception) -> dict[str, Any]:
    response = problems.exception_handler(error, {})
    assert response is not None
    assert response.content_type == "application/problem+json"
    assert response.data["status"] == response.status_code
    return response.data


def test_each_wrong_field_is_pointed_at() -> None:
    data = answer(ValidationError({"events": [{}, {"kind": ["no such kind"]}], "a/b~c": ["bad"]}))
    assert data["status"] == 400
    assert {error["pointer"]: error["detail"] for error in data["errors"]} == {
        "#/events/1/kind": "no such kind",
        "#/a~1b~0c": "bad",
    }


def test_an_error_of_the_whole_points_at_the_root() -> None:
    assert answer(ValidationError({"non_field_errors": ["together too long"]}))["errors"] == [
        {"pointer": "#", "detail": "together too long", "code": "invalid"}
    ]


def test_other_errors_say_what_they_are() -> None:
    data = answer(NotAuthenticated())
    assert data["title"] in {"Unauthorized", "Forbidden"}
    assert "credentials" in data["detail"]


def test_what_is_not_an_api_error_stays_one_of_ours() -> None:
    assert problems.exception_handler(RuntimeError("boom"), {}) is None


@pytest.mark.parametrize(
    ("view", "status"), [("page_not_found", 404), ("permission_denied", 403), ("bad_request", 400)]
)
def test_programs_get_problems(view: str, status: int, rf: RequestFactory) -> None:
    answer = getattr(problems, view)(rf.get("/api/v1/x"), Exception())
    assert (answer.status_code, json.loads(answer.content)["status"]) == (status, status)
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_a_broken_server_says_so_to_a_program(rf: RequestFactory) -> None:
    answer = problems.server_error(rf.get("/api/v1/x"))
    assert (answer.status_code, json.loads(answer.content)["status"]) == (500, 500)


@pytest.mark.django_db
def test_people_get_pages(client: Client) -> None:
    answer = client.get("/no-such-page/", headers={"accept": "text/html"})
    assert answer.status_code == 404
    assert answer.headers["Content-Type"].startswith("text/html")
    assert client.get("/api/no-such-page/").headers["Content-Type"] == "application/problem+json"
