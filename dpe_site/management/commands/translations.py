"""`manage.py translations [--check]`: message catalogues into the form the site reads."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from dpe_site.translations import compiled, stale


class Command(BaseCommand):
    """Compiles what is stale, or only says so."""

    help = "Compile the message catalogues in locale/ (no gettext tools needed)."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """One switch."""
        parser.add_argument("--check", action="store_true", help="fail if a compiled catalogue is not up to date")

    def handle(self, *, check: bool, **_: Any) -> None:
        """Do it."""
        for source in [source for folder in settings.LOCALE_PATHS for source in stale(Path(folder))]:
            if check:
                raise CommandError(f"{source} was changed and not compiled. Run `manage.py translations`.")
            source.with_suffix(".mo").write_bytes(compiled(source.read_text("utf-8")))
            self.stdout.write(f"Compiled {source}.")
