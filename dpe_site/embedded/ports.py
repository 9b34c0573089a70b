"""Local ports: the one used before if it is free, else any free one that no outgoing connection can take."""

import random
import socket
from pathlib import Path

HOST = "127.0.0.1"

_OUTGOING = Path("/proc/sys/net/ipv4/ip_local_port_range")
_FIRST, _LAST = 15_000, 32_767  # of Linux' default settings: above what services are known by, below what goes out
_TRIES = 50


def is_free(port: int, host: str = HOST) -> bool:
    """Whether a server could listen on ``port`` now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def choose(preferred: int | None) -> int:
    """``preferred`` when free, else one that is.

    The system gives its own choice of ports to outgoing connections as well, so one of those could be taken between
    its choice and its use, and while a server is being restarted. They are the last resort.
    """
    if preferred and is_free(preferred):
        return preferred
    last = min(_LAST, _outgoing_first() - 1)
    for port in random.SystemRandom().sample(range(_FIRST, last + 1), min(_TRIES, max(last + 1 - _FIRST, 0))):
        if is_free(port):
            return port
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        given: int = probe.getsockname()[1]
    return given


def _outgoing_first() -> int:
    """Lowest port of outgoing connections; beyond all others where the system does not say."""
    return int(_OUTGOING.read_text().split()[0]) if _OUTGOING.exists() else _LAST + 1
