"""Keeps a list of services running, and takes them along when it goes.

Two facts let it survive a ``kill -9`` of itself or of any child: a lock is held exactly as long as its process lives,
and children are told when their parent dies.
"""

import logging
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dpe_site.embedded import process
from dpe_site.embedded.errors import ServiceError
from dpe_site.embedded.process import Service

logger = logging.getLogger("dpe.services")

_POLL_SECONDS = 0.1
_START_SECONDS = 60.0
_RESTART_PAUSE_LIMIT_SECONDS = 5.0
_CALM_SECONDS = 30.0


@dataclass
class Child:
    """A running service and how often it has lately been restarted."""

    service: Service
    process: subprocess.Popen[bytes]
    started: float = field(default_factory=time.monotonic)
    restarts: int = 0


class Supervisor:
    """Starts services in order, restarts what dies, stops in reverse order."""

    def __init__(self, home: Path, services: Sequence[Service]) -> None:
        """Nothing is started yet; logs and locks go below ``home``."""
        self.home = home
        self.services = services
        self.children: list[Child] = []
        self.stopping = False

    def start(self) -> None:
        """Start one after the other, each when the one before it answers.

        Raises:
            ServiceError: naming the service that did not come up and its log.
        """
        for service in self.services:
            child = Child(service, process.spawn(service, home=self.home))
            self.children.append(child)
            self._wait_ready(child)

    def watch(self, meanwhile: Callable[[], None] = lambda: None) -> None:
        """Restart whatever dies, until told to stop or until the home directory is gone.

        Args:
            meanwhile: called at every turn, several times a second.
        """
        while not self.stopping and self.home.exists():
            meanwhile()
            for child in self.children:
                if child.process.poll() is not None and not self.stopping:
                    self._restart(child)
            time.sleep(_POLL_SECONDS)

    def stop(self) -> None:
        """End the services, last started first."""
        for child in reversed(self.children):
            process.terminate(child.process, child.service.stop_signal, patience_seconds=child.service.stop_seconds)

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
