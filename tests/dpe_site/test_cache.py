import time

import pytest
from django.conf import settings
from django.core.cache import caches
from django.core.cache.backends.redis import RedisCacheClient
from redis.exceptions import ConnectionError as RedisConnectionError

from dpe_site.cache import PAUSE_SECONDS, ForgivingRedisCache, PlainSerializer
from dpe_site.embedded import ports


@pytest.fixture
def dead() -> ForgivingRedisCache:
    return ForgivingRedisCache(f"redis://127.0.0.1:{ports.choose(None)}/0", {})


def test_a_missing_server_is_an_empty_cache(dead: ForgivingRedisCache) -> None:
    dead.set("a", 1)
    dead.set_many({"b": 2})
    assert dead.get("a", "nothing") == "nothing"
    assert dead.get_many(["a", "b"]) == {}
    assert dead.add("a", 1) is False
    assert dead.touch("a") is False
    assert dead.has_key("a") is False
    assert dead.delete("a") is False
    assert dead.get_or_set("a", lambda: 7) == 7
    with pytest.raises(ValueError, match="not found"):
        dead.incr("a")
    dead.delete_many(["a"])
    assert dead.clear() is False


def test_a_page_with_many_calls_waits_once(dead: ForgivingRedisCache) -> None:
    started = time.monotonic()
    for number in range(200):
        dead.get(str(number))
    assert time.monotonic() - started < 0.5


def test_a_server_that_comes_back_is_used_again(monkeypatch: pytest.MonkeyPatch) -> None:
    cache = ForgivingRedisCache(settings.CACHE_URL, {})
    cache.set("kept", "yes")
    with monkeypatch.context() as broken:
        broken.setattr(RedisCacheClient, "get_client", refuse)
        assert cache.get("kept") is None
    assert cache.get("kept") is None, "left alone for a moment after a failure"
    time.sleep(PAUSE_SECONDS)
    assert cache.get("kept") == "yes"


def refuse(*_: object, **__: object) -> None:
    raise RedisConnectionError


def test_values_come_back_as_they_went_in() -> None:
    cache = caches["default"]
    cache.set_many({"text": "ü", "number": 3, "list": [1, "a"], "bytes": b"\x00j1", "none": None, "map": {"a": 0.5}})
    assert cache.get("text") == "ü"
    assert cache.incr("number") == 4
    assert cache.get("list") == [1, "a"]
    assert cache.get("bytes") == b"\x00j1"
    assert cache.get("none", "missing") is None
    assert cache.get("map") == {"a": 0.5}


def test_what_json_does_not_know_is_refused_rather_than_pickled() -> None:
    with pytest.raises(TypeError):
        PlainSerializer().dumps(object())
