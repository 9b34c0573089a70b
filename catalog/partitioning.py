"""Tables cut into partitions: the migration operation that makes them, and the monthly upkeep."""

import logging
import re
from datetime import UTC, datetime
from typing import Any

from django.db import OperationalError, connection, transaction
from django.db.migrations.operations import CreateModel
from django.db.migrations.state import ProjectState
from psycopg2 import sql

from catalog.ids import uuid7_floor

logger = logging.getLogger(__name__)

LOCK_SECONDS = 3
BATCH_ROWS = 10_000
_MONTH = re.compile(r"_(\d{4})_(\d{2})$")
_LIES_IN_DEFAULT = sql.SQL("SELECT EXISTS (SELECT 1 FROM {rest} WHERE id >= %s::uuid AND id < %s::uuid)")
_CREATE = sql.SQL("CREATE TABLE IF NOT EXISTS {partition} PARTITION OF {table} FOR VALUES FROM (%s) TO (%s)")
_PARTITIONS = "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = to_regclass(%s) ORDER BY 1"
_DELETE = sql.SQL("DELETE FROM {rest} WHERE id IN (SELECT id FROM {rest} WHERE id < %s::uuid ORDER BY id LIMIT %s)")


class CreatePartitionedModel(CreateModel):
    """``CreateModel`` whose table is partitioned by ``partition_by``, for example ``RANGE (id)``.

    With ``default`` a partition is made that takes what no other partition takes.
    """

    partition_by = "RANGE (id)"
    default = True

    def database_forwards(
        self, app_label: str, schema_editor: Any, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        """Create the parent table and its default partition."""
        plain = schema_editor.sql_create_table
        schema_editor.sql_create_table = f"{plain} PARTITION BY {self.partition_by}"
        try:
            super().database_forwards(app_label, schema_editor, from_state, to_state)
        finally:
            schema_editor.sql_create_table = plain
        if self.default:
            table = to_state.apps.get_model(app_label, self.name)._meta.db_table
            schema_editor.execute(f'CREATE TABLE "{table}_default" PARTITION OF "{table}" DEFAULT')


class CreateModelPerBundle(CreatePartitionedModel):
    """A table with one partition per bundle, each made when its bundle is indexed."""

    partition_by = "LIST (bundle_id)"
    default = False


def month_partitions_ensure(table: str, first: datetime, last: datetime) -> list[str]:
    """Make the monthly partitions of ``table`` that cover ``first`` … ``last``; those that exist are left alone.

    A month whose rows already lie in the default partition is left there: moving rows would rewrite facts.

    Returns: names of the partitions made.
    """
    made = []
    month = datetime(first.year, first.month, 1, tzinfo=UTC)
    while month <= last:
        following = _following(month)
        if _month_partition_create(table, month, following):
            made.append(f"{table}_{month:%Y_%m}")
        month = following
    return made


def month_partitions_drop(table: str, before: datetime) -> list[str]:
    """Drop the monthly partitions of ``table`` whose last moment lies before ``before``, rows and all.

    Dropping needs the table for itself for a moment. Where that moment does not come within ``LOCK_SECONDS``, the rest
    is left for the next time, so that nobody's page waits behind us.

    Returns: names of the partitions dropped.
    """
    with connection.cursor() as cursor:
        cursor.execute(_PARTITIONS, [table])
        names = [name for (name,) in cursor.fetchall()]
    dropped = []
    for name in names:
        found = _MONTH.search(name)
        if found is None or _following(datetime(int(found[1]), int(found[2]), 1, tzinfo=UTC)) > before:
            continue
        if not _partition_drop(name):
            break
        dropped.append(name)
    return dropped


def default_partition_prune(table: str, before: datetime, *, batch: int = BATCH_ROWS) -> int:
    """Delete what is older than ``before`` from the default partition of ``table``, ``batch`` rows at a time.

    Returns: how many rows.
    """
    statement = _DELETE.format(rest=sql.Identifier(f"{table}_default"))
    total, last = 0, batch
    with connection.cursor() as cursor:
        while last == batch:
            cursor.execute(statement, [str(uuid7_floor(before)), batch])
            last = cursor.rowcount
            total += last
    return total


def _following(month: datetime) -> datetime:
    return datetime(month.year + month.month // 12, month.month % 12 + 1, 1, tzinfo=UTC)


def _partition_drop(name: str) -> bool:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, true)", [f"{LOCK_SECONDS}s"])
            cursor.execute(sql.SQL("DROP TABLE {}").format(sql.Identifier(name)))
            cursor.execute("SELECT set_config('lock_timeout', '0', true)")
    except OperationalError as error:
        logger.warning("%s is past its time and stays until the next round, it is in use: %s", name, error)
        return False
    return True


def _month_partition_create(table: str, month: datetime, following: datetime) -> bool:
    name, low, high = f"{table}_{month:%Y_%m}", str(uuid7_floor(month)), str(uuid7_floor(following))
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s)", [name])
        if cursor.fetchone()[0] is not None:
            return False
        names = {
            "partition": sql.Identifier(name),
            "table": sql.Identifier(table),
            "rest": sql.Identifier(f"{table}_default"),
        }
        cursor.execute(_LIES_IN_DEFAULT.format(**names), [low, high])
        if cursor.fetchone()[0]:
            return False
        cursor.execute(_CREATE.format(**names), [low, high])
    return True
