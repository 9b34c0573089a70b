"""What a decision knows about the shopper: the profile, its place in the vocabulary, the state vector."""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property, lru_cache

import numpy as np

from recommender.data.profile import Profile, profile_of
from recommender.data.types import ArtifactMismatch, Context, Encoder, Floats, Gathered, Ints
from recommender.encoders.inputs import EncoderInputs, encoder_batch, state_encode
from recommender.encoders.start_states import context_situation
from recommender.serving.bundle import Bundle
from recommender.slate.calibration import department_mix

INFLUENCE_ITEMS = 10
"""Newest distinct history items whose influence is measured."""


@dataclass(frozen=True)
class ShopperView:
    """A shopper as a bundle sees them."""

    profile: Profile
    history_index: Ints  # (h,) vocabulary index of each history entry, -1 unknown
    state: Floats  # (d,), (0,) where there is no bundle
    departments: Ints  # (p,) department of each profile entry, newest first, 0 unknown
    situation: Floats | None = None  # (d,) what the situation added to the state of somebody unknown

    @cached_property
    def anchors(self) -> Ints:
        """Distinct profile items, newest first."""
        ids, first = np.unique(self.profile.item_ids, return_index=True)
        return ids[np.argsort(first)]

    @cached_property
    def mix(self) -> dict[int, float]:
        """The shopper's own mix of departments."""
        return department_mix(self.departments)


def shopper_view(
    context: Context, bundle: Bundle | None, fresh_ids: Ints | None = None, fresh_vectors: Floats | None = None
) -> ShopperView:
    """Encode a shopper.

    Args:
        context: its history, oldest first.
        bundle: None where there is none; the state is then empty.
        fresh_ids: (g,) history items newer than the bundle, with
        fresh_vectors: (g, d) their item vectors.

    Raises:
        ArtifactMismatch: the bundle's encoder gives numbers that are not finite.
    """
    if bundle is None:
        unknown = np.full(len(context.history), -1, np.int64)
        profile = profile_of(context, unknown)
        return ShopperView(profile, unknown, np.zeros(0, np.float32), np.zeros(len(profile), np.int64))
    index = bundle.index_of(context.history.item_ids)
    profile = profile_of(context, index)
    state = _state_kept(bundle.state_encoder, _Asked.of(_inputs(bundle, fresh_ids, fresh_vectors, profile)))
    departments, starts = departments_of(profile, bundle), bundle.start_states
    if len(profile) or starts is None:
        return ShopperView(profile, index, state, departments)
    situation = starts.shift(context_situation(context, starts.time_zone))
    return ShopperView(profile, index, state + starts.everybody + situation, departments, situation)


@dataclass(frozen=True)
class _Asked:
    """Inputs of an encoder that are equal where their numbers are."""

    numbers: bytes
    inputs: EncoderInputs = field(compare=False)

    @classmethod
    def of(cls, inputs: EncoderInputs) -> "_Asked":
        values = (getattr(inputs, each.name) for each in fields(inputs))
        return cls(b"".join(value.tobytes() for value in values if value is not None), inputs)


@lru_cache(maxsize=16)
def _state_kept(encoder: Encoder, asked: _Asked) -> Floats:
    """(d,) state vector, kept for a moment: a page asks for it when it gathers and when it decides.

    Raises:
        ArtifactMismatch: the network gave NaN or infinite numbers, by which nothing can be searched.
    """
    state = state_encode(encoder, asked.inputs)
    if not np.isfinite(state).all():
        raise ArtifactMismatch("the state encoder gives numbers that are not finite; roll back or train again")
    state.setflags(write=False)
    return state


def departments_of(profile: Profile, bundle: Bundle) -> Ints:
    """(p,) department of each profile entry, 0 where the bundle does not know the item."""
    known = profile.index >= 0
    departments = np.zeros(len(profile), np.int64)
    departments[known] = bundle.arrays.department[profile.index[known]]
    return departments


def _inputs(bundle: Bundle, fresh_ids: Ints | None, fresh_vectors: Floats | None, *profiles: Profile) -> EncoderInputs:
    return encoder_batch(
        profiles,
        bundle.arrays.item_vectors,
        max_length=bundle.manifest.max_length,
        fresh_ids=fresh_ids,
        fresh_vectors=fresh_vectors,
    )


def context_without(context: Context, item_id: int) -> Context:
    """The same request by somebody who never met ``item_id``."""
    return replace(context, ignored_ids=np.append(context.ignored_ids, item_id))


def states_of(context: Context, profiles: Sequence[Profile], gathered: Gathered, bundle: Bundle) -> Floats:
    """(k, d) state vectors of k ≥ 1 profiles, as ``shopper_view`` encodes them, in one batch."""
    inputs = _inputs(bundle, gathered.fresh_history_ids, gathered.fresh_history_vectors, *profiles)
    states = bundle.state_encoder.encode(inputs.vectors, inputs.kinds, inputs.lengths, inputs.hours)
    unknown, starts = [not len(profile) for profile in profiles], bundle.start_states
    if starts is not None and any(unknown):
        shift = starts.shift(context_situation(context, starts.time_zone))
        states[unknown] = states[unknown] + starts.everybody + shift
    return states
