"""Kill what can be killed: the services come back, lose nothing and leave nothing behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg2
import pytest
import redis

from dpe_site.embedded.addresses import Addresses
from dpe_site.embedded.control import services_start, services_status, services_stop
from dpe_site.environment import REPOSITORY
from tests.fixtures.servers import a_home, eventually, lives, server, supervisor_of

pytestmark = pytest.mark.fault


@pytest.fixture
def fresh_home() -> Iterator[Path]:
    with a_home() as folder:
        yield folder


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    with a_home() as folder:
        yield folder


@pytest.fixture
def running(home: Path) -> Addresses:
    return services_start(home, durable=False).addresses


def write(addresses: Addresses, value: str) -> None:
    connection = psycopg2.connect(addresses.database_url)
    with connection, connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS kept; CREATE TABLE kept (value text)")
        cursor.execute("INSERT INTO kept VALUES (%s)", [value])
    connection.close()


def written(addresses: Addresses) -> list[str]:
    connection = psycopg2.connect(addresses.database_url)
    with connection, connection.cursor() as cursor:
        cursor.execute("SELECT value FROM kept ORDER BY value")
        values = [row[0] for row in cursor.fetchall()]
    connection.close()
    return values


def test_starting_twice_is_starting_once(home: Path, running: Addresses) -> None:
    before = supervisor_of(home).pid
    again = services_start(home, durable=False)
    assert again.supervisor is None
    assert again.addresses == running
    assert supervisor_of(home).pid == before


def test_two_starts_at_the_same_moment_agree_on_one_supervisor(fresh_home: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from dpe_site.embedded.control import services_start;"
        "print(services_start(Path(sys.argv[1]), durable=False).addresses.database_url)"
    )
    words = [sys.executable, "-c", script, str(fresh_home)]
    both = [subprocess.Popen(words, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    answers = {process.communicate(timeout=120)[0] for process in both}
    assert len(answers) == 1
    assert [process.returncode for process in both] == [0, 0]


def test_stop_leaves_no_process_and_keeps_the_data(home: Path, running: Addresses) -> None:
    write(running, "a")
    redis.Redis.from_url(running.redis_url).set("task", "kept")
    processes = [supervisor_of(home), *supervisor_of(home).children(recursive=True)]
    assert services_stop(home)
    assert not any(lives(process) for process in processes)
    addresses = services_start(home, durable=False).addresses
    assert written(addresses) == ["a"]
    assert redis.Redis.from_url(addresses.redis_url).get("task") == b"kept"


def test_a_killed_postgres_is_restarted_with_everything_committed(home: Path, running: Addresses) -> None:
    write(running, "committed")
    victim = server(home, "postgres")
    victim.kill()
    eventually(lambda: not lives(victim) and services_status(home).complete)
    assert written(running) == ["committed"]


@pytest.mark.parametrize("name", ["broker", "cache"])
def test_a_killed_valkey_is_restarted_at_its_address(home: Path, running: Addresses, name: str) -> None:
    victim = server(home, name)
    victim.kill()
    eventually(lambda: not lives(victim) and services_status(home).complete)
    address = {"broker": running.redis_url, "cache": running.cache_url}[name]
    assert redis.Redis.from_url(address).ping()


def test_the_broker_keeps_what_it_was_told_a_second_ago(home: Path, running: Addresses) -> None:
    redis.Redis.from_url(running.redis_url).lpush("default", "a task")
    time.sleep(1.5)
    victim = server(home, "broker")
    victim.kill()
    eventually(lambda: not lives(victim) and services_status(home).complete)
    assert redis.Redis.from_url(running.redis_url).lrange("default", 0, -1) == [b"a task"]


def test_a_killed_supervisor_takes_its_children_along_and_a_start_recovers(home: Path, running: Addresses) -> None:
    write(running, "before")
    supervisor = supervisor_of(home)
    children = supervisor.children()
    supervisor.kill()
    eventually(lambda: not lives(supervisor))
    addresses = services_start(home, durable=False).addresses
    assert written(addresses) == ["before"]
    assert not any(lives(child) for child in children)
    assert services_status(home).complete


def test_everything_killed_at_once_recovers(home: Path, running: Addresses) -> None:
    write(running, "before")
    supervisor = supervisor_of(home)
    victims = [supervisor, *supervisor.children()]
    supervisor.suspend()  # it must not restart what dies before it dies itself
    for victim in reversed(victims):
        victim.kill()
    assert written(services_start(home, durable=False).addresses) == ["before"]


def test_services_of_a_process_end_when_that_process_is_killed(fresh_home: Path) -> None:
    script = (
        "import sys, time; from pathlib import Path; from dpe_site.embedded.control import services_start;"
        "services_start(Path(sys.argv[1]), durable=False, detached=False); print('up', flush=True); time.sleep(60)"
    )
    owner = subprocess.Popen(
        [sys.executable, "-c", script, str(fresh_home)], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True
    )
    assert owner.stdout is not None
    assert owner.stdout.readline() == "up\n"
    family = psutil.Process(owner.pid).children(recursive=True)
    assert len(family) >= 4
    owner.send_signal(signal.SIGKILL)
    owner.communicate()
    eventually(lambda: not any(lives(process) for process in family))
    assert not services_status(fresh_home).postgres


def test_a_home_behind_closed_doors_and_with_a_long_name_works(fresh_home: Path) -> None:
    closed = fresh_home / "closed" / ("long" * 30)
    closed.mkdir(parents=True)
    (fresh_home / "closed").chmod(0o700)
    try:
        addresses = services_start(closed, durable=False).addresses
        write(addresses, "reached")
        assert written(addresses) == ["reached"]
    finally:
        services_stop(closed)


def test_data_of_another_major_version_is_refused_untouched_with_the_way_out(fresh_home: Path) -> None:
    (fresh_home / "postgres" / "data").mkdir(parents=True)
    (fresh_home / "postgres" / "data" / "PG_VERSION").write_text("17\n")
    done = subprocess.run(
        [sys.executable, "manage.py", "services", "start"],
        cwd=REPOSITORY,
        env={**os.environ, "DPE_HOME": str(fresh_home)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "made by Postgres 17" in done.stderr
    assert "pg_dump" in done.stderr
    assert "DATABASE_URL" in done.stderr
    assert "Traceback" not in done.stderr
    assert [file.name for file in (fresh_home / "postgres" / "data").iterdir()] == ["PG_VERSION"]
    assert not services_status(fresh_home).supervised
