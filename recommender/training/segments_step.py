"""The step that learns which segments a shop's shoppers fall into."""

from pathlib import Path

import numpy as np

from recommender.data.absent import Absent
from recommender.data.segment_learning import segments_learn
from recommender.jobs import JobProgress
from recommender.store.live import serving_read
from recommender.training.draft import Draft
from recommender.training.workspace import json_write
from users.segment_members import tastes_read


def segments_step(draft: Draft, folder: Path, progress: JobProgress) -> None:
    """Group the interests of those whom the training may learn from and who want personalised pages."""
    config, allowed = draft.recipe.segments, np.sort(draft.snapshot.shopper_ids)
    tastes = dict(tastes_read(draft.shop, sample=config.max_shoppers))
    ids = np.array(list(tastes), np.int64)
    learned = segments_learn(
        [tastes[one] for one in ids[np.isin(ids, allowed)].tolist()],
        label=draft.fingerprint[:8],
        before=serving_read(draft.shop.pk).learned_segments,
        config=config,
        seed=draft.recipe.seed,
    )
    if isinstance(learned, Absent):
        json_write(folder, {"absent": learned.to_json()})
        progress.log(f"no segments: {learned}")
        return
    json_write(folder, {"segments": learned.to_json()})
    sizes = ", ".join(str(one.shoppers) for one in learned.segments)
    progress.log(
        f"{len(learned.segments)} segments of {sizes} shoppers, silhouette {learned.silhouette:.2f}; "
        f"{len(learned.new)} new, {len(learned.gone)} of those that serve not found again"
    )
