"""How far the small encoders of a bundle disagree about what somebody wants next, where its recipe asked for some."""

from functools import lru_cache
from pathlib import Path

import numpy as np

from recommender.data.profile import profile_of
from recommender.data.types import Context, Floats, Ints
from recommender.encoders.doubt import Doubt
from recommender.serving.bundle import Bundle

DOUBT = "doubt"
"""Folder of the ensemble, in a bundle and in the output of the step that trains it."""


@lru_cache(maxsize=2)
def _opened(folder: Path) -> Doubt:
    return Doubt(folder)


def disagreement(bundle: Bundle, context: Context, item_ids: Ints) -> Floats | None:
    """(c,) standard deviation of the members' log probabilities, in nats; None where the bundle has no ensemble.

    Args:
        bundle: that decides.
        context: whose history is asked about.
        item_ids: (c,) items; NaN for those that the bundle does not know.
    Raises: ArtifactMismatch if the ensemble cannot be read.
    """
    folder = bundle.path / DOUBT
    if not folder.is_dir():
        return None
    doubt = _opened(folder)
    profile = profile_of(context, bundle.index_of(context.history.item_ids))
    read = np.flatnonzero(profile.index >= 0)[: doubt.max_length][::-1]  # oldest first, as encoders read
    columns = np.zeros((3, 1, doubt.max_length), np.int64)
    columns[:, 0, : len(read)] = profile.index[read], profile.kinds[read], profile.times_us[read]
    items, kinds, at_us = columns
    told = doubt.opinion(items, kinds, np.array([len(read)]), at_us).deviation[0]  # (n,)
    index = bundle.index_of(item_ids)
    return np.where(index >= 0, told[index], np.nan).astype(np.float32)
