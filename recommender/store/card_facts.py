"""What a card shows of an item, in one statement; it doubles as the check at serving time."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection

from catalog.models import Tag
from recommender.data.types import Context
from recommender.store.arrays import array_text

_CARDS = """
SELECT i.id, i.external_id, coalesce(t.title, i.external_id), coalesce(t.description, ''), coalesce(b.name, ''),
       coalesce(i.department_id, 0), coalesce(d.names ->> %(language)s, d.name, ''),
       coalesce(c.names ->> %(language)s, c.name, ''),
       i.price_minor, i.list_price_minor, i.currency, i.rating_average, i.rating_count, i.published_at, i.sponsored,
       coalesce(m.path, ''), coalesce(m.alt, ''), coalesce(m.width, 0), coalesce(m.height, 0),
       i.stock IS NULL OR i.stock > 0,
       i.status = 'active' AND i.deleted_at IS NULL AND (%(adult)s OR NOT i.adult)
           AND i.published_at <= %(now)s
FROM catalog_item i
LEFT JOIN catalog_brand b ON b.id = i.brand_id
LEFT JOIN catalog_category d ON d.id = i.department_id
LEFT JOIN catalog_category c ON c.id = i.category_id
LEFT JOIN LATERAL (
    SELECT title, description FROM catalog_itemtext WHERE item_id = i.id
    ORDER BY (language = %(language)s) DESC, (language = 'en') DESC, language LIMIT 1) t ON true
LEFT JOIN LATERAL (
    SELECT path, alt, width, height FROM catalog_media WHERE item_id = i.id ORDER BY position LIMIT 1) m ON true
WHERE i.shop_id = %(shop)s AND i.id = ANY(%(ids)s)
"""


class CardFacts(NamedTuple):
    """Facts of one item in one language; the columns of ``_CARDS``."""

    id: int
    external_id: str
    title: str
    description: str
    brand: str
    department_id: int  # 0 none
    department: str
    category: str
    price_minor: int | None
    list_price_minor: int | None
    currency: str
    rating: float | None
    rating_count: int
    published_at: datetime
    sponsored: bool
    picture: str
    picture_alt: str
    picture_width: int
    picture_height: int
    in_stock: bool
    visible: bool

    @property
    def reduced_from(self) -> int | None:
        """The price before, where it was higher."""
        before, now = self.list_price_minor, self.price_minor
        return before if before is not None and now is not None and before > now else None


def card_facts_read(context: Context, item_ids: Collection[int], now: datetime) -> dict[int, CardFacts]:
    """Facts of items by id, in the language of the request; items of other shops are not among them."""
    parameters: dict[str, Any] = {
        "shop": context.shop_id,
        "ids": array_text(item_ids),
        "language": context.language,
        "now": now,
        "adult": context.limits.adult,
    }
    with connection.cursor() as cursor:
        cursor.execute(_CARDS, parameters)
        return {row[0]: CardFacts._make(row) for row in cursor.fetchall()}


def tag_names(shop_id: int, tags: Collection[int], language: str) -> dict[int, str]:
    """Names of tags in a language, else as the shop calls them."""
    rows = Tag.objects.filter(shop_id=shop_id, pk__in=tags).values_list("pk", "name", "names")
    return {tag: names.get(language) or name for tag, name, names in rows}
