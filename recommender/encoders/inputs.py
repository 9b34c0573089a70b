"""A shopper's profile as the arrays a state encoder reads: one function for training's checks, gather and decide."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from recommender.data.onnx_model import OnnxModel
from recommender.data.profile import Profile
from recommender.data.types import Encoder, Floats, Ints
from recommender.encoders.item_facts import ItemFacts

HOUR_US = 3_600_000_000


@dataclass(frozen=True)
class EncoderInputs:
    """A batch of b profiles."""

    vectors: Floats  # (b, L, d) left-aligned, oldest first, zeros beyond the length
    kinds: npt.NDArray[np.int64]  # (b, L)
    lengths: npt.NDArray[np.int64]  # (b,)
    hours: Floats  # (b, L) before the newest entry, NaN where unknown and beyond the length


def encoder_inputs(
    profile: Profile,
    item_vectors: Floats,
    *,
    max_length: int,
    fresh_ids: Ints | None = None,
    fresh_vectors: Floats | None = None,
) -> EncoderInputs:
    """``encoder_batch`` of one profile: arrays of one row."""
    return encoder_batch(
        [profile], item_vectors, max_length=max_length, fresh_ids=fresh_ids, fresh_vectors=fresh_vectors
    )


def encoder_batch(
    profiles: Sequence[Profile],
    item_vectors: Floats,
    *,
    max_length: int,
    fresh_ids: Ints | None = None,
    fresh_vectors: Floats | None = None,
) -> EncoderInputs:
    """The newest entries of each profile that have a vector.

    Args:
        profiles: b of them, newest first.
        item_vectors: (n, d) of the bundle.
        max_length: L, entries the encoder reads.
        fresh_ids: (g,) ids of history items newer than the bundle.
        fresh_vectors: (g, d) their item vectors.
    """
    b, d = len(profiles), item_vectors.shape[1]
    vectors, lengths = np.zeros((b, max_length, d), np.float32), np.zeros(b, np.int64)
    kinds, at_us = np.zeros((b, max_length), np.int64), np.zeros((b, max_length), np.int64)
    for row, profile in enumerate(profiles):
        known = profile.index >= 0
        found = np.full((len(profile), d), np.nan, np.float32)
        found[known] = item_vectors[profile.index[known]]
        if fresh_ids is not None and fresh_vectors is not None:
            for item_id, vector in zip(fresh_ids, fresh_vectors, strict=True):
                found[~known & (profile.item_ids == item_id)] = vector
        usable = np.flatnonzero(~np.isnan(found).any(axis=1))[:max_length][::-1]  # oldest first
        n = lengths[row] = len(usable)
        vectors[row, :n], kinds[row, :n], at_us[row, :n] = (
            found[usable],
            profile.kinds[usable],
            profile.times_us[usable],
        )
    return EncoderInputs(vectors, kinds, lengths, hours_before_newest(at_us))


def hours_before_newest(at_us: Ints) -> Floats:
    """How long before the newest entry of its row each entry happened.

    Measured from the newest entry, not from now: a state then changes only when its shopper does something.

    Args:
        at_us: (b, L) microseconds UTC, 0 where unknown or nothing.
    Returns: (b, L) float32 hours, NaN where unknown.
    """
    newest = at_us.max(axis=1, keepdims=True, initial=0)
    return np.where(at_us > 0, (newest - at_us) / HOUR_US, np.nan).astype(np.float32)


def state_encode(encoder: Encoder, inputs: EncoderInputs) -> Floats:
    """(d,) state vector of one shopper."""
    return np.asarray(encoder.encode(inputs.vectors, inputs.kinds, inputs.lengths, inputs.hours)[0], np.float32)


def states_run(
    model: OnnxModel,
    vectors: Floats,
    kinds: npt.NDArray[np.int64],
    lengths: npt.NDArray[np.int64],
    hours: Floats | None = None,
) -> Floats:
    """(b, d) states by an exported encoder.

    Args:
        model: the encoder's file.
        vectors: (b, L, d) item vectors of the histories, oldest first.
        kinds: (b, L) what was done.
        lengths: (b,) entries that count.
        hours: (b, L) before the newest entry, handed on where the encoder reads times; None: they are unknown.
    Raises: ArtifactMismatch if the file cannot be loaded or reads inputs of other shapes.
    """
    given: dict[str, npt.NDArray[Any]] = {"vectors": vectors, "kinds": kinds, "lengths": lengths}
    if "hours" in model.inputs:
        given["hours"] = np.full(kinds.shape, np.nan, np.float32) if hours is None else hours
    return model.run(**given)[0]


def tower_run(tower: OnnxModel, text_vectors: Floats, facts: ItemFacts) -> Floats:
    """(n, d) vectors of items that nobody has met, by an exported tower, which is given what it reads.

    Args:
        tower: ``item_tower.onnx``.
        text_vectors: (n, t), rows of zeros where there is no text.
        facts: of the same items.
    """
    given: dict[str, npt.NDArray[Any]] = {
        "text": text_vectors,
        "image": facts.images,
        "brand": facts.brand,
        "category": facts.category,
        "price": facts.price_minor,
    }
    return tower.run(**{name: values for name, values in given.items() if name in tower.inputs})[0]
