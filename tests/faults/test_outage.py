"""Postgres or a Valkey is gone while the site is up: shoppers get an answer at once, and it heals by itself."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from dpe_site.embedded.control import services_start
from tests.fixtures.databases import Database
from tests.fixtures.servers import a_home, away, eventually
from tests.fixtures.web import Web, web_on

pytestmark = pytest.mark.fault

NEEDS_DATABASE = "/admin/"
VISITOR = {"Cookie": "sessionid=abcdefghijklmnopqrstuvwxyz012345"}


@dataclass(frozen=True)
class Site:
    """A web server on services of its own, which may be killed."""

    home: Path
    web: Web

    def get(self, path: str, **headers: str) -> tuple[int, dict[str, str], bytes, float]:
        """Like ``Web.get``, with the seconds it took."""
        started = time.monotonic()
        status, answered, body = self.web.get(path, **headers)
        return status, answered, body, time.monotonic() - started


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with a_home() as home:
        at = services_start(home, durable=False, detached=False).addresses
        name = urlsplit(at.database_url).path.lstrip("/")
        database = Database(name, at.database_url, at.redis_url, at.cache_url)
        database.command("migrate", "--verbosity=0")
        with web_on(database, tmp_path_factory.mktemp("outage") / "web.log") as web:
            yield Site(home, web)


def test_without_postgres_a_person_gets_a_page_and_a_program_a_problem_within_a_second(site: Site) -> None:
    assert site.get(NEEDS_DATABASE, **VISITOR)[0] == 200
    with away(site.home, "postgres"):
        status, headers, body, seconds = site.get(NEEDS_DATABASE, Accept="text/html", **VISITOR)
        assert (status, headers["X-DPE-Degraded"]) == (503, "postgres")
        assert headers["Content-Type"].startswith("text/html")
        assert b"Back in a moment" in body
        assert int(headers["Retry-After"]) > 0
        assert seconds < 1

        status, headers, body, seconds = site.get(NEEDS_DATABASE, Accept="application/json", **VISITOR)
        assert (status, headers["Content-Type"]) == (503, "application/problem+json")
        assert json.loads(body)["status"] == 503
        assert seconds < 1

        assert site.get("/healthz")[0] == 200
        assert site.get("/readyz")[0] == 503
    eventually(lambda: site.get("/readyz")[0] == 200)
    eventually(lambda: site.get(NEEDS_DATABASE, **VISITOR)[0] == 200)


@pytest.mark.parametrize("name", ["cache", "broker"])
def test_without_a_valkey_the_page_is_the_same(site: Site, name: str) -> None:
    before = site.get(NEEDS_DATABASE, **VISITOR)
    with away(site.home, name):
        status, _, body, seconds = site.get(NEEDS_DATABASE, **VISITOR)
        assert status == before[0] == 200
        assert len(body) == len(before[2])
        assert seconds < 1
