"""What a decision knows about the shopper: the profile, its place in the vocabulary, the state vector."""

from dataclasses import dataclass, replace

import numpy as np

from recommender.data.profile import Profile, profile_of
from recommender.data.types import Context, Floats, Gathered, Ints
from recommender.encoders.inputs import EncoderInputs, encoder_inputs, state_encode
from recommender.serving.bundle import Bundle

INFLUENCE_ITEMS = 10
"""Newest distinct history items whose influence is measured: the batch of the counterfactual encoding."""


@dataclass(frozen=True)
class ShopperView:
    """A shopper as a bundle sees them."""

    profile: Profile
    history_index: Ints  # (h,) vocabulary index of each history entry, -1 unknown
    state: Floats  # (d,), (0,) where there is no bundle
    departments: Ints  # (p,) department of each profile entry, newest first, 0 unknown

    @property
    def anchors(self) -> Ints:
        """Distinct profile items, newest first."""
        ids, first = np.unique(self.profile.item_ids, return_index=True)
        return ids[np.argsort(first)]


def shopper_view(
    context: Context, bundle: Bundle | None, fresh_ids: Ints | None = None, fresh_vectors: Floats | None = None
) -> ShopperView:
    """Encode a shopper.

    Args:
        context: its history, oldest first.
        bundle: None where there is none; the state is then empty.
        fresh_ids: (g,) history items newer than the bundle, with
        fresh_vectors: (g, d) their item vectors.
    """
    if bundle is None:
        unknown = np.full(len(context.history), -1, np.int64)
        profile = profile_of(context, unknown)
        return ShopperView(profile, unknown, np.zeros(0, np.float32), np.zeros(len(profile), np.int64))
    index = bundle.index_of(context.history.item_ids)
    profile = profile_of(context, index)
    state = state_encode(bundle.state_encoder, _inputs(profile, bundle, fresh_ids, fresh_vectors))
    return ShopperView(profile, index, state, departments_of(profile, bundle))


def departments_of(profile: Profile, bundle: Bundle) -> Ints:
    """(p,) department of each profile entry, 0 where the bundle does not know the item."""
    known = profile.index >= 0
    departments = np.zeros(len(profile), np.int64)
    departments[known] = bundle.arrays.department[profile.index[known]]
    return departments


def _inputs(profile: Profile, bundle: Bundle, fresh_ids: Ints | None, fresh_vectors: Floats | None) -> EncoderInputs:
    return encoder_inputs(
        profile,
        bundle.arrays.item_vectors,
        max_length=bundle.manifest.max_length,
        fresh_ids=fresh_ids,
        fresh_vectors=fresh_vectors,
    )


def context_without(context: Context, item_id: int) -> Context:
    """The same request by somebody who never met ``item_id``."""
    return replace(context, ignored_ids=np.append(context.ignored_ids, item_id))


def states_without(context: Context, gathered: Gathered, bundle: Bundle, items: Ints) -> Floats:
    """(k, d) the state vector without each of up to ``INFLUENCE_ITEMS`` items, in one batch of fixed shape."""
    inputs = [
        _inputs(
            profile_of(context_without(context, int(item)), bundle.index_of(context.history.item_ids)),
            bundle,
            gathered.fresh_history_ids,
            gathered.fresh_history_vectors,
        )
        for item in items
    ]
    empty = INFLUENCE_ITEMS - len(inputs)
    first = inputs[0]
    vectors = np.concatenate([one.vectors for one in inputs] + [np.zeros_like(first.vectors)] * empty)
    kinds = np.concatenate([one.kinds for one in inputs] + [np.zeros_like(first.kinds)] * empty)
    lengths = np.concatenate([one.lengths for one in inputs] + [np.zeros_like(first.lengths)] * empty)
    return bundle.state_encoder.encode(vectors, kinds, lengths)[: len(items)]
