"""A Redis cache whose absence costs a little time and never a page."""

import json
import logging
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from django.core.cache.backends.redis import RedisCache, RedisCacheClient
from django.core.serializers.json import DjangoJSONEncoder
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

logger = logging.getLogger(__name__)

TIMEOUT_SECONDS = 0.05
PAUSE_SECONDS = 1.0

T = TypeVar("T")


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


class ForgivingClient(RedisCacheClient):
    """Django's client, for which an unreachable server is an empty cache that forgets what it is told."""

    def __init__(self, servers: list[str], **options: Any) -> None:
        """Connect lazily to ``servers``; given ``options`` win over our short timeouts."""
        patience = {
            "socket_timeout": TIMEOUT_SECONDS,
            "socket_connect_timeout": TIMEOUT_SECONDS,
            "retry": Retry(NoBackoff(), 0),
            "serializer": PlainSerializer(),
        }
        super().__init__(servers, **(patience | options))
        self._silent_until = 0.0

    def _attempt(self, call: Callable[[], T], otherwise: T) -> T:
        if time.monotonic() < self._silent_until:
            return otherwise
        try:
            return call()
        except (RedisError, OSError) as error:
            self._silent_until = time.monotonic() + PAUSE_SECONDS
            logger.warning("Cache does not answer, going on without it for %.0f s: %s", PAUSE_SECONDS, error)
            return otherwise

    def add(self, key: str, value: Any, timeout: int | None) -> bool:
        """Store unless present; False when nothing was stored."""
        return self._attempt(lambda: super(ForgivingClient, self).add(key, value, timeout), False)

    def get(self, key: str, default: Any) -> Any:
        """Stored value or ``default``."""
        return self._attempt(lambda: super(ForgivingClient, self).get(key, default), default)

    def set(self, key: str, value: Any, timeout: int | None) -> None:
        """Store if the server answers."""
        self._attempt(lambda: super(ForgivingClient, self).set(key, value, timeout), None)

    def touch(self, key: str, timeout: int | None) -> bool:
        """Give a stored value a new lifetime; False when there is none."""
        return self._attempt(lambda: super(ForgivingClient, self).touch(key, timeout), False)

    def delete(self, key: str) -> bool:
        """Forget a value; False when there was none."""
        return self._attempt(lambda: super(ForgivingClient, self).delete(key), False)

    def get_many(self, keys: Iterable[str]) -> dict[str, Any]:
        """The stored ones among ``keys``."""
        wanted = list(keys)
        return self._attempt(lambda: super(ForgivingClient, self).get_many(wanted), {})

    def has_key(self, key: str) -> bool:
        """Whether a value is stored."""
        return self._attempt(lambda: super(ForgivingClient, self).has_key(key), False)

    def incr(self, key: str, delta: int) -> int:
        """Count up.

        Raises:
            ValueError: if the key is not stored, which is also what a missing server looks like.
        """
        counted = self._attempt(lambda: super(ForgivingClient, self).incr(key, delta), None)
        if counted is None:
            raise ValueError(f"Key {key!r} not found.")
        return counted

    def set_many(self, data: Mapping[str, Any], timeout: int | None) -> None:
        """Store several values if the server answers."""
        self._attempt(lambda: super(ForgivingClient, self).set_many(data, timeout), None)

    def delete_many(self, keys: list[str]) -> None:
        """Forget several values."""
        self._attempt(lambda: super(ForgivingClient, self).delete_many(keys), None)

    def clear(self) -> bool:
        """Forget everything; False when the server did not answer."""
        return self._attempt(super().clear, False)


class ForgivingRedisCache(RedisCache):
    """Django's Redis cache on a forgiving client.

    A call waits at most 50 ms. After a failure the server is left alone for a second, so that a page with many
    cache calls waits once.
    """

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        """Remember where the server is; nothing is opened yet."""
        super().__init__(server, params)
        self._class = ForgivingClient
