"""Starting, stopping and looking at the embedded services from outside."""

import os
import select
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import psycopg2

from dpe_site.embedded.addresses import Addresses, addresses_read
from dpe_site.embedded.errors import ServiceError
from dpe_site.embedded.lock import lock_held
from dpe_site.embedded.process import die_with_parent, log_open
from dpe_site.embedded.valkey import valkey_answers
from dpe_site.environment import REPOSITORY

LOCK_NAME = "supervisor.lock"
READY_LINE = "ready"
_START_SECONDS = 180.0
_STOP_SECONDS = 90.0
_POLL_SECONDS = 0.1


@dataclass(frozen=True)
class Status:
    """What answers now."""

    supervised: bool
    postgres: bool
    broker: bool
    cache: bool

    @property
    def complete(self) -> bool:
        """Whether everything is up."""
        return self.supervised and self.postgres and self.broker and self.cache


@dataclass(frozen=True)
class Started:
    """Addresses of running services; ``supervisor`` is ours to wait for, or None when it ran before."""

    addresses: Addresses
    supervisor: subprocess.Popen[bytes] | None


def services_start(home: Path, *, durable: bool = True, detached: bool = True) -> Started:
    """Start the services of ``home`` unless they run, and return when all of them answer.

    Args:
        home: DPE_HOME.
        durable: False gives up safety after power cuts for speed.
        detached: False makes the services stop when the calling process dies, however it dies.

    Raises:
        ServiceError: why they did not start, with the cure.
    """
    end = time.monotonic() + _START_SECONDS
    supervisor = None
    while not (status := services_status(home)).complete:
        if time.monotonic() > end:
            raise ServiceError(f"The services of {home} do not answer: {status}. See {home}/logs.")
        if not status.supervised:  # nobody's yet, or that of a supervisor which has just been killed
            supervisor = _supervisor_spawn(home, durable=durable, detached=detached)
        time.sleep(_POLL_SECONDS)
    addresses = addresses_read(home)
    if addresses is None:
        raise ServiceError(f"The addresses in {home} vanished while the services ran. Stop and start them again.")
    return Started(addresses, supervisor if supervisor and supervisor.poll() is None else None)


def services_stop(home: Path) -> bool:
    """Stop the services of ``home`` and wait until they are gone; False when none ran.

    Raises:
        ServiceError: if they do not end.
    """
    lock = home / LOCK_NAME
    if not lock_held(lock):
        return False
    os.kill(int(lock.read_text()), signal.SIGTERM)
    end = time.monotonic() + _STOP_SECONDS
    while lock_held(lock):
        if time.monotonic() > end:
            raise ServiceError(f"The services of {home} did not stop in {_STOP_SECONDS:.0f} s; see {home}/logs.")
        time.sleep(_POLL_SECONDS)
    return True


def services_status(home: Path) -> Status:
    """Ask each server, and the supervisor's lock last: servers outlive a killed supervisor by a moment."""
    addresses = addresses_read(home)
    if addresses is None:
        return Status(lock_held(home / LOCK_NAME), postgres=False, broker=False, cache=False)
    postgres = _postgres_answers(addresses.database_url)
    broker = valkey_answers(addresses.redis_url)
    cache = valkey_answers(addresses.cache_url)
    return Status(lock_held(home / LOCK_NAME), postgres, broker, cache)


def _supervisor_spawn(home: Path, *, durable: bool, detached: bool) -> subprocess.Popen[bytes]:
    """Start a supervisor and wait until its services are up, or until it has left the field to another one."""
    home.mkdir(parents=True, exist_ok=True)
    listen, tell = os.pipe()
    log = log_open(home / "logs" / "services.log")
    command = [sys.executable, "-m", "dpe_site.embedded", str(home), "--tell", str(tell)]
    try:
        supervisor = subprocess.Popen(
            command if durable else [*command, "--fast"],
            cwd=REPOSITORY,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=[tell],
            start_new_session=True,
            preexec_fn=None if detached else die_with_parent(signal.SIGTERM),
        )
    finally:
        os.close(tell)
        os.close(log)
    with os.fdopen(listen, "rb") as pipe:
        heard, _, _ = select.select([pipe], [], [], _START_SECONDS)
        answer = pipe.read().decode() if heard else ""
    if answer != READY_LINE:
        supervisor.terminate()
        supervisor.wait()
        raise ServiceError(answer or f"The supervisor ended without a word; see {home}/logs/services.log.")
    return supervisor


def _postgres_answers(url: str) -> bool:
    try:
        psycopg2.connect(url, connect_timeout=2).close()
    except psycopg2.OperationalError:
        return False
    return True
