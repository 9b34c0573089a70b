"""Two embedded Valkeys: a broker that loses nothing and a cache that may lose anything."""

from dataclasses import dataclass
from pathlib import Path

import redis

from dpe_site.embedded.binaries import valkey_server
from dpe_site.embedded.ports import HOST
from dpe_site.embedded.process import Service
from dpe_site.environment import secret_kept

BROKER = {"maxmemory-policy": "noeviction", "appendonly": "yes", "appendfsync": "everysec"}
CACHE = {"maxmemory": "256mb", "maxmemory-policy": "allkeys-lru", "appendonly": "no"}


@dataclass(frozen=True)
class Valkey:
    """One embedded Valkey with its own ``settings`` and folder."""

    name: str
    home: Path
    port: int
    settings: dict[str, str]

    @property
    def folder(self) -> Path:
        """Where it keeps its configuration and data."""
        return self.home / self.name

    @property
    def password(self) -> str:
        """Its generated password."""
        return secret_kept(self.folder / "password")

    @property
    def url(self) -> str:
        """Address for REDIS_URL or CACHE_URL."""
        return f"redis://:{self.password}@{HOST}:{self.port}/0"

    def service(self) -> Service:
        """How the supervisor runs it."""
        return Service(
            name=self.name,
            command=[str(valkey_server()), str(self.folder / "valkey.conf")],
            prepare=self.prepare,
            ready=self.answers,
        )

    def prepare(self) -> None:
        """Write its configuration; in a file, because a password on a command line is public."""
        lines = {
            "bind": HOST,
            "port": str(self.port),
            "dir": f'"{self.folder}"',
            "requirepass": self.password,
            "save": '""',
            "daemonize": "no",
            "tcp-keepalive": "60",
            **self.settings,
        }
        file = self.folder / "valkey.conf"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)
        file.write_text("".join(f"{name} {value}\n" for name, value in lines.items()))

    def answers(self) -> bool:
        """Whether it answers a ping."""
        return valkey_answers(self.url)


def valkey_answers(url: str) -> bool:
    """Whether a Valkey answers a ping within two seconds; one that is still loading its log does not."""
    client = redis.Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2)
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False
    finally:
        client.close()
