"""What each source may bring to a page, beside what it would without having been learned."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from recommender.admin.choices import plain
from recommender.retrieval.quotas import Quotas
from recommender.retrieval.sources import SOURCES


@dataclass(frozen=True)
class QuotaLine:
    """One source."""

    words: str
    quota: int
    default: int
    brought: float  # per cent of what was answered
    alone: float  # per cent of what was answered and had no other source


def quota_lines(earned: Mapping[str, Any]) -> list[QuotaLine]:
    """Sources whose quotas were learned, in order of precedence; none where the defaults hold."""
    quotas, brought, alone = Quotas.from_json(earned), earned.get("brought", {}), earned.get("alone", {})
    return [
        QuotaLine(
            words=plain(config.source.word),
            quota=quotas[config.source],
            default=config.quota,
            brought=100 * brought.get(config.source.word, 0.0),
            alone=100 * alone.get(config.source.word, 0.0),
        )
        for config in SOURCES
        if config.source in quotas.of
    ]
