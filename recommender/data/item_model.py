"""Collaborative models as they serve: a history in, a score per item out, with numpy and onnxruntime alone.

There are two forms: a table of neighbours (here) and factors (``data.factors``). Both are asked in the same way: the
newest entries of a history, each with a weight.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from recommender.data.neighbours import Neighbours
from recommender.data.types import Floats, Ints


@dataclass(frozen=True)
class Asked:
    """The entries that a model is asked with, flat over ``b`` histories; sorted by history."""

    owner: Ints  # (e,) which history
    index: Ints  # (e,) vocabulary index
    weight: Floats  # (e,)
    b: int

    def one(self, row: int) -> tuple[Ints, Floats]:
        """Entries and weights of one history."""
        part = slice(*np.searchsorted(self.owner, [row, row + 1]))
        return self.index[part], self.weight[part]


@dataclass(frozen=True)
class Asking:
    """Which entries of a history a model hears, and how much each of them counts."""

    n: int = 100  # newest entries
    decay: float = 1.0  # weight of an entry = decay ** (its age in steps)
    once: bool = True  # an item counts at its newest entry alone

    def of(self, histories: Sequence[Ints]) -> Asked:
        """Entries and weights.

        Args:
            histories: b arrays of vocabulary indices, newest first; -1 is an item the vocabulary lacks.
        """
        parts = [self._one(np.asarray(history[: self.n], np.int64)) for history in histories]
        empty: list[Ints] = [np.zeros(0, np.int64)]
        owner = np.repeat(np.arange(len(parts)), [len(age) for _, age in parts])
        index = np.concatenate(empty + [index for index, _ in parts])
        age = np.concatenate(empty + [age for _, age in parts])
        return Asked(owner, index, (self.decay ** age.astype(np.float32)).astype(np.float32), len(parts))

    def _one(self, newest: Ints) -> tuple[Ints, Ints]:
        """Known entries and their ages."""
        age = np.flatnonzero(newest >= 0)
        if self.once and len(age):
            age = age[np.sort(np.unique(newest[age], return_index=True)[1])]
        return newest[age], age


class ItemModel(Protocol):
    """What a collaborative model can do once it is learned."""

    @property
    def asking(self) -> Asking:
        """How the model is asked."""
        ...

    def __len__(self) -> int:
        """Items of the vocabulary."""
        ...

    def scores(self, histories: Sequence[Ints], items: Ints | None = None) -> Floats:
        """Scores of items for shoppers.

        Args:
            histories: b arrays of vocabulary indices, newest first, -1 unknown.
            items: (k,) vocabulary indices to score; all where None.

        Returns: (b, k) finite float32; the higher the better, comparable within a row alone.
        """
        ...


@dataclass(frozen=True)
class TableModel:
    """Items score by the summed weights that the history's items give them; weights may be negative."""

    neighbours: Neighbours
    asking: Asking = field(default_factory=Asking)

    def __len__(self) -> int:
        return len(self.neighbours)

    def scores(self, histories: Sequence[Ints], items: Ints | None = None) -> Floats:
        """(b, k) summed contributions; an empty history gives zeros."""
        asked, n = self.asking.of(histories), len(self)
        row, item, amount = self.neighbours.contributions(asked.index, asked.weight)
        place, k = item, n
        if items is not None:
            k = len(items)
            places = np.full(n, k, np.int64)  # k: nobody asks for it
            places[items] = np.arange(k)
            place = places[item]
        flat = asked.owner[row] * (k + 1) + place
        total = np.bincount(flat, weights=amount, minlength=asked.b * (k + 1)).reshape(asked.b, k + 1)
        return total[:, :k].astype(np.float32)
