"""What the environment variables say, as typed values.

The settings read these functions and nothing else reads ``os.environ``, so every variable the project honours is
found here or by one search for ``DPE_``.
"""

import contextlib
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

REPOSITORY = Path(__file__).resolve().parent.parent


def home() -> Path:
    """Directory of everything that a running installation keeps: data, pictures, bundles, logs."""
    return Path(os.environ.get("DPE_HOME") or REPOSITORY / ".dpe").expanduser().resolve()


def role() -> str:
    """What this process is: ``web``, ``default``, ``train``, ``beat`` or ``command``."""
    return os.environ.get("DPE_ROLE", "command")


def text(name: str, default: str = "") -> str:
    """Value of a variable, or ``default`` when it is unset or empty."""
    return os.environ.get(name) or default


def required(name: str, purpose: str) -> str:
    """Value of a variable that has no safe default.

    Raises:
        ImproperlyConfigured: if it is unset or empty; the message says what it is for.
    """
    value = os.environ.get(name, "")
    if not value:
        raise ImproperlyConfigured(f"{name} is not set: {purpose}. Set it in the environment and start again.")
    return value


def words(name: str, default: str = "") -> list[str]:
    """Comma-separated variable as a list without blanks."""
    return [word.strip() for word in os.environ.get(name, default).split(",") if word.strip()]


def number(name: str, default: int) -> int:
    """Whole number of a variable, or ``default`` when it is unset or empty.

    Raises:
        ImproperlyConfigured: if it is something else.
    """
    value = os.environ.get(name) or str(default)
    try:
        return int(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a whole number such as {default}, not {value!r}.") from None


def secret(name: str, file: Path) -> str:
    """Secret from the variable ``name``, else the one kept in ``file``."""
    return os.environ.get(name) or secret_kept(file)


def secret_kept(file: Path) -> str:
    """The secret in ``file``, made on first use; it appears whole, so processes that start together agree."""
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        fresh = file.with_name(f"{file.name}.{secrets.token_hex(4)}")
        fresh.touch(mode=0o600)
        fresh.write_text(secrets.token_urlsafe(48))
        with contextlib.suppress(FileExistsError):
            file.hardlink_to(fresh)
        fresh.unlink()
    return file.read_text()


def database(url: str, options: Mapping[str, object]) -> dict[str, object]:
    """Django's database settings for a ``postgresql://user:password@host:port/name?host=/socket`` URL.

    Raises:
        ImproperlyConfigured: if the URL is not a Postgres one or names no database.
    """
    parts = urlsplit(url)
    name = unquote(parts.path.lstrip("/"))
    if parts.scheme not in {"postgres", "postgresql"} or not name:
        raise ImproperlyConfigured(
            "DATABASE_URL must look like postgresql://user:password@host:5432/name; "
            f"the one given starts with {parts.scheme or 'nothing'!r} and names the database {name!r}."
        )
    query = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "dpe_site.postgres",
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.pop("host", unquote(parts.hostname or "")),
        "PORT": str(parts.port or query.pop("port", "")),
        "OPTIONS": {**query, **options},
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }
