"""A shopper's profile as the arrays a state encoder reads: one function for training's checks, gather and decide."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recommender.data.profile import Profile
from recommender.data.types import Encoder, Floats, Ints


@dataclass(frozen=True)
class EncoderInputs:
    """A batch of one."""

    vectors: Floats  # (1, L, d) left-aligned, oldest first, zeros beyond the length
    kinds: npt.NDArray[np.int64]  # (1, L)
    lengths: npt.NDArray[np.int64]  # (1,)


def encoder_inputs(
    profile: Profile,
    item_vectors: Floats,
    *,
    max_length: int,
    fresh_ids: Ints | None = None,
    fresh_vectors: Floats | None = None,
) -> EncoderInputs:
    """The newest entries of a profile that have a vector.

    Args:
        profile: newest first.
        item_vectors: (n, d) of the bundle.
        max_length: L, entries the encoder reads.
        fresh_ids: (g,) ids of history items newer than the bundle.
        fresh_vectors: (g, d) their item vectors.
    """
    found = np.full((len(profile), item_vectors.shape[1]), np.nan, np.float32)
    known = profile.index >= 0
    found[known] = item_vectors[profile.index[known]]
    if fresh_ids is not None and fresh_vectors is not None:
        for item_id, vector in zip(fresh_ids, fresh_vectors, strict=True):
            found[~known & (profile.item_ids == item_id)] = vector
    usable = np.flatnonzero(~np.isnan(found).any(axis=1))[:max_length][::-1]  # oldest first
    vectors = np.zeros((1, max_length, item_vectors.shape[1]), np.float32)
    kinds = np.zeros((1, max_length), np.int64)
    vectors[0, : len(usable)] = found[usable]
    kinds[0, : len(usable)] = profile.kinds[usable]
    return EncoderInputs(vectors, kinds, np.array([len(usable)], np.int64))


def state_encode(encoder: Encoder, inputs: EncoderInputs) -> Floats:
    """(d,) state vector of one shopper."""
    return np.asarray(encoder.encode(inputs.vectors, inputs.kinds, inputs.lengths)[0], np.float32)
