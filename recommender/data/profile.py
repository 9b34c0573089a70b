"""The part of a history that says what a shopper wants, newest first, in vocabulary indices."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recommender.data.sequences import runs_of
from recommender.data.types import Bools, Context, Floats, History, Ints
from users.kinds import POSITIVE_KINDS

_IS_POSITIVE = np.array([kind in POSITIVE_KINDS for kind in range(256)])


@dataclass(frozen=True)
class Profile:
    """Positive entries of a history after merging runs of one item, newest first."""

    item_ids: Ints  # (p,)
    index: Ints  # (p,) vocabulary index, -1 where the bundle does not know the item
    kinds: npt.NDArray[np.int8]  # (p,)
    times_us: Ints  # (p,)

    def __len__(self) -> int:
        return len(self.item_ids)

    def recent(self, n: int, decay: float) -> tuple[Ints, Floats]:
        """The newest ``n`` entries the vocabulary knows, and their weights ``decay ** age``."""
        index = self.index[:n]
        known = index >= 0
        return index[known], (decay ** np.arange(len(index), dtype=np.float32))[known]


def profile_of(context: Context, history_index: Ints) -> Profile:
    """What ``context.history`` says in favour of items, without those the shopper asked to ignore.

    Args:
        context: its history is oldest first.
        history_index: (h,) vocabulary index of each history entry, -1 unknown (``Bundle.index_of``).
    """
    return _profile(context.history, history_index, _kept(context))


def profiles_without(context: Context, history_index: Ints, items: Ints) -> list[Profile]:
    """The profile had the shopper never met one item, for each of ``items`` (k,)."""
    kept = _kept(context)
    return [_profile(context.history, history_index, kept & (context.history.item_ids != item)) for item in items]


def _kept(context: Context) -> Bools:
    """(h,) entries that speak in favour of an item and that the shopper lets speak."""
    history = context.history
    keep = _IS_POSITIVE[history.kinds]
    if len(context.ignored_ids):
        keep &= ~(history.item_ids[:, None] == context.ignored_ids).any(axis=1)
    return np.asarray(keep)


def _profile(history: History, history_index: Ints, keep: Bools) -> Profile:
    ids = history.item_ids[keep]
    last, strongest = runs_of(ids, history.kinds[keep], np.zeros(len(ids), np.int64))
    index, times = history_index[keep][last], history.times_us[keep][last]
    return Profile(ids[last][::-1], index[::-1], strongest[::-1], times[::-1])
