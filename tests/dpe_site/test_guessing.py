"""Guessing passwords: the count that the two forms and the tokens share, and what somebody held up is told."""

from collections.abc import Callable, Iterator

import pytest
from django.core.cache import cache
from django.http import HttpResponse
from django.test import Client
from rest_framework.settings import api_settings

from catalog.models import Shop
from dpe_site import guessing
from dpe_site.cache import ForgivingRedisCache
from dpe_site.embedded import ports
from users.models import User

pytestmark = pytest.mark.django_db
PASSWORD = "lovelace-1815"
Door = Callable[..., HttpResponse]


@pytest.fixture(autouse=True)
def shop(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    """Ada may enter everywhere; time stands still in the middle of a window."""
    cache.clear()
    monkeypatch.setattr(guessing.time, "time", lambda: 1_800_000_000.0 + 240)
    User.objects.create_superuser("ada", "ada@example.com", PASSWORD)
    yield Shop.objects.create(code="tiny", name="Tiny")
    cache.clear()


def shop_door(name: str, password: str, **headers: str) -> HttpResponse:
    return Client(headers={"accept": "text/html"}).post("/login/", {"username": name, "password": password}, **headers)


def admin_door(name: str, password: str, **headers: str) -> HttpResponse:
    client = Client(headers={"accept": "text/html"})
    return client.post("/admin/login/", {"username": name, "password": password}, **headers)


def token_door(name: str, password: str, **headers: str) -> HttpResponse:
    given = {"username": name, "password": password}
    return Client().post("/api/v1/token", given, content_type="application/json", **headers)


DOORS = pytest.mark.parametrize(
    ("door", "wrong", "right"), [(shop_door, 200, 302), (admin_door, 200, 302), (token_door, 400, 200)]
)


def fail(door: Door, times: int, name: str = "ada", **headers: str) -> set[int]:
    return {door(name, f"guess-{number}", **headers).status_code for number in range(times)}


@DOORS
def test_the_eleventh_guess_is_not_looked_at_even_if_it_is_right(door: Door, wrong: int, right: int) -> None:
    assert fail(door, 9) == {wrong}
    assert door("ada", PASSWORD).status_code == right
    assert fail(door, 1) == {wrong}
    held_up = door("ADA", PASSWORD)
    assert (held_up.status_code, held_up["Retry-After"]) == (429, "360")
    assert "Too many wrong passwords" in held_up.content.decode()


@DOORS
def test_the_doors_share_one_count_and_open_again_after_a_while(
    door: Door, wrong: int, right: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail(shop_door, 4)
    fail(admin_door, 3)
    fail(token_door, 3)
    assert door("ada", PASSWORD).status_code == 429
    monkeypatch.setattr(guessing.time, "time", lambda: 1_800_000_000.0 + 600)
    assert door("ada", PASSWORD).status_code == right


def test_people_are_told_how_long_and_programs_get_a_problem() -> None:
    fail(shop_door, 10)
    assert "Please wait 6 min" in shop_door("ada", "x").content.decode()
    problem = token_door("ada", "x")
    assert problem["Content-Type"] == "application/problem+json"
    assert problem.json()["status"] == 429
    assert Client().post("/login/", {"username": "ada", "password": "x"}, headers={"accept": "application/json"}).json()


def test_others_are_not_held_up() -> None:
    User.objects.create_user("joan", password=PASSWORD)
    fail(shop_door, 10)
    assert shop_door("joan", PASSWORD).status_code == 302
    assert shop_door("ada", PASSWORD, REMOTE_ADDR="192.0.2.7").status_code == 302


def test_trying_many_names_from_one_address_ends_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guessing, "FAILURES_PER_ADDRESS", 5)
    for number in range(5):
        assert fail(shop_door, 1, f"name-{number}") == {200}
    assert shop_door("ada", PASSWORD).status_code == 429
    assert shop_door("ada", PASSWORD, REMOTE_ADDR="192.0.2.7").status_code == 302


@pytest.mark.parametrize(("proxies", "last"), [(0, 429), (1, 200)])
def test_a_forwarded_address_is_believed_from_known_proxies_only(
    proxies: int, last: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api_settings, "NUM_PROXIES", proxies)
    for number in range(10):
        assert fail(shop_door, 1, HTTP_X_FORWARDED_FOR=f"192.0.2.{number}") == {200}
    assert fail(shop_door, 1, HTTP_X_FORWARDED_FOR="192.0.2.99") == {last}


def test_no_proxy_is_believed_by_default(settings) -> None:
    assert settings.REST_FRAMEWORK["NUM_PROXIES"] == settings.DPE_PROXIES == 0


def test_without_the_cache_everybody_may_try(monkeypatch: pytest.MonkeyPatch) -> None:
    dead = ForgivingRedisCache(f"redis://127.0.0.1:{ports.choose(None)}/0", {})
    monkeypatch.setattr(guessing, "cache", dead)
    assert fail(token_door, 12) == {400}
    assert token_door("ada", PASSWORD).status_code == 200
