"""The detached supervisor of Postgres and the two Valkeys: ``python -m dpe_site.embedded HOME --tell DESCRIPTOR``."""

import argparse
import logging
import os
import signal
import sys
from dataclasses import asdict
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from dpe_site.embedded import ports
from dpe_site.embedded.addresses import Addresses, addresses_read, addresses_write
from dpe_site.embedded.control import LOCK_NAME, READY_LINE
from dpe_site.embedded.errors import ServiceError
from dpe_site.embedded.lock import lock_try
from dpe_site.embedded.postgres import Postgres
from dpe_site.embedded.supervisor import Supervisor
from dpe_site.embedded.valkey import BROKER, CACHE, Valkey

logger = logging.getLogger("dpe.services")


def port_in(url: str) -> int | None:
    """Port of an address, also where Postgres' socket form keeps it."""
    parts = urlsplit(url)
    query = parse_qs(parts.query).get("port")
    return int(query[0]) if query else parts.port


def servers(home: Path, *, durable: bool) -> tuple[Postgres, Valkey, Valkey]:
    """The three servers, on the ports of last time where these are free."""
    last = addresses_read(home)
    before = {name: port_in(url) for name, url in asdict(last).items()} if last else {}
    return (
        Postgres(home, ports.choose(before.get("database_url")), durable=durable),
        Valkey("broker", home, ports.choose(before.get("redis_url")), BROKER),
        Valkey("cache", home, ports.choose(before.get("cache_url")), CACHE),
    )


def supervise(home: Path, *, durable: bool, tell: int) -> int:
    """Run until stopped; one line on descriptor ``tell`` says ``ready`` or why not.

    Returns: exit status.
    """
    lock = lock_try(home / LOCK_NAME)
    if lock is None:
        os.write(tell, READY_LINE.encode())  # another one supervises; the caller waits for its services
        return 0
    os.ftruncate(lock, 0)
    os.write(lock, str(os.getpid()).encode())
    supervisor = Supervisor(home, [])
    try:
        postgres, broker, cache = servers(home, durable=durable)
        supervisor.services = [postgres.service(), broker.service(), cache.service()]
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, supervisor.ask_to_stop)
        supervisor.start()
        addresses_write(home, Addresses(postgres.url, broker.url, cache.url))
        os.write(tell, READY_LINE.encode())
        os.dup2(os.open(os.devnull, os.O_WRONLY), tell)  # the caller reads until we let go
        supervisor.watch()
    except (ServiceError, OSError) as error:
        logger.error("%s", error)
        os.write(tell, str(error).encode())
        return 1
    finally:
        supervisor.stop()
    return 0


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description="Supervise the embedded Postgres and Valkeys of one DPE_HOME.")
    parser.add_argument("home", type=Path)
    parser.add_argument("--tell", type=int, required=True, help="descriptor to report readiness on")
    parser.add_argument("--fast", action="store_true", help="do not survive power cuts; for tests")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    return supervise(arguments.home, durable=not arguments.fast, tell=arguments.tell)


if __name__ == "__main__":
    sys.exit(main())
