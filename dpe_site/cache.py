"""A Redis cache whose absence costs a little time and never a page."""

import functools
import json
import logging
import time
from collections.abc import Callable
from typing import Any

from django.core.cache.backends.redis import RedisCache, RedisCacheClient
from django.core.serializers.json import DjangoJSONEncoder
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

logger = logging.getLogger(__name__)

TIMEOUT_SECONDS = 0.05
PAUSE_SECONDS = 1.0


class PlainSerializer:
    """Integers as they are (so that ``incr`` works), bytes as they are, everything else as JSON; never pickle."""

    def dumps(self, value: Any) -> bytes | int:
        """Bytes to store; a type JSON does not know raises TypeError."""
        if type(value) is int:
            return value
        if isinstance(value, bytes):
            return b"b" + value
        return b"j" + json.dumps(value, cls=DjangoJSONEncoder).encode()

    def loads(self, data: bytes) -> Any:
        """The value that ``dumps`` stored."""
        if data[:1] == b"b":
            return data[1:]
        return json.loads(data[1:] if data[:1] == b"j" else data)


def _forgiving(call: Callable[..., Any], otherwise: Callable[..., Any]) -> Callable[..., Any]:
    """Method like ``call`` that returns ``otherwise(*arguments)`` when the server does not answer."""

    @functools.wraps(call)
    def attempt(client: "ForgivingClient", *arguments: Any) -> Any:
        if time.monotonic() < client.silent_until:
            return otherwise(*arguments)
        try:
            return call(client, *arguments)
        except (RedisError, OSError) as error:
            client.silent_until = time.monotonic() + PAUSE_SECONDS
            logger.warning("Cache does not answer, going on without it for %.0f s: %s", PAUSE_SECONDS, error)
            return otherwise(*arguments)

    return attempt


def _not_counted(key: str, *_: Any) -> int:
    raise ValueError(f"Key {key!r} not found.")


class ForgivingClient(RedisCacheClient):
    """Django's client, for which an unreachable server is an empty cache that forgets what it is told."""

    silent_until = 0.0

    def __init__(self, servers: list[str], **options: Any) -> None:
        """Connect lazily to ``servers``; given ``options`` win over our short timeouts."""
        patience: dict[str, Any] = {
            "socket_timeout": TIMEOUT_SECONDS,
            "socket_connect_timeout": TIMEOUT_SECONDS,
            "retry": Retry(NoBackoff(), 0),
            "serializer": PlainSerializer(),
        }
        super().__init__(servers, **(patience | options))

    get = _forgiving(RedisCacheClient.get, lambda _key, default: default)
    get_many = _forgiving(RedisCacheClient.get_many, lambda _keys: {})
    has_key = _forgiving(RedisCacheClient.has_key, lambda _key: False)
    add = _forgiving(RedisCacheClient.add, lambda *_: False)
    set = _forgiving(RedisCacheClient.set, lambda *_: None)
    set_many = _forgiving(RedisCacheClient.set_many, lambda *_: None)
    touch = _forgiving(RedisCacheClient.touch, lambda *_: False)
    incr = _forgiving(RedisCacheClient.incr, _not_counted)
    delete = _forgiving(RedisCacheClient.delete, lambda _key: False)
    delete_many = _forgiving(RedisCacheClient.delete_many, lambda _keys: None)
    clear = _forgiving(RedisCacheClient.clear, lambda: False)


class ForgivingRedisCache(RedisCache):
    """Django's Redis cache on a forgiving client.

    A call waits at most 50 ms. After a failure the server is left alone for a second, so that a page with many
    cache calls waits once.
    """

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        """Remember where the server is; nothing is opened yet."""
        super().__init__(server, params)
        self._class = ForgivingClient
