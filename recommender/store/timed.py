"""Statements with a deadline: a source that is late is left out of a page instead of holding it up."""

import logging
from typing import Any

from django.db import OperationalError, connection, transaction
from psycopg2.errors import QueryCanceled

logger = logging.getLogger(__name__)

Rows = list[tuple[Any, ...]]


def timed_rows(name: str, statement: str, parameters: dict[str, Any], *, deadline_ms: int) -> Rows | None:
    """Rows of a statement, or None if Postgres did not answer within its deadline.

    The deadline and the statement travel in one message and, outside of a transaction, are one of their own, so the
    connection's settings are untouched afterwards.
    """
    limited = f"SET LOCAL statement_timeout = {int(deadline_ms)}; {statement}"
    try:
        if not connection.in_atomic_block:
            return _rows(limited, parameters)
        with transaction.atomic():
            rows = _rows(limited, parameters)
            _rows("SET LOCAL statement_timeout = DEFAULT; SELECT 1", {})
            return rows
    except OperationalError as error:
        if not isinstance(error.__cause__, QueryCanceled):
            raise
        logger.warning("Source %s took longer than %d ms and was left out", name, deadline_ms)
        return None


def _rows(statement: str, parameters: dict[str, Any]) -> Rows:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())
