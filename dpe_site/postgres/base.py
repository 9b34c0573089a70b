"""Django's Postgres backend with an error message that says what to do when nothing answers."""

from typing import Any

import psycopg2
from django.conf import settings
from django.db.backends.postgresql import base


class PostgresAwayError(psycopg2.OperationalError):
    """No embedded Postgres answers; the message says how to start it."""


class DatabaseWrapper(base.DatabaseWrapper):
    """Connection to Postgres; a refused one names the command that starts the embedded server."""

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Open a connection.

        Raises:
            PostgresAwayError: if the embedded server cannot be reached.
        """
        try:
            return super().get_new_connection(conn_params)
        except psycopg2.OperationalError as error:
            if not settings.DPE_EMBEDDED:
                raise
            raise PostgresAwayError(
                f"{error}\nNo embedded Postgres answers for DPE_HOME={settings.DPE_HOME}. "
                "Start it with `manage.py services start`, or set DATABASE_URL to a server of your own."
            ) from error
