"""The processes of a shop on one machine, as the supervisor runs them."""

import os
import signal
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from dpe_site.embedded import ports
from dpe_site.embedded.errors import ServiceError
from dpe_site.embedded.process import Service

DEFAULT_PORT = 8000
_PORTS_TRIED = 50
_WORKER_OPTIONS = ["--without-gossip", "--without-mingle", "--loglevel", "INFO"]


def port_choose(wanted: str) -> int:
    """The port of DPE_PORT, or without one the first free port from 8000 on.

    Raises:
        ServiceError: if the port asked for is taken or no port.
    """
    if not wanted:
        return next((port for port in range(DEFAULT_PORT, DEFAULT_PORT + _PORTS_TRIED) if ports.is_free(port)), 0)
    if not wanted.isdecimal() or not 0 < int(wanted) < 65536:
        raise ServiceError(f"DPE_PORT={wanted} is not a port. Give a number from 1 to 65535, or leave it out.")
    if not ports.is_free(int(wanted)):
        raise ServiceError(f"Port {wanted} is taken. Stop what listens there, or set DPE_PORT to another, or to none.")
    return int(wanted)


def services(port: int, environment: dict[str, str]) -> list[Service]:
    """Web, the two workers and the schedule, in the order they start."""
    host = os.environ.get("DPE_BIND", ports.HOST)
    web = [sys.executable, "-m", "gunicorn", "dpe_site.wsgi", "--config", "dpe_site/gunicorn.py"]
    serving = environment | {"OMP_NUM_THREADS": "1"}
    return [
        Service(
            name="web",
            command=[*web, "--bind", f"{host}:{port}"],
            environment=serving | {"DPE_ROLE": "web"},
            ready=answers(f"http://{ports.HOST}:{port}/healthz"),
            stop_seconds=15,
        ),
        _worker("default", ["--pool", "prefork", "--concurrency", "2"], serving, stop_seconds=10),
        # Training stops at once and goes on from its last step next time.
        _worker("train", [], environment, stop_seconds=1),
        Service(
            name="beat",
            command=[*_celery(), "beat", "--loglevel", "INFO", "--pidfile="],
            environment=serving | {"DPE_ROLE": "beat"},
            ready=lambda: True,
            is_yielding=True,
            stop_seconds=5,
        ),
    ]


def answers(url: str) -> Callable[[], bool]:
    """Function that tells whether ``url`` answers with a success."""

    def ask() -> bool:
        try:
            with urllib.request.urlopen(url, timeout=2) as response:  # noqa: S310 an address of our own
                return bool(response.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    return ask


def _celery() -> list[str]:
    return [sys.executable, "-m", "celery", "-A", "dpe_site.celery"]


def _worker(queue: str, pool: list[str], environment: dict[str, str], *, stop_seconds: float) -> Service:
    return Service(
        name=f"worker-{queue}",
        command=[
            *_celery(),
            "worker",
            "--queues",
            queue,
            "--hostname",
            f"{queue}@%h",
            *pool,
            *_WORKER_OPTIONS,
        ],
        environment=environment | {"DPE_ROLE": queue},
        ready=lambda: True,
        is_yielding=True,  # a shopper who waits goes before work that nobody waits for
        stop_signal=signal.SIGQUIT if queue == "train" else signal.SIGTERM,
        stop_seconds=stop_seconds,
        # Tasks are resumed or repeated, so an orphan need not finish them. A training may compute for minutes before
        # it hears anything but this, and a worker that is only starting may lose any other signal.
        orphan_signal=signal.SIGKILL,
    )


def logs(home: Path) -> Path:
    """Folder of the processes' logs."""
    return home / "logs"
