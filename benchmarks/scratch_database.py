"""A database of its own on the server of DPE_HOME: migrated, filled, dropped."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.core.management import call_command
from django.db import connection
from psycopg2 import sql

from benchmarks.memory import descendants, pss_mb


@contextmanager
def scratch_database(name: str, *, keep: bool = False) -> Iterator[bool]:
    """Point the ORM of this process at a migrated database of its own; tells whether it is new and empty.

    It is dropped afterwards, whatever happens, unless all went well and it is to be kept; a kept one serves again.
    """
    before, kept = connection.settings_dict["NAME"], False
    is_new = not _exists(name)
    if is_new:
        _administer("CREATE DATABASE {}", name)
    try:
        _point_at(name)
        call_command("migrate", verbosity=0)
        yield is_new
        kept = keep
    finally:
        _point_at(before)
        if not kept:
            _administer("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)
        connection.close()


def server_megabytes() -> float:
    """Memory of all of the server's processes, what they share counted once; NaN where it runs elsewhere."""
    pid = _server_pid()
    try:
        parent = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
        if "postgres" not in Path(f"/proc/{parent}/cmdline").read_text():
            return float("nan")
        return sum(pss_mb(one) for one in (parent, *descendants(parent)))
    except OSError:
        return float("nan")


@contextmanager
def urgent() -> Iterator[None]:
    """Let us and the server's process that answers us go before everything else, as on a machine that is idle.

    Caches and memory are shared with the others all the same.

    Raises: PermissionError where the system does not allow it.
    """
    pids = (0, _server_pid())
    for pid in pids:
        os.sched_setscheduler(pid, os.SCHED_FIFO, os.sched_param(1))
    try:
        yield
    finally:
        for pid in pids:
            os.sched_setscheduler(pid, os.SCHED_OTHER, os.sched_param(0))


def server_processor_seconds() -> float:
    """Processor time of the server's process at the other end of our connection; NaN where it runs elsewhere."""
    pid = _server_pid()
    try:
        times = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    except OSError:
        return float("nan")
    return sum(map(int, times)) / os.sysconf("SC_CLK_TCK")


def _server_pid() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def _exists(name: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        return cursor.fetchone() is not None


def _point_at(name: str) -> None:
    connection.close()
    connection.settings_dict["NAME"] = name


def _administer(statement: str, name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL(statement).format(sql.Identifier(name)))
