"""The explicit list of sources: what each may contribute, how long it may take, and the Protocol of a gather.

A new source is one value of ``data.types.Source``, one line here, and the code that answers it in ``store.gather``
(SQL) and ``retrieval.exact`` (arrays).
"""

from dataclasses import dataclass
from typing import Protocol

from recommender.data.types import Context, Gathered, Source

MAX_CANDIDATES = 500
HISTORY_ASKED = 10
"""Newest distinct history items that the neighbour sources start from."""


@dataclass(frozen=True)
class SourceConfig:
    """How many candidates a source may bring and how long it may take."""

    source: Source
    quota: int
    deadline_ms: int = 80  # of its question to Postgres; what is computed from arrays in memory waits for nobody


SOURCES: tuple[SourceConfig, ...] = (
    SourceConfig(Source.EDITORIAL, 40),
    SourceConfig(Source.SEARCH, 120, deadline_ms=200),
    SourceConfig(Source.KEEP_BROWSING, 24),
    SourceConfig(Source.BUY_AGAIN, 12),
    SourceConfig(Source.STATE_VECTOR, 160),
    SourceConfig(Source.TASTE_TAGS, 40),
    SourceConfig(Source.SEQUENTIAL_RULES, 80),
    SourceConfig(Source.ITEM_KNN, 80),
    SourceConfig(Source.EASE, 80),
    SourceConfig(Source.ALS, 60),
    SourceConfig(Source.VAE, 60),
    SourceConfig(Source.GRAPH, 60),
    SourceConfig(Source.GAN, 60),
    SourceConfig(Source.SIMILAR_TEXT, 60),
    SourceConfig(Source.SAME_DEPARTMENT, 120),
    SourceConfig(Source.DEPARTMENT_TREND, 40),
    SourceConfig(Source.SEGMENT_TREND, 24),
    SourceConfig(Source.TRENDING, 40),
    SourceConfig(Source.NEW_ARRIVALS, 40),
    SourceConfig(Source.DEALS, 40),
    SourceConfig(Source.COLD_ITEMS, 24),
)
"""In order of precedence: where the union exceeds ``MAX_CANDIDATES``, later sources give way, but for their best."""

CONFIG_OF: dict[Source, SourceConfig] = {config.source: config for config in SOURCES}


MODEL_SOURCES: dict[str, Source] = {
    "ease": Source.EASE,
    "als": Source.ALS,
    "vae": Source.VAE,
    "graph": Source.GRAPH,
    "gan": Source.GAN,
}
"""Collaborative models that a bundle may carry, and the source that each of them is."""


class Gather(Protocol):
    """Brings the candidates of a request with everything a decision needs to know about them.

    Implementations: ``store.gather.SqlGather`` for serving and ``retrieval.exact.ExactGather`` (numpy over a bundle,
    given the encoded shopper as well) for evaluation, benchmarks and precompute. ``tests/contracts/gathers.py`` holds
    both to the same promises: at most ``MAX_CANDIDATES`` rows, sorted and without repeats, every row with a source, no
    hidden item, evidence and tags that point at rows.
    """

    def __call__(self, context: Context) -> Gathered:
        """Gather for ``context``."""
        ...
