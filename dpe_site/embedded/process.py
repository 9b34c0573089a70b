"""Child processes that never outlive their parent."""

import contextlib
import ctypes
import os
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dpe_site.embedded.errors import ServiceError
from dpe_site.embedded.lock import lock_wait

_LIBC = ctypes.CDLL(None, use_errno=True)
_PR_SET_PDEATHSIG = 1
_AUTOGROUP = Path("/proc/self/autogroup")
_YIELDING_NICE = 10
_LOG_LIMIT_BYTES = 10 * 1024 * 1024


@dataclass(frozen=True)
class Service:
    """One server process: how it is started, stopped and asked whether it answers."""

    name: str
    command: Sequence[str]
    ready: Callable[[], bool]
    stop_signal: signal.Signals = signal.SIGTERM
    stop_seconds: float = 30.0
    orphan_signal: signal.Signals | None = None  # sent when the parent dies, which waits for nobody; else stop_signal
    is_yielding: bool = False  # goes after everything else where processors are short
    environment: Mapping[str, str] = field(default_factory=dict)
    prepare: Callable[[], None] = lambda: None
    provision: Callable[[], None] = lambda: None


def die_with_parent(stop_signal: signal.Signals) -> Callable[[], None]:
    """Function for the child to run before its program: be sent ``stop_signal`` when the parent dies."""
    parent = os.getpid()

    def bind() -> None:
        end_with_parent(stop_signal)
        if os.getppid() != parent:  # it died in between
            os._exit(1)

    return bind


def end_with_parent(stop_signal: signal.Signals) -> None:
    """Let this process be sent ``stop_signal`` when the one that started it dies."""
    _LIBC.prctl(_PR_SET_PDEATHSIG, int(stop_signal), 0, 0, 0)


def give_way() -> None:
    """Let this process and its children go after everything else on the machine.

    Where Linux shares processors by session first (autogroups), niceness counts within a session alone, so the session,
    which is this process's own, has to yield as well.
    """
    os.nice(_YIELDING_NICE)
    with contextlib.suppress(OSError):  # a kernel without autogroups
        _AUTOGROUP.write_text(str(_YIELDING_NICE))


def log_open(file: Path) -> int:
    """Descriptor to append to ``file``; one that grew too long is set aside first."""
    file.parent.mkdir(parents=True, exist_ok=True)
    if file.exists() and file.stat().st_size > _LOG_LIMIT_BYTES:
        file.replace(file.with_suffix(".log.1"))
    return os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)


def spawn(service: Service, *, home: Path, patience_seconds: float = 60) -> subprocess.Popen[bytes]:
    """Start a service once its predecessor is gone.

    The child and everything it forks inherit a lock, so a server that outlived a killed supervisor is noticed and
    waited for, and never runs beside its successor on the same files.

    Raises:
        ServiceError: if the predecessor does not end within ``patience_seconds``.
    """
    lock = lock_wait(home / "run" / f"{service.name}.lock", patience_seconds)
    if lock is None:
        raise ServiceError(
            f"An earlier {service.name} of {home} is still running after {patience_seconds:.0f} s. "
            f"Find it with `fuser {home}/run/{service.name}.lock` and end it."
        )
    log = log_open(home / "logs" / f"{service.name}.log")
    bound = die_with_parent(service.orphan_signal or service.stop_signal)

    def begin() -> None:
        bound()
        if service.is_yielding:
            give_way()

    try:
        service.prepare()
        return subprocess.Popen(
            list(service.command),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env={**os.environ, **service.environment},
            pass_fds=[lock],
            start_new_session=True,
            preexec_fn=begin,
        )
    finally:
        os.close(log)
        os.close(lock)


def terminate(process: subprocess.Popen[bytes], stop_signal: signal.Signals, *, patience_seconds: float) -> None:
    """Ask a child to end, and kill it when it takes too long."""
    if process.poll() is not None:
        return
    process.send_signal(stop_signal)
    try:
        process.wait(patience_seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
