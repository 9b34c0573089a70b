"""Items of a file into the catalogue, in bulk: what is there already keeps its id and gets the file's facts."""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TypeVar

from django.utils.text import slugify

from catalog.content import content_hash, content_text
from catalog.items import items_changed
from catalog.models import Brand, Category, Item, ItemText, Relation, Shop, Tag
from catalog.moments import moment_of
from recommender.data.formats.records import ItemRecord

_ITEM_FIELDS = ("domain", "brand", "category", "department", "price_minor", "currency", "attributes")
_CHUNK = 2_000

Key = TypeVar("Key")


def items_load(*, shop: Shop, records: Iterable[ItemRecord], at: datetime) -> dict[str, int]:
    """Write items with their brand, categories, tags and text.

    Args:
        shop: whose items.
        records: the file's items; one whose words and price are unchanged is not written again.
        at: publication time of items that do not say theirs.
    Returns: external id → item id, of these items.
    """
    wanted = {record.external_id: record for record in records}
    there = Item.objects.of(shop).filter(external_id__in=wanted)
    known = {
        key: (words, price) for key, words, price in there.values_list("external_id", "content_hash", "price_minor")
    }
    changed = [record for key, record in wanted.items() if known.get(key) != (_words_hash(record), record.price_minor)]
    if changed:
        _items_write(shop, changed, at)
    return dict(Item.objects.of(shop).filter(external_id__in=wanted).values_list("external_id", "id"))


def _words_hash(record: ItemRecord) -> str:
    return content_hash(
        content_text(
            title=record.title[:500],
            description=record.description,
            category=record.category or record.department,
            brand=record.brand,
            tags=", ".join(sorted(record.tags)),
        )
    )


def _items_write(shop: Shop, records: list[ItemRecord], at: datetime) -> None:
    brands = _brands(shop, {record.brand for record in records if record.brand})
    departments, categories = _categories(shop, records)
    items = [_item(shop, record, brands, departments, categories, at) for record in records]
    Item.objects.bulk_create(
        items,
        batch_size=_CHUNK,
        update_conflicts=True,
        unique_fields=["shop", "external_id"],
        update_fields=[*_ITEM_FIELDS, "updated_at"],
    )
    ids = dict(
        Item.objects.of(shop).filter(external_id__in=[r.external_id for r in records]).values_list("external_id", "id")
    )
    ItemText.objects.bulk_create(
        [
            ItemText(
                shop=shop,
                item_id=ids[record.external_id],
                language=record.language,
                title=record.title[:500],
                description=record.description,
            )
            for record in records
        ],
        batch_size=_CHUNK,
        update_conflicts=True,
        unique_fields=["item", "language"],
        update_fields=["title", "description"],
    )
    _tags_write(shop, records, ids)
    items_changed(shop=shop, item_ids=sorted(ids.values()))


def _item(
    shop: Shop,
    record: ItemRecord,
    brands: dict[str, int],
    departments: dict[str, int],
    categories: dict[tuple[str, str], int],
    at: datetime,
) -> Item:
    published = at if record.published_us is None else moment_of(record.published_us)
    return Item(
        shop=shop,
        external_id=record.external_id,
        domain=record.domain,
        brand_id=brands.get(record.brand),
        department_id=departments.get(record.department),
        category_id=categories.get((record.department, record.category), departments.get(record.department)),
        price_minor=record.price_minor,
        currency=record.currency or (shop.currency if record.price_minor is not None else ""),
        attributes=record.attributes,
        published_at=published,
        updated_at=at,
    )


def _brands(shop: Shop, names: set[str]) -> dict[str, int]:
    Brand.objects.bulk_create([Brand(shop=shop, name=name) for name in sorted(names)], ignore_conflicts=True)
    return dict(Brand.objects.of(shop).filter(name__in=names).values_list("name", "id"))


def _categories(shop: Shop, records: list[ItemRecord]) -> tuple[dict[str, int], dict[tuple[str, str], int]]:
    """Ids of departments by name, and of categories by (department, name)."""
    names = sorted({record.department for record in records if record.department})
    departments = _category_rows(shop, {name: (_slug(name), name, None) for name in names})
    pairs = sorted({(r.department, r.category) for r in records if r.department and r.category})
    rows = {pair: (_slug(" ".join(pair)), pair[1], departments[pair[0]]) for pair in pairs}
    return departments, _category_rows(shop, rows)


def _category_rows(shop: Shop, wanted: Mapping[Key, tuple[str, str, int | None]]) -> dict[Key, int]:
    Category.objects.bulk_create(
        [Category(shop=shop, slug=slug, name=name, parent_id=parent) for slug, name, parent in wanted.values()],
        ignore_conflicts=True,
    )
    ids = dict(
        Category.objects.of(shop).filter(slug__in=[slug for slug, _, _ in wanted.values()]).values_list("slug", "id")
    )
    return {key: ids[slug] for key, (slug, _, _) in wanted.items()}


def _slug(name: str) -> str:
    return slugify(name, allow_unicode=True)[:110] or hashlib.sha256(name.encode()).hexdigest()[:16]


def _tags_write(shop: Shop, records: list[ItemRecord], ids: dict[str, int]) -> None:
    names = sorted({tag for record in records for tag in record.tags})
    Tag.objects.bulk_create([Tag(shop=shop, name=name) for name in names], ignore_conflicts=True)
    tags = dict(Tag.objects.of(shop).filter(name__in=names).values_list("name", "id"))
    through = Item.tags.through
    pairs = {(ids[record.external_id], tags[tag]) for record in records for tag in record.tags}
    through.objects.bulk_create(
        [through(item_id=item, tag_id=tag) for item, tag in sorted(pairs)], batch_size=5 * _CHUNK, ignore_conflicts=True
    )


def relations_load(*, shop: Shop, relations: list[tuple[str, str, str]], ids: dict[str, int]) -> None:
    """Write typed edges whose two items are known."""
    Relation.objects.bulk_create(
        [
            Relation(shop=shop, source_id=ids[source], kind=slugify(kind)[:60] or "related", target_id=ids[target])
            for source, kind, target in relations
            if source in ids and target in ids
        ],
        batch_size=_CHUNK,
        ignore_conflicts=True,
    )
