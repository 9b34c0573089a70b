"""Tables cut into partitions: the migration operation that makes them, and the monthly upkeep."""

from datetime import UTC, datetime
from typing import Any

from django.db import connection
from django.db.migrations.operations import CreateModel
from django.db.migrations.state import ProjectState
from psycopg2 import sql

from catalog.ids import uuid7_floor

_LIES_IN_DEFAULT = sql.SQL("SELECT EXISTS (SELECT 1 FROM {rest} WHERE id >= %s::uuid AND id < %s::uuid)")
_CREATE = sql.SQL("CREATE TABLE IF NOT EXISTS {partition} PARTITION OF {table} FOR VALUES FROM (%s) TO (%s)")


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
        following = datetime(month.year + month.month // 12, month.month % 12 + 1, 1, tzinfo=UTC)
        if _month_partition_create(table, month, following):
            made.append(f"{table}_{month:%Y_%m}")
        month = following
    return made


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
