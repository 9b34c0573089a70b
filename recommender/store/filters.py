"""What may be shown to somebody, as a condition that is part of every statement that looks for candidates."""

from datetime import datetime
from typing import Any

from recommender.data.types import Context
from recommender.store.arrays import array_text

AVAILABLE = """
    i.shop_id = %(shop)s AND i.status = 'active' AND i.deleted_at IS NULL AND NOT i.adult
    AND (i.stock IS NULL OR i.stock > 0) AND i.published_at <= %(now)s AND i.id <> ALL(%(hidden)s)
"""
"""Of an item ``i``; the parameters are those of ``filter_parameters``."""


def filter_parameters(context: Context, now: datetime) -> dict[str, Any]:
    """Parameters of ``AVAILABLE``."""
    return {"shop": context.shop_id, "now": now, "hidden": array_text(context.hidden_ids.tolist())}
