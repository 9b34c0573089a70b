"""Sparse item-to-item tables: for each item the few others it leads to, with weights (CSR)."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from recommender.data.types import Floats, Ints


@dataclass(frozen=True)
class Neighbours:
    """``item[start[i]:start[i+1]]`` are the neighbours of item ``i`` with their ``weight``, heaviest first."""

    start: Ints  # (n+1,)
    item: Ints  # (e,)
    weight: Floats  # (e,)

    def __len__(self) -> int:
        return len(self.start) - 1

    @classmethod
    def empty(cls, n: int) -> "Neighbours":
        """A table in which no item leads anywhere."""
        return cls(np.zeros(n + 1, np.int64), np.zeros(0, np.int64), np.zeros(0, np.float32))

    def contributions(self, index: Ints, weight: Floats) -> tuple[Ints, Ints, Floats]:
        """What each of the given items gives to its neighbours.

        Args:
            index: (h,) items, each in ``[0, n)``.
            weight: (h,) how much each of them counts.

        Returns: ``row`` (e,) position in ``index``, ``item`` (e,) the neighbour, ``amount`` (e,) weight × table weight.
        """
        row, entry = self.entries(index)
        return row, np.asarray(self.item[entry]), (self.weight[entry] * weight[row]).astype(np.float32)

    def entries(self, index: Ints) -> tuple[Ints, Ints]:
        """Where the neighbours of items ``index`` (h,) stand: (e,) position in ``index``, (e,) place in the table."""
        begin, end = self.start[index], self.start[index + 1]
        length = end - begin
        row = np.repeat(np.arange(len(index)), length)
        return row, np.arange(len(row)) + np.repeat(end - np.cumsum(length), length)

    def scores(self, index: Ints, weight: Floats) -> Floats:
        """(n,) summed contributions of the given items to every item."""
        _, item, amount = self.contributions(index, weight)
        return np.bincount(item, weights=amount, minlength=len(self)).astype(np.float32)

    def matrix(self) -> sparse.csr_matrix:
        """The table as a scipy matrix, (n, n) float32."""
        return sparse.csr_matrix((self.weight, self.item, self.start), shape=(len(self), len(self)))


def neighbours_of(matrix: sparse.csr_matrix, *, n: int) -> Neighbours:
    """The ``n`` heaviest positive entries of each row, heaviest first; ties go to the lower item index.

    Args:
        matrix: (m, m) weights; its diagonal is ignored.
        n: neighbours kept per item.
    """
    coo = matrix.tocoo()
    keep = (coo.row != coo.col) & (coo.data > 0)
    row, item, weight = coo.row[keep], coo.col[keep], coo.data[keep].astype(np.float32)
    order = np.lexsort((item, -weight, row))
    row, item, weight = row[order], item[order], weight[order]
    size = matrix.shape[0]
    first = np.searchsorted(row, np.arange(size))  # where each row begins
    top = np.arange(len(row)) - first[row] < n
    start = np.zeros(size + 1, np.int64)
    np.cumsum(np.bincount(row[top], minlength=size), out=start[1:])
    return Neighbours(start, item[top].astype(np.int64), weight[top])


def neighbours_strongest(rows: Iterable[Floats], *, n: int) -> Neighbours:
    """The ``n`` entries of largest magnitude of each row, signs kept, strongest first; ties go to the lower index.

    Args:
        rows: blocks (r, m) of a dense table, in order; entries that are 0 are no neighbours.
        n: neighbours kept per item.
    """
    lengths: list[Ints] = [np.zeros(1, np.int64)]
    items: list[Ints] = [np.zeros(0, np.int64)]
    weights: list[Floats] = [np.zeros(0, np.float32)]
    for block in rows:
        size = np.abs(block)
        kept = min(n, block.shape[1])
        best = np.sort(np.argpartition(-size, kept - 1, axis=1)[:, :kept], axis=1)
        order = np.argsort(-np.take_along_axis(size, best, axis=1), axis=1, kind="stable")
        best = np.take_along_axis(best, order, axis=1)
        weight = np.take_along_axis(block, best, axis=1)
        there = weight != 0
        lengths.append(there.sum(axis=1))
        items.append(best[there])
        weights.append(weight[there].astype(np.float32))
    return Neighbours(np.cumsum(np.concatenate(lengths)), np.concatenate(items), np.concatenate(weights))
