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
def scratch_database() -> Iterator[str]:
    """Point the ORM of this process at an empty, migrated database; it is dropped afterwards, whatever happens."""
    before, name = connection.settings_dict["NAME"], f"dpe_benchmark_{os.getpid()}"
    _administer("CREATE DATABASE {}", name)
    try:
        _point_at(name)
        call_command("migrate", verbosity=0)
        yield name
    finally:
        _point_at(before)
        _administer("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)
        connection.close()


def server_megabytes() -> float:
    """Memory of all of the server's processes, what they share counted once; NaN where it runs elsewhere."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        pid = cursor.fetchone()[0]
    try:
        parent = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
        if "postgres" not in Path(f"/proc/{parent}/cmdline").read_text():
            return float("nan")
        return sum(pss_mb(one) for one in (parent, *descendants(parent)))
    except OSError:
        return float("nan")


def _point_at(name: str) -> None:
    connection.close()
    connection.settings_dict["NAME"] = name


def _administer(statement: str, name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL(statement).format(sql.Identifier(name)))
