"""Facts of a shop up to a time, as immutable columns: the only input of training.

Left out, though never deleted: what ``users.learnable`` leaves out, what was taken back, draft items. What a guest did
counts for the shopper the guest turned out to be.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import numpy as np
from django.db import connection, transaction
from django.utils import timezone

from catalog.content import item_contents
from catalog.models import Shop
from catalog.moments import microseconds
from recommender.data.dwell import with_stays
from recommender.data.snapshot import ImpressionTable, InteractionTable, ItemTable, ShopperTable, Snapshot
from recommender.data.snapshot_files import snapshot_seal
from recommender.data.types import Ints, Section
from recommender.facts import snapshot_sql as sql
from recommender.facts.columns import Columns, columns_read
from recommender.facts.past_gathered import by_page, gathered_read, index_of
from recommender.facts.relations import relations_read
from users.kinds import Kind
from users.models import Shopper

CREDIT_DAYS = 7  # for so long an outcome counts for the page it came from
OUTCOMES = (Kind.CLICK, Kind.VIEW, Kind.CART, Kind.PURCHASE, Kind.DISLIKE)
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


def snapshot_take(shop: Shop, *, until: datetime | None = None, since: datetime | None = None) -> Snapshot:
    """Columns of everything that happened in ``shop``, read in one consistent view.

    Args:
        shop: whose facts.
        until: latest moment that counts; now where it is not given.
        since: earliest moment that counts; the beginning where it is not given.

    Returns:
        Snapshot with items by id, interactions by (shopper, time), impressions by (page, slot) or none.
    """
    until = until or timezone.now()
    parameters = _parameters(shop, until, since or BEGINNING)
    with _one_view():
        items = items_read(shop.pk, until)
        interactions, shopper_ids = _interactions(parameters, items.ids)
        impressions = _impressions(parameters, items.ids, shopper_ids)
        if impressions is not None:
            impressions = with_stays(impressions, interactions)
        shoppers = _shoppers(shop, parameters, shopper_ids)
        relations = relations_read(shop.pk, items.ids)
    return snapshot_seal(
        shop_id=shop.pk,
        until_us=microseconds(until),
        items=items,
        shoppers=shoppers,
        interactions=interactions,
        impressions=impressions,
        relations=relations,
    )


def doubtful_count(shop: Shop, *, until: datetime) -> int:
    """How many interactions up to ``until`` are not learnt from because they look like a bot's or a flood."""
    with connection.cursor() as cursor:
        cursor.execute(sql.DOUBTFUL, _parameters(shop, until, BEGINNING))
        return int(cursor.fetchone()[0])


def _parameters(shop: Shop, until: datetime, since: datetime) -> dict[str, Any]:
    return {
        "shop": shop.pk,
        "consent_required": shop.consent_required,
        "decided_by": until,
        "until": until,
        "since": since,
        "sections": [section.value for section in Section],
        "outcomes": [int(kind) for kind in OUTCOMES],
        "cart": int(Kind.CART),
        "purchase": int(Kind.PURCHASE),
        "dislike": int(Kind.DISLIKE),
        "credit": CREDIT_DAYS,
    }


@contextmanager
def _one_view() -> Iterator[None]:
    """All queries see the same moment; inside a caller's transaction that is the caller's view."""
    nested = connection.in_atomic_block
    with transaction.atomic():
        if not nested:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def items_read(shop_id: int, until: datetime, *, with_texts: bool = True) -> ItemTable:
    """All items of a shop that are neither drafts nor deleted and published by ``until``, by id."""
    parameters = {"shop": shop_id, "until": until}
    ids, department, category, brand, group, price, list_price, published, available = columns_read(
        "iiiiiiiib", sql.ITEMS, parameters
    )
    texts = item_contents(shop_id, ids.tolist()) if with_texts else {}
    return ItemTable(
        ids=ids,
        department=department,
        category=category,
        brand=brand,
        group=group,
        price_minor=price,
        list_price_minor=list_price,
        published_us=published,
        available=available,
        texts=tuple(texts.get(item, "") for item in ids.tolist()),
    )


def _interactions(parameters: dict[str, Any], item_ids: Ints) -> tuple[InteractionTable, Ints]:
    """The table and the shoppers in it; rows come in its order, so that they are kept once and never sorted here."""

    def narrow(columns: Columns) -> Columns:
        person, item, kind, at, quantity, session, order, value = columns
        index, known = index_of(item_ids, item)
        kept = (
            person,
            index,
            np.clip(kind, -128, 127).astype(np.int8),
            at,
            quantity,
            session,
            order,
            value.astype(np.float32),
        )
        return [column[known] for column in kept]

    person, index, kind, at, quantity, session, order, value = columns_read(
        "iiiiiiif", sql.INTERACTIONS, parameters, narrow
    )
    first = np.diff(person, prepend=-1) != 0
    shopper_ids = person[first]
    np.cumsum(first, out=person)
    person -= 1
    table = InteractionTable(person, index, kind, at, quantity, session, order, value)
    return table, shopper_ids


def _impressions(parameters: dict[str, Any], item_ids: Ints, shopper_ids: Ints) -> ImpressionTable | None:
    page, person, item, section, slot, propensity, at, clicked, carted, purchased, disliked = columns_read(
        "iiiiifibbbb", sql.SLOTS, parameters
    )
    index, known_item = index_of(item_ids, item)
    row, known_shopper = index_of(shopper_ids, person)
    keep = known_item & known_shopper
    if not keep.any():
        return None
    kept_pages, new_page = np.unique(page[keep], return_inverse=True)
    pool_start, pool_items = _pools(parameters, item_ids, kept_pages)
    gathered_start, gathered = gathered_read(parameters, item_ids, kept_pages)
    return ImpressionTable(
        page=new_page.astype(np.int64),
        shopper=row[keep],
        item=index[keep],
        section=section[keep],
        slot=slot[keep],
        propensity=propensity[keep].astype(np.float32),
        at_us=at[keep],
        clicked=clicked[keep],
        carted=carted[keep],
        purchased=purchased[keep],
        disliked=disliked[keep],
        pool_start=pool_start,
        pool_items=pool_items,
        pool_gathered_start=gathered_start,
        pool_gathered=gathered,
    )


def _shoppers(shop: Shop, parameters: dict[str, Any], shopper_ids: Ints) -> ShopperTable:
    """What a request by each of the shoppers would say of them: the same words under the same consent."""
    words = {name: _words_of(shop, name) for name in ("segment", "language")}
    asked = parameters | {f"{name}s": list(known) for name, known in words.items()}
    ids, segment, language = columns_read("iii", sql.SHOPPERS, asked)
    row, _ = index_of(ids, shopper_ids)
    return ShopperTable(shopper_ids, segment[row], language[row], words["segment"], words["language"])


def _words_of(shop: Shop, name: str) -> tuple[str, ...]:
    rows = Shopper.objects.of(shop).exclude(**{name: ""}).order_by(name)
    return tuple(rows.values_list(name, flat=True).distinct())


def _pools(parameters: dict[str, Any], item_ids: Ints, pages: Ints) -> tuple[Ints, Ints]:
    page, item = columns_read("ii", sql.POOLS, parameters)
    return by_page(pages, page, item_ids, item)
