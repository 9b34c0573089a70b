"""Interactions of a file into their partitioned table, in bulk, under ids that make a second run change nothing."""

import hashlib
from collections.abc import Iterable
from datetime import datetime

import numpy as np

from catalog.copying import copy_new_columns, copy_text
from catalog.ids import uuid7_text
from catalog.models import Shop
from catalog.moments import moment_of
from catalog.partitioning import month_partitions_ensure
from recommender.data.formats.records import Batch
from users.models import Interaction, Shopper


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
    month_partitions_ensure(Interaction._meta.db_table, moment_of(min(batch.at_us)), moment_of(max(batch.at_us)))
    columns = _columns(batch, f"{shop.pk}\x1f{source}\x1f".encode(), shoppers, items)
    same: dict[str, str | int | datetime] = {
        "shop_id": shop.pk,
        "received_at": received,
        "surface": "",
        "consent_version": 0,
    }
    return copy_new_columns(Interaction._meta.db_table, columns, same)


def _columns(batch: Batch, salt: bytes, shoppers: dict[str, int], items: dict[str, int]) -> dict[str, Iterable[str]]:
    """The batch in COPY's text form; an order is its own session."""
    orders = list(map(copy_text, batch.order))
    return {
        "id": [record_id(at_us, salt, key) for at_us, key in zip(batch.at_us, batch.key, strict=True)],
        "shopper_id": [str(shoppers[key]) for key in batch.shopper],
        "item_id": [str(items[key]) for key in batch.item],
        "kind": [str(int(kind)) for kind in batch.kind],
        "occurred_at": _timestamps(batch.at_us),
        "quantity": map(str, batch.quantity),
        "price_minor": map(copy_text, batch.price_minor),
        "currency": ["" if price is None else batch.currency for price in batch.price_minor],
        "order": orders,
        "session": orders,
        "value": map(copy_text, batch.value),
    }


def record_id(at_us: int, salt: bytes, key: str) -> str:
    """The record's id from its time, source and key: the same record has the same id in every run."""
    return uuid7_text(at_us // 1000, hashlib.blake2b(salt + key.encode(), digest_size=10).hexdigest())


def _timestamps(at_us: list[int]) -> list[str]:
    moments = np.asarray(at_us, dtype="datetime64[us]")  # (n,)
    return np.datetime_as_string(moments, timezone="UTC").tolist()  # type: ignore[no-any-return]
