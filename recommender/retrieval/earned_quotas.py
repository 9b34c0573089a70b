"""What each source may bring, by what it has brought to pages that came of it.

A card that was clicked, put into a basket or bought counts for the sources whose candidate it was: in equal parts
(``brought``), and once more for a source without which it would not have been there (``alone``):

    v(s) = ½ · brought(s) / Σ brought + ½ · alone(s) / Σ alone
    share(s) = (n · v(s) + κ · d(s)) / (n + κ)            d the shares of the default quotas, n conversions
    quota(s) = floor + share(s) · (budget − floor · sources)

The sums are weighted by what each deed is worth. The budget is what fills a page's room for candidates, given that
sources often bring the same ones, and at most what the defaults add up to.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from recommender.data.absent import Absent
from recommender.data.types import Bits, Floats, Source
from recommender.retrieval.sources import CONFIG_OF, MAX_CANDIDATES
from recommender.retrieval.union import FLOOR

FEW_CONVERSIONS = "%(conversions)d answered cards are logged with their sources; %(needed)d are needed to learn quotas"
NEEDED = 200
DEFAULTS_COUNT = 500.0
"""κ: conversions that the default quotas count as."""

_FIXED = (Source.EDITORIAL, Source.SEARCH, Source.SAME_DEPARTMENT, Source.KEEP_BROWSING, Source.BUY_AGAIN)
"""Sources that answer what was asked for; what they bring is all there is."""


@dataclass(frozen=True)
class Answered:
    """Cards that were shown and answered, and how many sources name a candidate."""

    sources: Bits  # (k,) of each card
    worth: Floats  # (k,) of what was done to it
    offered: Bits  # (c,) of candidates of a sample of pages
    pages: int  # that were looked at


@dataclass(frozen=True)
class EarnedQuotas:
    """Quotas by source, and what they rest on."""

    quotas: Mapping[Source, int]
    brought: Mapping[Source, float]  # share of what was answered, 0–1
    alone: Mapping[Source, float]  # share of what was answered and had no other source
    conversions: int
    pages: int

    def to_json(self) -> dict[str, Any]:
        """For a bundle's manifest."""

        def named(values: Mapping[Source, Any]) -> dict[str, Any]:
            return {source.word: value for source, value in values.items()}

        numbers = {"conversions": self.conversions, "pages": self.pages}
        return {"quotas": named(self.quotas), "brought": named(self.brought), "alone": named(self.alone), **numbers}


def quotas_earn(answered: Answered) -> EarnedQuotas | Absent:
    """Quotas of the sources that bring candidates here."""
    n = len(answered.sources)
    if n < NEEDED:
        return Absent(FEW_CONVERSIONS, {"conversions": n, "needed": NEEDED})
    sources = [one for one in CONFIG_OF if one not in _FIXED and (answered.offered >> np.uint32(one) & 1).any()]
    default = np.array([CONFIG_OF[one].quota for one in sources], np.float32)
    bits = _columns(answered.sources, sources)
    among = bits.sum(axis=1)
    bits, among, worth = bits[among > 0], among[among > 0], answered.worth[among > 0].astype(np.float64)
    brought, alone = worth @ (bits / among[:, None]), worth @ (bits & (among == 1)[:, None])
    value = _share(brought) if not alone.any() else 0.5 * _share(brought) + 0.5 * _share(alone)
    share = (len(bits) * value + DEFAULTS_COUNT * _share(default)) / (len(bits) + DEFAULTS_COUNT)
    budget = min(float(default.sum()), MAX_CANDIDATES * float(_columns(answered.offered, sources).sum(axis=1).mean()))
    quotas = FLOOR + np.floor(share * max(budget - FLOOR * len(sources), 0.0)).astype(np.int64)
    return EarnedQuotas(
        dict(zip(sources, quotas.tolist(), strict=True)),
        dict(zip(sources, _share(brought).tolist(), strict=True)),
        dict(zip(sources, _share(alone).tolist(), strict=True)),
        n,
        answered.pages,
    )


def _columns(bits: Bits, sources: list[Source]) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
    """(k, sources) which of them named each."""
    named = np.array(sources, np.uint32)
    return np.asarray(bits[:, None] >> named & np.uint32(1) == 1)


def _share(values: Floats) -> Floats:
    """Values over their sum; as they are where that is 0."""
    total = values.sum()
    return values / total if total else values
