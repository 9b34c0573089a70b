"""Writes to items: each change and the message that announces it are one transaction."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from catalog.content import content_hash, item_contents
from catalog.models import Item, ItemText, Shop, Tag
from catalog.outbox import outbox_add

TOPIC_CHANGED = "item.changed"
_PER_MESSAGE = 200
_HASHES_WRITE = """
UPDATE catalog_item i SET content_hash = new.hash, updated_at = %s
FROM unnest(%s::bigint[], %s::text[]) AS new (id, hash) WHERE i.id = new.id
"""


@dataclass(frozen=True)
class Words:
    """Title and description in one language."""

    title: str
    description: str = ""


@transaction.atomic
def item_create(
    *,
    shop: Shop,
    external_id: str,
    texts: Mapping[str, Words],
    published_at: datetime | None = None,
    tags: Collection[Tag] = (),
    **fields: Any,
) -> Item:
    """A new item with its texts by language; ``fields`` are further fields of ``Item``.

    Raises:
        ValidationError: a field is not acceptable, or the shop has this external id already.
    """
    item = Item(shop=shop, external_id=external_id, published_at=published_at or timezone.now(), **fields)
    item.full_clean()
    item.save()
    item.tags.set(tags)
    _texts_write(item, texts)
    items_changed(shop=shop, item_ids=[item.pk])
    item.refresh_from_db(fields=["content_hash"])
    return item


@transaction.atomic
def item_update(
    *, item: Item, texts: Mapping[str, Words] | None = None, tags: Collection[Tag] | None = None, **fields: Any
) -> Item:
    """Change fields, texts or tags; the embedding is renewed only if the words changed.

    Raises:
        ValidationError: a field is not acceptable.
        ValueError: ``fields`` names something an item does not have.
    """
    known = {field.name for field in Item._meta.get_fields()}
    if unknown := fields.keys() - known:
        raise ValueError(f"An item has no field {', '.join(sorted(unknown))}.")
    for name, value in fields.items():
        setattr(item, name, value)
    item.full_clean()
    item.save()
    if tags is not None:
        item.tags.set(tags)
    if texts is not None:
        _texts_write(item, texts)
    items_changed(shop=item.shop, item_ids=[item.pk])
    item.refresh_from_db(fields=["content_hash"])
    return item


def item_hide(*, item: Item) -> None:
    """Take an item off every page until it is shown again."""
    Item.objects.filter(pk=item.pk).update(status=Item.Status.HIDDEN, updated_at=timezone.now())


def item_show(*, item: Item) -> None:
    """Let a hidden or deleted item be shown again."""
    Item.objects.filter(pk=item.pk).update(status=Item.Status.ACTIVE, deleted_at=None, updated_at=timezone.now())


def item_delete(*, item: Item) -> None:
    """Take an item out of the shop. Its row stays: facts point to it."""
    now = timezone.now()
    Item.objects.filter(pk=item.pk).update(deleted_at=now, updated_at=now)


@transaction.atomic
def items_changed(*, shop: Shop, item_ids: Collection[int]) -> list[int]:
    """Renew the content hash of items and announce those whose words changed; for one item or a whole import.

    Call it in the transaction that wrote them. Topic ``item.changed``, payload ``{"item_ids": [...]}``.

    Returns: ids of the items whose words changed.
    """
    before = dict(Item.objects.of(shop).filter(pk__in=item_ids).values_list("pk", "content_hash"))
    hashes = {item: content_hash(text) for item, text in item_contents(shop.pk, item_ids).items()}
    changed = sorted(item for item, value in hashes.items() if before.get(item) != value)
    with connection.cursor() as cursor:
        cursor.execute(_HASHES_WRITE, [timezone.now(), changed, [hashes[item] for item in changed]])
    for part in _parts(changed, _PER_MESSAGE):
        outbox_add(shop=shop, topic=TOPIC_CHANGED, payload={"item_ids": part})
    return changed


def _texts_write(item: Item, texts: Mapping[str, Words]) -> None:
    rows = [
        ItemText(shop=item.shop, item=item, language=language, title=words.title, description=words.description)
        for language, words in texts.items()
    ]
    for row in rows:
        row.clean_fields()
    ItemText.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["item", "language"], update_fields=["title", "description"]
    )


def _parts(ids: Sequence[int], size: int) -> Iterator[list[int]]:
    rest = iter(ids)
    while part := list(islice(rest, size)):
        yield part
