"""`manage.py services start|stop|status`: the embedded Postgres and Valkeys alone."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from dpe_site.embedded.control import services_start, services_status, services_stop
from dpe_site.embedded.errors import ServiceError


class Command(BaseCommand):
    """Drives the services of this DPE_HOME."""

    help = "Start, stop or look at the embedded Postgres, broker and cache of DPE_HOME."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """One word says what to do."""
        parser.add_argument("action", choices=["start", "stop", "status"])

    def handle(self, *, action: str, **_: Any) -> None:
        """Do it and say what came of it."""
        home = Path(settings.DPE_HOME)
        try:
            getattr(self, f"_{action}")(home)
        except ServiceError as error:
            raise CommandError(str(error)) from error

    def _start(self, home: Path) -> None:
        started = services_start(home)
        self.stdout.write(f"Services of {home} are {'up' if started.supervisor else 'already up'}.")

    def _stop(self, home: Path) -> None:
        self.stdout.write(f"Services of {home} {'are stopped' if services_stop(home) else 'did not run'}.")

    def _status(self, home: Path) -> None:
        status = services_status(home)
        for name in ("supervised", "postgres", "broker", "cache"):
            self.stdout.write(f"{name:<11}{'yes' if getattr(status, name) else 'no'}")
        if not status.complete:
            raise CommandError(f"Not everything runs in {home}. Start it with `manage.py services start`.")
