"""The words an item is embedded by, and the hash that tells when they change."""

import hashlib
from collections.abc import Collection

from django.db import connection

MAX_CHARACTERS = 2_000

_WORDS = """
SELECT i.id, coalesce(t.title, ''), coalesce(t.description, ''), coalesce(c.name, ''), coalesce(b.name, ''),
       coalesce((SELECT string_agg(g.name, ', ' ORDER BY g.name)
                 FROM catalog_item_tags it JOIN catalog_tag g ON g.id = it.tag_id WHERE it.item_id = i.id), '')
FROM catalog_item i
LEFT JOIN LATERAL (
    SELECT title, description FROM catalog_itemtext WHERE item_id = i.id
    ORDER BY (language = 'en') DESC, (language LIKE 'en%%') DESC, language LIMIT 1
) t ON true
LEFT JOIN catalog_category c ON c.id = i.category_id
LEFT JOIN catalog_brand b ON b.id = i.brand_id
WHERE i.shop_id = %s AND i.id = ANY(%s)
"""


def content_text(*, title: str, description: str = "", category: str = "", brand: str = "", tags: str = "") -> str:
    """One text of an item for the text encoder: the most telling words first, at most 2,000 characters."""
    parts = (part.strip() for part in (title, category, brand, tags, description))
    return ". ".join(part.rstrip(".") for part in parts if part)[:MAX_CHARACTERS]


def content_hash(text: str) -> str:
    """Key of a text: equal texts share a vector, a changed text needs a new one."""
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def item_contents(shop_id: int, item_ids: Collection[int]) -> dict[int, str]:
    """Item id to its text, English where there is one, else the first language by code."""
    with connection.cursor() as cursor:
        cursor.execute(_WORDS, [shop_id, list(item_ids)])
        return {
            item: content_text(title=title, description=description, category=category, brand=brand, tags=tags)
            for item, title, description, category, brand, tags in cursor.fetchall()
        }
