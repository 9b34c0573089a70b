"""Keeps one Postgres and two Valkeys running for one DPE_HOME, and takes them along when it goes.

Two facts let it survive a ``kill -9`` of itself or of any child: a lock is held exactly as long as its process lives,
and children are told when their parent dies.
"""

import argparse
import logging
import os
import signal
import subprocess
import sys
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from dpe_site.embedded import ports, process
from dpe_site.embedded.addresses import Addresses, addresses_read, addresses_write
from dpe_site.embedded.errors import ServiceError
from dpe_site.embedded.lock import lock_try
from dpe_site.embedded.postgres import Postgres
from dpe_site.embedded.process import Service
from dpe_site.embedded.valkey import BROKER, CACHE, Valkey

logger = logging.getLogger("dpe.services")

LOCK_NAME = "supervisor.lock"
READY_LINE = "ready"
_POLL_SECONDS = 0.1
_START_SECONDS = 60.0
_STOP_SECONDS = 30.0
_RESTART_PAUSE_LIMIT_SECONDS = 5.0
_CALM_SECONDS = 30.0


@dataclass
class Child:
    """A running service and how often it has lately been restarted."""

    service: Service
    process: subprocess.Popen[bytes]
    started: float = field(default_factory=time.monotonic)
    restarts: int = 0


def _port(url: str) -> int | None:
    parts = urlsplit(url)
    query = parse_qs(parts.query).get("port")
    return int(query[0]) if query else parts.port


class Supervisor:
    """Starts the three services in order, restarts what dies, stops in reverse order."""

    def __init__(self, home: Path, *, durable: bool = True) -> None:
        """Choose the ports, those of last time if they are free; nothing is started yet."""
        last = addresses_read(home)
        last_ports = {name: _port(url) for name, url in asdict(last).items()} if last else {}
        self.home = home
        self.children: list[Child] = []
        self.stopping = False
        postgres = Postgres(home, ports.choose(last_ports.get("database_url")), durable=durable)
        broker = Valkey("broker", home, ports.choose(last_ports.get("redis_url")), BROKER)
        cache = Valkey("cache", home, ports.choose(last_ports.get("cache_url")), CACHE)
        self.services = [postgres.service(), broker.service(), cache.service()]
        self.addresses = Addresses(postgres.url, broker.url, cache.url)

    def start(self) -> None:
        """Start everything and wait until everything answers.

        Raises:
            ServiceError: naming the service that did not come up and its log.
        """
        for service in self.services:
            self.children.append(Child(service, process.spawn(service, home=self.home)))
        for child in self.children:
            self._wait_ready(child)
        addresses_write(self.home, self.addresses)

    def watch(self) -> None:
        """Restart whatever dies, until told to stop or until the home directory is gone."""
        while not self.stopping and self.home.exists():
            for child in self.children:
                if child.process.poll() is not None and not self.stopping:
                    self._restart(child)
            time.sleep(_POLL_SECONDS)

    def stop(self) -> None:
        """End the services, last started first."""
        for child in reversed(self.children):
            process.terminate(child.process, child.service.stop_signal, patience_seconds=_STOP_SECONDS)

    def ask_to_stop(self, *_: object) -> None:
        """Signal handler: leave ``watch`` at the next turn."""
        self.stopping = True

    def _wait_ready(self, child: Child) -> None:
        end = time.monotonic() + _START_SECONDS
        while not child.service.ready():
            if self.stopping:
                return
            ended = child.process.poll()
            if ended is not None or time.monotonic() > end:
                log = self.home / "logs" / f"{child.service.name}.log"
                why = f"ended with status {ended}" if ended is not None else f"did not answer in {_START_SECONDS:.0f} s"
                raise ServiceError(f"{child.service.name} {why}. Its last words in {log}:\n{_tail(log)}")
            time.sleep(_POLL_SECONDS)
        child.service.provision()

    def _restart(self, child: Child) -> None:
        lived = time.monotonic() - child.started
        child.restarts = 0 if lived > _CALM_SECONDS else child.restarts + 1
        status = child.process.returncode
        logger.warning("%s ended with status %s after %.0f s; starting it again", child.service.name, status, lived)
        time.sleep(min(0.1 * 2**child.restarts, _RESTART_PAUSE_LIMIT_SECONDS))
        child.started = time.monotonic()
        try:
            child.process = process.spawn(child.service, home=self.home)
            self._wait_ready(child)
        except (ServiceError, OSError) as error:
            logger.error("%s", error)


def _tail(log: Path, lines: int = 12) -> str:
    if not log.exists():
        return "(nothing)"
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])


def supervise(home: Path, *, durable: bool, tell: int) -> int:
    """Run until stopped; one line on descriptor ``tell`` says ``ready`` or why not.

    Returns: exit status.
    """
    lock = lock_try(home / LOCK_NAME)
    if lock is None:
        os.write(tell, READY_LINE.encode())  # another one supervises; the caller waits for its addresses
        return 0
    os.ftruncate(lock, 0)
    os.write(lock, str(os.getpid()).encode())
    supervisor = None
    try:
        supervisor = Supervisor(home, durable=durable)
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, supervisor.ask_to_stop)
        supervisor.start()
        os.write(tell, READY_LINE.encode())
        os.dup2(os.open(os.devnull, os.O_WRONLY), tell)  # the caller reads until we let go
        supervisor.watch()
    except (ServiceError, OSError) as error:
        logger.error("%s", error)
        os.write(tell, str(error).encode())
        return 1
    finally:
        if supervisor is not None:
            supervisor.stop()
    return 0


def main() -> int:
    """Command line of the detached supervisor."""
    parser = argparse.ArgumentParser(description="Supervise the embedded Postgres and Valkeys of one DPE_HOME.")
    parser.add_argument("home", type=Path)
    parser.add_argument("--tell", type=int, required=True, help="descriptor to report readiness on")
    parser.add_argument("--fast", action="store_true", help="do not survive power cuts; for tests")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    return supervise(arguments.home, durable=not arguments.fast, tell=arguments.tell)


if __name__ == "__main__":
    sys.exit(main())
