"""Sources that both gathers ask in the same way: liked tags, what hardly anybody has met, what falls due again."""

from collections.abc import Mapping
from itertools import chain, zip_longest

import numpy as np

from recommender.collaborative.replenishment import due_probability
from recommender.data.learned import LearnedArrays
from recommender.data.types import DAY_US, Bools, Context, Floats, History, Ints, Source
from recommender.retrieval.union import Proposal
from users.kinds import Kind

TAGS_ASKED = 5
"""Liked tags that are asked, strongest first."""

_BOUGHT = int(Kind.PURCHASE)


def by_taste(arrays: LearnedArrays, tags: Ints, state: Floats, n: int, allowed: Bools | None = None) -> Proposal:
    """The items that bear a liked tag and lie nearest to the state; the evidence of each is its tag.

    The k-th tag has room for a share 1 / k of what the first has.

    Args:
        arrays: of the bundle.
        tags: (t,) liked, strongest first.
        state: (d,).
        n: how many.
        allowed: (items,) what may be proposed; everything where it is not given.
    """
    tags = tags[:TAGS_ASKED]
    share = 1.0 / np.arange(1, len(tags) + 1)
    rooms = np.ceil(n * share / max(share.sum(), 1.0)).astype(np.int64).tolist()
    begin, end = np.searchsorted(arrays.tag, tags, side="left"), np.searchsorted(arrays.tag, tags, side="right")
    found = [
        _best(arrays, _those(np.asarray(arrays.tagged[one]), allowed), state, room)
        for one, room in zip(map(slice, begin.tolist(), end.tolist()), rooms, strict=True)
    ]
    index = np.concatenate([np.zeros(0, np.int64), *found])
    of = np.repeat(tags, [len(one) for one in found])
    first = np.sort(np.unique(index, return_index=True)[1])[:n]
    ids = np.asarray(arrays.item_ids)[index[first]]
    return Proposal(Source.TASTE_TAGS, ids, ids, of[first])


def by_content(arrays: LearnedArrays, state: Floats, n: int, allowed: Bools | None = None) -> Ints:
    """(p,) vocabulary indices of items that hardly anybody has met and that lie nearest to the state.

    Their vectors come from what is known of them, and their biases are left out: those say that nobody came.

    Args:
        arrays: of the bundle.
        state: (d,) of the shopper.
        n: how many at most.
        allowed: (items,) what may be proposed; everything where it is not given.
    """
    cold = _those(np.asarray(arrays.hardly_met), allowed)
    return cold[_largest(arrays.item_vectors[cold] @ state, n)]


def by_segment(segments: Mapping[str, Ints], context: Context) -> Ints:
    """What trends among shoppers of the same learned segment and of the one that the shop gave them, by turns.

    Args:
        segments: item ids by segment, most wanted first.
        context: who asks.
    """
    found = [segments[name] for name in (context.learned_segment, context.segment) if name in segments]
    if len(found) < 2:
        return found[0] if found else np.zeros(0, np.int64)
    turns = dict.fromkeys(chain.from_iterable(zip_longest(*(one.tolist() for one in found))))
    return np.array([item for item in turns if item is not None], np.int64)


def due_again(arrays: LearnedArrays, index: Ints, history: History, now_us: int) -> Ints:
    """(p,) vocabulary indices of items bought before, those first whose next purchase is likeliest by now.

    Where no intervals were learned, and among equals, what was bought last goes first.

    Args:
        arrays: of the bundle.
        index: (h,) vocabulary index of each entry of
        history: what was done, oldest first; -1 unknown.
        now_us: the moment of the request.
    """
    bought = np.flatnonzero((history.kinds == _BOUGHT) & (index >= 0))[::-1]  # newest first
    item, at_us = index[bought], history.times_us[bought]
    order = np.argsort(item, kind="stable")
    item, at_us = item[order], at_us[order]
    first = np.flatnonzero(np.diff(item, prepend=-1))
    newest = np.argsort(order[first], kind="stable")
    if not len(arrays.replenishment) or not len(item):
        return item[first][newest]
    days = -np.diff(at_us, append=0) / DAY_US
    counted = (np.diff(item, append=-1) == 0) & (days >= 1)
    due = due_probability(
        arrays.replenishment[item[first]],
        np.add.reduceat(counted.astype(np.int64), first),
        np.add.reduceat(np.where(counted, np.log(np.maximum(days, 1)), 0), first),
        np.asarray(np.maximum(now_us - at_us[first], 0) / DAY_US, np.float32),
    )
    return item[first][newest][np.argsort(-due[newest], kind="stable")]


def _best(arrays: LearnedArrays, index: Ints, state: Floats, n: int) -> Ints:
    return index[_largest(arrays.item_vectors[index] @ state + arrays.item_bias[index], n)]


def _those(index: Ints, allowed: Bools | None) -> Ints:
    return index if allowed is None else index[allowed[index]]


def _largest(scores: Floats, n: int) -> Ints:
    """Places of the ``n`` largest scores, largest first; ties go to the earlier place."""
    return np.argsort(-scores, kind="stable")[:n]
