"""What every gather promises, checked on its result."""

import numpy as np

from recommender.data.types import Context, Gathered, Source
from recommender.retrieval.sources import MAX_CANDIDATES
from recommender.serving.bundle import Bundle

PER_CANDIDATE = (
    "index",
    "sources",
    "price_minor",
    "list_price_minor",
    "published_us",
    "department",
    "category",
    "brand",
    "group",
    "rating",
    "trend",
)


def gathered_check(gathered: Gathered, context: Context, bundle: Bundle | None) -> None:
    """Fail unless ``gathered`` keeps the promises of ``retrieval.sources.Gather``."""
    ids, c = gathered.item_ids, len(gathered)
    assert c <= MAX_CANDIDATES
    assert (np.diff(ids) > 0).all(), "sorted by item id, none twice"
    for name in PER_CANDIDATE:
        assert len(getattr(gathered, name)) == c, name
    assert (gathered.sources > 0).all(), "every candidate has a source"
    assert (gathered.sources < 1 << (max(Source) + 1)).all()
    assert not np.isin(ids, context.hidden_ids).any(), "nothing hidden"
    expected = np.full(c, -1) if bundle is None else bundle.index_of(ids)
    np.testing.assert_array_equal(gathered.index, expected)
    assert np.isfinite(gathered.trend).all()
    assert len(gathered.evidence_row) == len(gathered.evidence_source) == len(gathered.evidence_item)
    assert ((gathered.evidence_row >= 0) & (gathered.evidence_row < c)).all()
    assert len(gathered.tag_ids) == len(gathered.tag_rows)
    assert ((gathered.tag_rows >= 0) & (gathered.tag_rows < c)).all()
    for row, source in zip(gathered.evidence_row, gathered.evidence_source, strict=True):
        assert gathered.sources[row] >> np.uint32(source) & 1, "evidence only of sources that proposed the candidate"
    assert (gathered.index[gathered.fresh_rows] == -1).all()
    assert len(gathered.fresh_vectors) == len(gathered.fresh_text) == len(gathered.fresh_rows)
