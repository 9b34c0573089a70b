"""What a new web process does before its first visitor: open what serves, so that nobody waits for it."""

import logging

from django.db import connection
from django.db.utils import DatabaseError

from recommender.models import Live
from recommender.store.live import serving_read

logger = logging.getLogger(__name__)


def bundles_open() -> None:
    """Read every shop's live bundle and open its networks; without a database there is nothing to open."""
    try:
        for shop_id in Live.objects.values_list("shop_id", flat=True):
            bundle = serving_read(shop_id).bundle
            if bundle is not None:
                bundle.networks_open()
                _ = bundle.arrays.text_whitened
    except DatabaseError as error:
        logger.warning("Nothing was opened ahead of the first visitor: %s", error)
    finally:
        connection.close()
