"""COPY: the quickest way for many rows into Postgres, through a staging table where rows may be there already."""

import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from django.db import connection
from psycopg2 import sql

_STAGE = sql.SQL("CREATE TEMPORARY TABLE {staging} AS SELECT {names} FROM {target} WITH NO DATA")
_COPY = sql.SQL("COPY {staging} ({names}) FROM STDIN")
_MERGE = sql.SQL("INSERT INTO {target} ({names}) SELECT {values} FROM {staging} ON CONFLICT {rule}")
_NEW_ONLY = sql.SQL("DO NOTHING")
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
        table: the target.
        columns: those that the rows give.
        rows: values in the order of ``columns``; strings, numbers, None or flat lists of numbers.
    Returns: how many rows were new.
    """
    return _merge(table, columns, (map(copy_text, row) for row in rows), {}, _NEW_ONLY)


def copy_new_columns(table: str, columns: Mapping[str, Iterable[str]], same: Mapping[str, str | int | datetime]) -> int:
    """``copy_new_rows`` for very many rows, given as columns that are in COPY's text form already.

    Args:
        table: the target.
        columns: equally many values each; text of strangers must have gone through ``copy_text``.
        same: columns in which all rows are alike; sent once.
    Returns: how many rows were new.
    """
    return _merge(table, list(columns), zip(*columns.values(), strict=True), same, _NEW_ONLY)


def copy_over_rows(table: str, columns: Sequence[str], rows: Iterable[Sequence[object]], *, key: str) -> None:
    """Insert rows like ``copy_new_rows``, and replace these columns in rows whose ``key`` is there already."""
    updates = [sql.SQL("{0} = excluded.{0}").format(sql.Identifier(name)) for name in columns if name != key]
    rule = sql.SQL("({}) DO UPDATE SET {}").format(sql.Identifier(key), sql.SQL(", ").join(updates))
    _merge(table, columns, (map(copy_text, row) for row in rows), {}, rule)


def _merge(
    table: str,
    columns: Sequence[str],
    rows: Iterable[Iterable[str]],
    same: Mapping[str, str | int | datetime],
    rule: sql.Composable,
) -> int:
    text = io.BytesIO("".join([f"{line}\n" for line in map("\t".join, rows)]).encode())
    own, shared = list(map(sql.Identifier, columns)), list(map(sql.Identifier, same))
    target, staging, comma = sql.Identifier(table), sql.Identifier(f"staging_{table}"), sql.SQL(", ")
    names, values = comma.join([*own, *shared]), comma.join([*own, *(sql.Placeholder() for _ in same)])
    with connection.cursor() as cursor:
        cursor.execute(_STAGE.format(staging=staging, names=comma.join(own), target=target))
        copy = _COPY.format(staging=staging, names=comma.join(own)).as_string(cursor.cursor)
        # One large piece: between pieces another thread would take the interpreter each time.
        cursor.copy_expert(copy, text, size=max(1, text.getbuffer().nbytes))
        merge = _MERGE.format(target=target, names=names, values=values, staging=staging, rule=rule)
        cursor.execute(merge, list(same.values()))
        written = int(cursor.rowcount)
        cursor.execute(sql.SQL("DROP TABLE {}").format(staging))
    return written


def unsynced_commit() -> None:
    """Let the current transaction commit without waiting for the disk.

    For work that is done again if a crash of the machine takes it back; the next commit that waits makes it lasting.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = off")
