"""What a web process does beside its visitors: open what serves, at its start and after each promotion.

Nobody waits for it: while a newly promoted bundle is being opened, the one before it goes on serving in this process.
"""

import logging
from threading import Event

from django.db import connection
from django.db.utils import DatabaseError

from recommender.store.live import bundles_open_ahead

logger = logging.getLogger(__name__)

LOOK_SECONDS = 3.0
"""How often the live pointers are looked at; so long a promotion may go unnoticed by a process."""


def bundles_keep_open(stop: Event) -> None:
    """Open what serves now, and what is promoted later, until ``stop`` is set."""
    while True:
        bundles_open()
        if stop.wait(LOOK_SECONDS):
            return


def bundles_open() -> None:
    """Open every shop's live bundle; without a database there is nothing to open, and pages say so louder than this."""
    try:
        bundles_open_ahead()
    except DatabaseError as error:
        logger.info("Nothing could be opened ahead of its first visitor: %s", error)
    finally:
        connection.close()
