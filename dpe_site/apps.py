"""The site as a Django app: its commands, and the settings each database carries."""

from typing import Any

from django.apps import AppConfig, apps
from django.db import connections
from django.db.models.signals import post_migrate
from psycopg2 import sql


def vector_scans_prepare(*, using: str, **_: Any) -> None:
    """Let filtered HNSW scans go on until they have enough rows, in every later session and in this one."""
    connection = connections[using]
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_extension WHERE extname = 'vector'")
        if cursor.fetchone():
            name = sql.Identifier(connection.settings_dict["NAME"])
            cursor.execute("SELECT '[0]'::vector")  # loads the library, which knows the setting
            cursor.execute(sql.SQL("ALTER DATABASE {} SET hnsw.iterative_scan = 'strict_order'").format(name))
            cursor.execute("SET hnsw.iterative_scan = 'strict_order'")


class SiteConfig(AppConfig):
    """Registers the Celery application for ``shared_task`` and prepares databases after migrating."""

    name = "dpe_site"
    default = True

    def ready(self) -> None:
        """Wire what must be in place before any task is sent or any query runs."""
        from dpe_site import celery  # noqa: F401

        post_migrate.connect(vector_scans_prepare, sender=apps.get_app_config("catalog"))
