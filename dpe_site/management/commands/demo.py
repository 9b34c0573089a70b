"""`manage.py demo`: a whole shop on this machine until Ctrl-C."""

import os
import signal
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console

from catalog.models import Shop
from dpe_site.demo import loading, processes
from dpe_site.demo.progress import JobBoard
from dpe_site.embedded.control import Started, services_start, services_stop
from dpe_site.embedded.errors import ServiceError
from dpe_site.embedded.supervisor import Supervisor
from recommender.data.types import DataError


class Command(BaseCommand):
    """Services, tables, a shop, web, workers, schedule, the first training; and all of it gone again on Ctrl-C."""

    help = "Run a shop on this machine: the generated one, or a data set of yours (--data PATH --format NAME)."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """A data set instead of the generated shop."""
        parser.add_argument("--data", type=Path, help="data set to load instead of the generated shop")
        parser.add_argument("--format", default="", help="its format, as import_dataset names it")

    def handle(self, *, data: Path | None, format: str, **_: Any) -> None:
        """Run until interrupted."""
        if bool(data) != bool(format):
            raise CommandError("Give both --data PATH and --format NAME (make demo DATA=path FORMAT=name), or neither.")
        source = loading.Source(data, format)
        try:
            source.check()
        except DataError as error:
            raise CommandError(f"{error}.") from error
        console = Console()
        home = Path(settings.DPE_HOME)
        for name in (signal.SIGINT, signal.SIGTERM):  # also where a shell started us with Ctrl-C ignored
            signal.signal(name, signal.default_int_handler)
        started: Started | None = None
        try:
            port = processes.port_choose(os.environ.get("DPE_PORT", ""))
            started = self._services(home, console)
            self._run(source, port, home, console)
        except ServiceError as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt:
            console.print("Stopping …")
        finally:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            if started is not None and started.supervisor is not None:
                services_stop(home)
                started.supervisor.wait()
            signal.signal(signal.SIGINT, signal.default_int_handler)

    def _services(self, home: Path, console: Console) -> Started | None:
        if not settings.DPE_EMBEDDED:
            return None
        console.print(f"Starting Postgres and Valkey in {home} …")
        started = services_start(home, detached=False)
        loading.database_use(started.addresses)
        return started

    def _run(self, source: loading.Source, port: int, home: Path, console: Console) -> None:
        loading.tables_prepare(console)
        shop = loading.shop_load(source, console)
        loading.logins_make(shop)
        supervisor = Supervisor(home, processes.services(port, {"DPE_SHOP": shop.code}))
        board = JobBoard(console)
        try:
            console.print("Starting the web server, the workers and the schedule …")
            supervisor.start()
            self._invite(port, shop, home, console)
            loading.training_ask(shop, console)
            supervisor.watch(board.turn)
        finally:
            with suppress(ValueError):
                signal.signal(signal.SIGINT, signal.SIG_IGN)
            board.close()
            supervisor.stop()

    def _invite(self, port: int, shop: Shop, home: Path, console: Console) -> None:
        if port != processes.DEFAULT_PORT and not os.environ.get("DPE_PORT"):
            console.print(f"Port {processes.DEFAULT_PORT} is taken; using {port}.")
        address = f"http://127.0.0.1:{port}"
        console.print()
        console.print(f"  {shop.name} is open: [link={address}/]{address}/[/link]", highlight=False)
        for who, login, path in (("shopper", loading.SHOPPER, "/login/"), ("staff", loading.STAFF, "/admin/")):
            console.print(f"  {who:<9}{login.name} / {login.password}   {address}{path}", highlight=False)
        console.print(f"  logs     {processes.logs(home)}", highlight=False)
        console.print("  Ctrl-C stops everything; what was learned is kept.\n")
