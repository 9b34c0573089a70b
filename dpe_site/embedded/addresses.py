"""Where the embedded services answer, as the supervisor wrote it down for everyone else."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

FILE_NAME = "services.json"


@dataclass(frozen=True)
class Addresses:
    """URLs of one running set of embedded services; they hold a password, so the file is private."""

    database_url: str
    redis_url: str
    cache_url: str


def addresses_write(home: Path, addresses: Addresses) -> None:
    """Put the addresses down so that a reader sees the old file or the new one, never half of one."""
    target = home / FILE_NAME
    fresh = target.with_suffix(".new")
    fresh.touch(mode=0o600)
    fresh.write_text(json.dumps(asdict(addresses), indent=2))
    fresh.replace(target)


def addresses_read(home: Path) -> Addresses | None:
    """The addresses last written in ``home``, or None when no supervisor has ever run there."""
    try:
        return Addresses(**json.loads((home / FILE_NAME).read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return None
