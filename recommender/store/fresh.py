"""Vectors of items newer than the bundle, for requests that are decided again from their log."""

from dataclasses import replace

import numpy as np

from recommender.data.types import Gathered
from recommender.serving.bundle import Bundle
from recommender.store.candidate_facts import fresh_text_read
from recommender.store.vectors import item_vectors_read


def fresh_refill(gathered: Gathered, bundle: Bundle | None, bundle_id: int | None) -> Gathered:
    """The gathered facts with the vectors that a request log leaves out."""
    if bundle is None or bundle_id is None or not (len(gathered.fresh_rows) or len(gathered.fresh_history_ids)):
        return gathered
    ids = gathered.item_ids[gathered.fresh_rows]
    vectors = item_vectors_read(bundle_id=bundle_id, item_ids=np.concatenate([ids, gathered.fresh_history_ids]))
    vectors = np.nan_to_num(vectors)
    return replace(
        gathered,
        fresh_vectors=vectors[: len(ids)],
        fresh_text=fresh_text_read(ids, bundle.manifest.text_encoder),
        fresh_history_vectors=vectors[len(ids) :],
    )
