"""Pages that were shown, as the lists of Today and of the inspector tell them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from recommender.admin.choices import fallback_word, surface_word
from recommender.models import Impression
from users.models import Shopper


@dataclass(frozen=True)
class ShownPage:
    """One line of the list."""

    id: UUID
    shown_at: datetime
    surface: str
    shopper: Shopper | None
    n_cards: int
    latency_ms: float | None
    fallback: str  # "" where the models served


def pages_latest(impressions: QuerySet[Impression], n: int) -> list[ShownPage]:
    """The ``n`` latest of them, newest first."""
    return [
        ShownPage(
            row.pk,
            row.shown_at,
            surface_word(row.surface),
            row.shopper,
            len(row.item_ids),
            row.latency_ms,
            fallback_word(row.degraded),
        )
        for row in impressions.select_related("shopper").order_by("-id")[:n]
    ]
