import re

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from dpe_site.middleware.content_security import ContentSecurityMiddleware


def policy(path: str, rf: RequestFactory, response: HttpResponse | None = None) -> dict[str, str]:
    answer = ContentSecurityMiddleware(lambda _: response or HttpResponse())(rf.get(path))
    directives = (part.strip().split(" ", 1) for part in answer.headers["Content-Security-Policy"].split(";"))
    return {words[0]: words[1] if len(words) > 1 else "" for words in directives}


@pytest.mark.parametrize("path", ["/", "/login/", "/api/v1/homepage", "/administration"])
def test_pages_take_everything_from_ourselves_and_nothing_inline(path: str, rf: RequestFactory) -> None:
    found = policy(path, rf)
    assert found["default-src"] == "'self'"
    assert not re.search("unsafe|http|\\*", " ".join(found.values()))
    assert {"object-src", "base-uri", "form-action", "frame-ancestors"} <= set(found)


def test_only_the_admin_may_evaluate(rf: RequestFactory) -> None:
    assert "'unsafe-eval'" in policy("/admin/catalog/item/", rf)["script-src"]


def test_a_picture_can_run_nothing(rf: RequestFactory) -> None:
    found = policy("/media/items/1.svg", rf)
    assert found["default-src"] == "'none'"
    assert "sandbox" in found


def test_a_view_keeps_the_policy_it_set_itself(rf: RequestFactory) -> None:
    own = HttpResponse(headers={"Content-Security-Policy": "default-src 'none'"})
    assert policy("/", rf, own) == {"default-src": "'none'"}
