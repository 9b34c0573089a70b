"""COPY: the quickest way for many rows into Postgres, through a staging table where rows may be there already."""

import io
from collections.abc import Iterable, Sequence

from django.db import connection
from psycopg2 import sql

_STAGE = sql.SQL("CREATE TEMPORARY TABLE {staging} AS SELECT {names} FROM {target} WITH NO DATA")
_MERGE = sql.SQL("INSERT INTO {target} ({names}) SELECT {names} FROM {staging} ON CONFLICT DO NOTHING")
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def copy_text(value: object) -> str:
    """One value in COPY's text form; None is NULL, sequences are arrays of plain values."""
    if value is None:
        return "\\N"
    if isinstance(value, str):
        return value.translate(_ESCAPES)
    if isinstance(value, (list, tuple)):
        return "{" + ",".join(map(str, value)) + "}"
    return str(value)


def copy_new_rows(table: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> int:
    """Insert the rows of ``table`` that are not there yet (by any unique key); call it inside a transaction.

    Args:
        table: the table's name.
        columns: the columns that ``rows`` fill; the others take the table's defaults.
        rows: values in the order of ``columns``; strings, numbers, None or flat lists of numbers.
    Returns: how many rows were new.
    """
    text = io.StringIO("".join("\t".join(map(copy_text, row)) + "\n" for row in rows))
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    target, staging = sql.Identifier(table), sql.Identifier(f"staging_{table}")
    with connection.cursor() as cursor:
        cursor.execute(_STAGE.format(staging=staging, names=names, target=target))
        cursor.copy_expert(sql.SQL("COPY {} ({}) FROM STDIN").format(staging, names).as_string(cursor.cursor), text)
        cursor.execute(_MERGE.format(staging=staging, names=names, target=target))
        new = int(cursor.rowcount)
        cursor.execute(sql.SQL("DROP TABLE {}").format(staging))
    return new
