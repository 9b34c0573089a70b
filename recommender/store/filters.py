"""What may be shown to somebody, as a condition that is part of every statement that looks for candidates."""

from datetime import datetime
from typing import Any

from recommender.data.types import Context
from recommender.store.arrays import array_text

AVAILABLE = """
    i.shop_id = %(shop)s AND i.status = 'active' AND i.deleted_at IS NULL AND (%(adult)s OR NOT i.adult)
    AND (i.stock IS NULL OR i.stock > 0) AND i.published_at <= %(now)s AND i.id <> ALL(%(hidden)s)
    AND (%(price_from)s = 0 OR i.price_minor >= %(price_from)s)
    AND (%(price_to)s = 0 OR i.price_minor <= %(price_to)s)
    AND (%(region)s = '' OR i.region IN ('', %(region)s))
    AND (%(languages)s = '{}'
         OR EXISTS (SELECT 1 FROM catalog_itemtext w
                    WHERE w.item_id = i.id AND w.language = ANY(%(languages)s::text[]))
         OR NOT EXISTS (SELECT 1 FROM catalog_itemtext w WHERE w.item_id = i.id))
"""
"""Of an item ``i``; the parameters are those of ``filter_parameters``.

They arrive as constants, so that the planner drops every limit that is not set.
"""


def filter_parameters(context: Context, now: datetime, *, foreign_texts: bool = True) -> dict[str, Any]:
    """Parameters of ``AVAILABLE``.

    Args:
        context: of the request.
        now: its moment.
        foreign_texts: whether the shop has items without a text in its own language; where it has none, everybody
            can read something of everything, and nothing has to be looked up.
    """
    limits = context.limits
    return {
        "shop": context.shop_id,
        "now": now,
        "hidden": array_text(context.hidden_ids.tolist()),
        "adult": limits.adult,
        "price_from": limits.price_from_minor,
        "price_to": limits.price_to_minor,
        "region": limits.region,
        "languages": _texts(limits.languages if foreign_texts else ()),
    }


def _texts(words: tuple[str, ...]) -> str:
    """Words as the text of an array."""
    return "{" + ",".join('"' + word.replace("\\", "").replace('"', "") + '"' for word in words) + "}"
