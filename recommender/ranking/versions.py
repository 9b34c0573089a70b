"""Several versions of one shopper side by side: as they are, and had they never met this or that item."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from recommender.data.profile import Profile
from recommender.data.types import Bools, Floats, Ints
from users.kinds import Kind


@dataclass(frozen=True)
class Versions:
    """Entries of b profiles in a row, each newest first, over u items that all of them are made of."""

    count: int  # b
    items: int  # u
    owner: Ints  # (e,) whose entry
    age: Ints  # (e,) place in its profile, 0 newest
    item: Ints  # (e,) which of the u items
    known: Bools  # (e,) the vocabulary has the item
    moment: Ints  # (e,) distinct moments since the newest entry of its profile
    times_us: Ints  # (e,)
    bought: Bools  # (e,)

    @classmethod
    def of(cls, profiles: Sequence[Profile], item_ids: Ints) -> "Versions":
        """Lay profiles side by side; ``item_ids`` (u,), sorted and distinct, hold the ids of all their entries."""
        lengths = np.array([len(profile) for profile in profiles], np.int64)
        begin = np.cumsum(lengths) - lengths
        owner = np.repeat(np.arange(len(profiles)), lengths)
        ids = np.concatenate([profile.item_ids for profile in profiles])
        times_us = np.concatenate([profile.times_us for profile in profiles])
        return cls(
            count=len(profiles),
            items=len(item_ids),
            owner=owner,
            age=np.arange(len(owner)) - begin[owner],
            item=np.searchsorted(item_ids, ids),
            known=np.concatenate([profile.index for profile in profiles]) >= 0,
            moment=_moments(times_us, owner, begin),
            times_us=times_us,
            bought=np.concatenate([profile.kinds for profile in profiles]) == Kind.PURCHASE,
        )

    def weights(self, n: int, decay: float, *, once: bool = False) -> Floats:
        """(b, u) summed weights ``decay ** age`` of the newest ``n`` entries that the vocabulary knows.

        With ``once`` an item counts at its newest entry alone.
        """
        recent = self.known & (self.age < n)
        weight = (decay ** np.arange(n))[self.age[recent]]
        cell = self.owner[recent] * self.items + self.item[recent]
        if once:
            cell, newest = np.unique(cell, return_index=True)  # entries are newest first within a version
            weight = weight[newest]
        total = np.bincount(cell, weights=weight, minlength=self.count * self.items)
        return total.reshape(self.count, self.items).astype(np.float32)


def shares(weights: Floats) -> Floats:
    """(b, u) rows that sum to 1; rows of zeros stay zeros."""
    total = weights.sum(axis=1, keepdims=True)
    return np.asarray(weights / np.where(total > 0, total, 1), np.float32)


def _moments(times_us: Ints, owner: Ints, begin: Ints) -> Ints:
    if not len(owner):
        return np.zeros(0, np.int64)
    changes = np.concatenate([[0], np.cumsum(times_us[1:] != times_us[:-1])])
    return np.asarray(changes - changes[begin[owner]], np.int64)
