"""A demo shop for the benchmark alone: its own DPE_HOME, its own Postgres and Valkeys, the processes of `make demo`."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.machine import busy_share
from benchmarks.memory import ProcessMemory, family_read
from dpe_site.demo.processes import logs, port_choose, services
from dpe_site.embedded.control import services_start, services_stop
from dpe_site.embedded.ports import HOST
from dpe_site.embedded.supervisor import Supervisor
from dpe_site.environment import REPOSITORY

SHOP = "demo"
_PREPARED = "benchmark.json"
_SERVICES_OF_OTHERS = ("DATABASE_URL", "REDIS_URL", "CACHE_URL", "DPE_ROLE", "DPE_WEB_WORKERS", "DPE_PORT")


@dataclass(frozen=True)
class Prepared:
    """How long it took to make the shop; kept in its home, because a second run finds it made."""

    load_seconds: float
    train_seconds: float
    busy_before_training: float  # share of the machine that was busy with other things
    date: str


@dataclass(frozen=True)
class Site:
    """A shop that is open."""

    home: Path
    port: int
    supervisor: Supervisor

    def memory(self) -> list[ProcessMemory]:
        """Every process of ours; Postgres and Valkey are not among them."""
        families = [family_read(child.service.name, child.process.pid) for child in self.supervisor.children]
        return [process for family in families for process in family]

    def late_sources(self) -> int:
        """How often a source of candidates was left out of a page because it was late."""
        log = logs(self.home) / "web.log"
        return log.read_text(errors="replace").count("was left out") if log.exists() else 0


def environment_set(home: Path) -> None:
    """Point this process and its children at ``home`` and nowhere else; before Django's settings are read."""
    for name in _SERVICES_OF_OTHERS:
        os.environ.pop(name, None)
    own = {"DPE_HOME": str(home), "DPE_BIND": HOST, "DJANGO_SETTINGS_MODULE": "dpe_site.settings.demo"}
    os.environ.update(own)


@contextmanager
def shop_home(kept: Path | str) -> Iterator[Path]:
    """Folder of the shop, to which this process is pointed: ``kept``, or without a name one that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="dpe-bench-", ignore_cleanup_errors=True) as scratch:
        Path(scratch).chmod(0o755)  # Postgres does not run as root and walks through it
        home = Path(kept or scratch).resolve()
        environment_set(home)
        yield home


@contextmanager
def services_running(home: Path) -> Iterator[None]:
    """Postgres and the Valkeys of ``home``; those that ran before are left running."""
    started = services_start(home, detached=False)
    try:
        yield
    finally:
        if started.supervisor is not None:
            services_stop(home)
            started.supervisor.wait()


def shop_prepared(home: Path) -> Prepared:
    """Migrate, load the demo shop and train its first bundle, with nothing else of ours running; once per home."""
    _manage("migrate", "--verbosity", "0")
    file = home / _PREPARED
    if not file.exists():
        load_seconds = _manage("load_demo")
        busy = busy_share(3)
        train_seconds = _manage("train", "--shop", SHOP)
        made = Prepared(load_seconds, train_seconds, busy, f"{datetime.now(UTC):%Y-%m-%d}")
        file.write_text(json.dumps(asdict(made)))
    return Prepared(**json.loads(file.read_text()))


@contextmanager
def site_open(home: Path, settings: str = "") -> Iterator[Site]:
    """Web server, workers and schedule exactly as `make demo` runs them, on a free port of this machine.

    Args:
        home: of the shop.
        settings: a module of settings instead of the demo's.
    """
    port = port_choose("")
    environment = {"DJANGO_SETTINGS_MODULE": settings} if settings else {}
    supervisor = Supervisor(home, services(port, {"DPE_SHOP": SHOP} | environment))
    try:
        supervisor.start()
        yield Site(home, port, supervisor)
    finally:
        supervisor.stop()


def _manage(*words: str) -> float:
    """Run a management command with its own progress on the terminal; returns the seconds it took, all included."""
    began = time.perf_counter()
    subprocess.run([sys.executable, "manage.py", *words], cwd=REPOSITORY, check=True)
    return time.perf_counter() - began
