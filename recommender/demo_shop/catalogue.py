"""Departments, brands, tags, items, texts, pictures and relations of the generated shop."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from django.conf import settings
from django.utils import timezone

from catalog.copying import copy_new_rows
from catalog.items import items_changed
from catalog.models import Brand, Category, Item, ItemText, Media, Relation, Shop, Tag
from catalog.moments import moment_of
from recommender.data.synthetic.catalogue import Product
from recommender.data.synthetic.drawings.canvas import HEIGHT, WIDTH
from recommender.data.synthetic.pairing import goes_with_pairs
from recommender.data.synthetic.pictures import draw_picture
from recommender.data.synthetic.sessions import DemoShop
from recommender.data.synthetic.vocabulary import Words, load_vocabulary
from recommender.data.types import Ints

CHINESE = "zh-hans"
GOES_WITH = "goes-with"
PICTURES = "demo"  # folder below the media folder
_BATCH = 1_000

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class CatalogueIds:
    """Database ids by row of the generated catalogue, and of its departments by number."""

    items: Ints  # (n,)
    departments: Ints  # (d,)


def catalogue_write(shop: Shop, generated: DemoShop, progress: Progress) -> CatalogueIds:
    """Write everything about things; the words are announced for embedding as any change of words is."""
    products = generated.catalogue.products
    categories = _categories_write(shop)
    brands = _brands_write(shop, products)
    progress("furnishing the shelves", 0, len(products))
    Item.objects.bulk_create([_item(shop, product, categories, brands) for product in products], batch_size=_BATCH)
    ids = dict(Item.objects.of(shop).values_list("external_id", "pk"))
    items = np.array([ids[product.external_id] for product in products], np.int64)
    _texts_write(shop, products, items)
    _tags_write(shop, products, items)
    _pictures_write(shop, generated, items, progress)
    _relations_write(shop, generated, items)
    items_changed(shop=shop, item_ids=items.tolist())
    departments = dict.fromkeys(kind.department for kind in generated.catalogue.kinds)
    return CatalogueIds(items, np.array([categories[slug] for slug in departments], np.int64))


def _categories_write(shop: Shop) -> dict[str, int]:
    """Slug to id, departments and categories alike."""
    vocabulary = load_vocabulary()
    for position, group in enumerate(vocabulary.departments):
        _category_write(shop, group.slug, group.name, position, None)
    ids = dict(Category.objects.of(shop).values_list("slug", "pk"))
    for position, group in enumerate(vocabulary.categories.values()):
        _category_write(shop, group.slug, group.name, position, ids[group.department])
    return dict(Category.objects.of(shop).values_list("slug", "pk"))


def _category_write(shop: Shop, slug: str, name: Words, position: int, parent: int | None) -> None:
    Category.objects.update_or_create(
        shop=shop,
        slug=slug,
        defaults={"name": name.en, "names": {CHINESE: name.zh}, "position": position, "parent_id": parent},
    )


def _brands_write(shop: Shop, products: Iterable[Product]) -> dict[str, int]:
    names = sorted({product.brand.name for product in products})
    Brand.objects.bulk_create([Brand(shop=shop, name=name) for name in names], ignore_conflicts=True)
    return dict(Brand.objects.of(shop).values_list("name", "pk"))


def _item(shop: Shop, product: Product, categories: dict[str, int], brands: dict[str, int]) -> Item:
    return Item(
        shop=shop,
        external_id=product.external_id,
        group=product.group,
        category_id=categories[product.kind.category],
        department_id=categories[product.kind.department],
        brand_id=brands[product.brand.name],
        price_minor=product.price_minor,
        list_price_minor=product.list_price_minor,
        cost_minor=product.cost_minor,
        currency=shop.currency,
        stock=product.stock,
        rating_average=product.rating_average,
        rating_count=product.rating_count,
        attributes=_attributes(product),
        published_at=moment_of(product.published_us),
        updated_at=timezone.now(),
    )


def _attributes(product: Product) -> dict[str, object]:
    """What a product page lists, in English and under ``zh-hans`` in Chinese."""
    words = {
        "material": product.material.name,
        "colour": product.colour.name,
        "style": product.style.name,
        "size": product.size,
    }
    if product.author:
        words = {"author": product.author, "format": product.form, "size": product.size}
    return {
        "kind": product.kind.slug,
        "colour_hex": product.colour.hex,
        **{name: word.en for name, word in words.items()},
        CHINESE: {name: word.zh for name, word in words.items()},
    }


def _texts_write(shop: Shop, products: tuple[Product, ...], items: Ints) -> None:
    rows = []
    for product, item in zip(products, items.tolist(), strict=True):
        title, story = product.title, product.description
        rows.append(ItemText(shop=shop, item_id=item, language="en", title=title.en, description=story.en))
        rows.append(ItemText(shop=shop, item_id=item, language=CHINESE, title=title.zh, description=story.zh))
    ItemText.objects.bulk_create(rows, batch_size=_BATCH)


def _tags_write(shop: Shop, products: tuple[Product, ...], items: Ints) -> None:
    names = {tag.en: tag.zh for product in products for tag in product.tags}
    Tag.objects.bulk_create(
        [Tag(shop=shop, name=name, names={CHINESE: names[name]}) for name in sorted(names)], ignore_conflicts=True
    )
    ids = dict(Tag.objects.of(shop).values_list("name", "pk"))
    pairs = {
        (item, ids[tag.en]) for product, item in zip(products, items.tolist(), strict=True) for tag in product.tags
    }
    copy_new_rows(Item.tags.through._meta.db_table, ["item_id", "tag_id"], sorted(pairs))


def _pictures_write(shop: Shop, generated: DemoShop, items: Ints, progress: Progress) -> None:
    folder = Path(settings.MEDIA_ROOT) / PICTURES
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for number, (product, item) in enumerate(zip(generated.catalogue.products, items.tolist(), strict=True)):
        name = f"{product.external_id}.svg"
        (folder / name).write_text(draw_picture(product, seed=generated.seed, number=number), encoding="utf-8")
        rows.append(
            Media(shop=shop, item_id=item, path=f"{PICTURES}/{name}", alt=product.alt, width=WIDTH, height=HEIGHT)
        )
        if number % 100 == 0:
            progress("drawing pictures", number, len(items))
    Media.objects.bulk_create(rows, batch_size=_BATCH)


def _relations_write(shop: Shop, generated: DemoShop, items: Ints) -> None:
    pairs = goes_with_pairs(generated.catalogue, seed=generated.seed)
    rows = ((shop.pk, int(items[a]), int(items[b]), GOES_WITH, weight) for a, b, weight in pairs)
    copy_new_rows(Relation._meta.db_table, ["shop_id", "source_id", "target_id", "kind", "weight"], rows)
