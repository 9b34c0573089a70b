"""Django's Postgres backend with an error message that says what to do when nothing answers."""

from typing import Any

from django.conf import settings
from django.db.backends.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
    """Connection to Postgres; a refused one names the command that starts the embedded server."""

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Open a connection.

        Raises:
            OperationalError: the driver's message, and for embedded services how to start them.
        """
        try:
            return super().get_new_connection(conn_params)
        except self.Database.OperationalError as error:
            if not settings.DPE_EMBEDDED:
                raise
            raise type(error)(
                f"{error}\nNo embedded Postgres answers for DPE_HOME={settings.DPE_HOME}. "
                "Start it with `manage.py services start`, or set DATABASE_URL to a server of your own."
            ) from error
