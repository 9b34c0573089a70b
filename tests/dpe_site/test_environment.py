import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from dpe_site import environment

PRODUCTION = {
    "DPE_SECRET_KEY": "abcdefghijklmnopqrstuvwxyz-0123456789-ABCDEFGHIJKLMNOP",
    "DATABASE_URL": "postgresql://shop:p%40ss@db.example:6000/shop",
    "REDIS_URL": "redis://broker.example/0",
    "CACHE_URL": "redis://cache.example/0",
    "DPE_ALLOWED_HOSTS": "shop.example,.shop.example",
}


def check(variables: dict[str, str], home: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=environment.REPOSITORY,
        env={"DJANGO_SETTINGS_MODULE": "dpe_site.settings.production", "DPE_HOME": str(home), **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def test_production_is_clean_when_it_is_told_everything(tmp_path: Path) -> None:
    done = check(PRODUCTION, tmp_path)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("missing", sorted(PRODUCTION))
def test_production_refuses_to_start_without(missing: str, tmp_path: Path) -> None:
    done = check({name: value for name, value in PRODUCTION.items() if name != missing}, tmp_path)
    assert done.returncode != 0
    assert f"{missing} is not set" in done.stderr


def test_a_database_address_is_taken_apart() -> None:
    read = environment.database("postgresql://shop:p%40ss@db.example:6000/my%20shop?sslmode=require", {"a": 1})
    assert (read["USER"], read["PASSWORD"], read["HOST"], read["PORT"]) == ("shop", "p@ss", "db.example", "6000")
    assert read["NAME"] == "my shop"
    assert read["OPTIONS"] == {"sslmode": "require", "a": 1}


def test_a_socket_address_is_taken_apart() -> None:
    read = environment.database("postgresql://dpe:x@/dpe?host=/run/pg&port=7000", {})
    assert (read["HOST"], read["PORT"], read["OPTIONS"]) == ("/run/pg", "7000", {})


@pytest.mark.parametrize("url", ["mysql://a/b", "postgresql://host", "nonsense"])
def test_an_address_that_is_none_says_how_one_looks(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="postgresql://user:password@host:5432/name"):
        environment.database(url, {})


def test_a_kept_secret_is_made_once_even_by_many_at_once(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        values = set(pool.map(lambda _: environment.secret_kept(tmp_path / "deep" / "secret"), range(32)))
    assert len(values) == 1
    assert len(values.pop()) >= 48
    assert (tmp_path / "deep" / "secret").stat().st_mode & 0o077 == 0
    assert [file.name for file in (tmp_path / "deep").iterdir()] == ["secret"]


def test_a_command_without_services_says_how_to_start_them(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "migrate"],
        cwd=environment.REPOSITORY,
        env={"DPE_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "manage.py services start" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_number_is_read_or_its_want_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DPE_PROXIES", raising=False)
    assert environment.number("DPE_PROXIES", 3) == 3
    monkeypatch.setenv("DPE_PROXIES", "1")
    assert environment.number("DPE_PROXIES", 3) == 1
    monkeypatch.setenv("DPE_PROXIES", "one")
    with pytest.raises(ImproperlyConfigured, match="DPE_PROXIES must be a whole number such as 3, not 'one'"):
        environment.number("DPE_PROXIES", 3)
