from pathlib import Path

import pytest
from django.core.signals import got_request_exception
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from dpe_site.middleware.outage import OutageMiddleware

TOKEN = "a1B2" * 16
PAGE = f'<form><input name="csrfmiddlewaretoken" value="{TOKEN}"><p>popular</p></form>'


class Site:
    """Stands for everything inside the middleware; the database can be taken away."""

    up = True

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if self.up:
            return HttpResponse(PAGE)
        try:
            raise OperationalError("connection refused")
        except OperationalError:
            got_request_exception.send(sender=None, request=request)
        return HttpResponse("server error", status=500)


@pytest.fixture
def site() -> Site:
    return Site()


@pytest.fixture
def middleware(site: Site, tmp_path: Path, settings: object) -> OutageMiddleware:
    settings.DPE_HOME = tmp_path
    return OutageMiddleware(site)


def test_the_last_homepage_for_everybody_stands_in(
    middleware: OutageMiddleware, site: Site, rf: RequestFactory
) -> None:
    middleware(rf.get("/"))
    site.up = False
    answer = middleware(rf.get("/", headers={"accept": "text/html"}))
    assert answer.status_code == 200
    assert b"popular" in answer.content
    assert TOKEN.encode() not in answer.content
    assert answer.headers["X-DPE-Degraded"] == "postgres"
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", ["/?q=lamp", "/account/"])
def test_other_pages_are_not_kept(path: str, middleware: OutageMiddleware, site: Site, rf: RequestFactory) -> None:
    middleware(rf.get(path))
    site.up = False
    assert middleware(rf.get("/", headers={"accept": "text/html"})).status_code == 503


def test_a_page_made_for_somebody_is_not_kept(middleware: OutageMiddleware, site: Site, rf: RequestFactory) -> None:
    request = rf.get("/")
    request.COOKIES["sessionid"] = "somebody"
    middleware(request)
    site.up = False
    assert middleware(rf.get("/", headers={"accept": "text/html"})).status_code == 503


def test_each_language_has_its_own_page(middleware: OutageMiddleware, site: Site, rf: RequestFactory) -> None:
    middleware(rf.get("/", headers={"accept-language": "zh-hans"}))
    site.up = False
    chinese = rf.get("/", headers={"accept-language": "zh-hans", "accept": "text/html"})
    assert middleware(chinese).status_code == 200
    assert middleware(rf.get("/", headers={"accept-language": "en", "accept": "text/html"})).status_code == 503


def test_another_error_stays_a_server_error(tmp_path: Path, rf: RequestFactory, settings: object) -> None:
    settings.DPE_HOME = tmp_path

    def broken(request: HttpRequest) -> HttpResponse:
        try:
            raise ValueError("ours")
        except ValueError:
            got_request_exception.send(sender=None, request=request)
        return HttpResponse("server error", status=500)

    assert OutageMiddleware(broken)(rf.get("/")).status_code == 500
