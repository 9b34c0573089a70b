"""Interactions of a file into their partitioned table, in bulk, under ids that make a second run change nothing."""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache

from catalog.copying import copy_new_rows
from catalog.ids import uuid7_text
from catalog.models import Shop
from catalog.partitioning import month_partitions_ensure
from recommender.data.formats.records import Batch
from users.models import Interaction, Shopper

_COLUMNS = (
    "id", "shop_id", "shopper_id", "item_id", "kind", "occurred_at", "received_at", "quantity", "price_minor",
    "currency", "order", "session", "surface", "value", "consent_version",
)  # fmt: skip


def shoppers_load(*, shop: Shop, keys: set[str], at: datetime) -> dict[str, int]:
    """Shoppers by the file's user ids, made where they are missing.

    Returns: external id → shopper id.
    """
    Shopper.objects.bulk_create(
        [Shopper(shop=shop, external_id=key, created_at=at) for key in sorted(keys)],
        batch_size=5_000,
        ignore_conflicts=True,
    )
    return dict(Shopper.objects.of(shop).filter(external_id__in=keys).values_list("external_id", "id"))


def interactions_load(
    *, shop: Shop, batch: Batch, source: str, shoppers: dict[str, int], items: dict[str, int], received: datetime
) -> int:
    """Write a batch; rows that are there already are left alone.

    Args:
        shop: whose facts they become.
        batch: records as columns; times in microseconds UTC, prices in minor units.
        source: name of the data set; with a record's key it makes the record's id.
        shoppers: shopper id by the file's user id; every user of the batch is in it.
        items: item id by the file's item id; every item of the batch is in it.
        received: when the run began that writes them.
    Returns: how many rows were new.
    """
    if not len(batch):
        return 0
    month_partitions_ensure(Interaction._meta.db_table, _datetime(min(batch.at_us)), _datetime(max(batch.at_us)))
    return copy_new_rows(Interaction._meta.db_table, _COLUMNS, _rows(shop, batch, source, shoppers, items, received))


def _rows(
    shop: Shop, batch: Batch, source: str, shoppers: dict[str, int], items: dict[str, int], received: datetime
) -> Iterator[tuple[object, ...]]:
    received_text = received.isoformat()
    salt = f"{shop.pk}\x1f{source}\x1f".encode()
    columns = zip(
        batch.shopper, batch.item, batch.kind, batch.at_us, batch.quantity, batch.price_minor, batch.order, batch.value,
        batch.key, strict=True,
    )  # fmt: skip
    for shopper, item, kind, at_us, quantity, price, order, value, key in columns:
        currency = batch.currency if price is not None else ""
        yield (
            record_id(at_us, salt, key), shop.pk, shoppers[shopper], items[item], int(kind), _timestamp(at_us),
            received_text, quantity, price, currency, order, order, "", value, 0,
        )  # fmt: skip


def record_id(at_us: int, salt: bytes, key: str) -> str:
    """The record's id from its time, source and key: the same record has the same id in every run."""
    return uuid7_text(at_us // 1000, hashlib.blake2b(salt + key.encode(), digest_size=10).hexdigest())


@lru_cache(maxsize=65_536)
def _timestamp(at_us: int) -> str:
    return f"{_datetime(at_us):%Y-%m-%d %H:%M:%S.%f+00}"


def _datetime(at_us: int) -> datetime:
    return datetime.fromtimestamp(at_us / 1e6, tz=UTC)
