"""Models in which a history becomes a short vector and every item answers it with an inner product.

    score(i | history) = outward_i · state + bias_i,     state = fold(history)

A fold turns the weighted entries of a history into the state: their sum (``Sum``), the solution of a ridge regression
(``Ridge``, for ALS) or a small network over their sum (``Network``, for autoencoders and generators). So any history
is answered at once, without training and without torch.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

import numpy as np

from recommender.data.item_model import Asked, Asking
from recommender.data.onnx_model import OnnxModel
from recommender.data.types import Floats, Ints


class Fold(Protocol):
    """From the entries of histories to states."""

    def states(self, inward: Floats, asked: Asked) -> Floats:
        """(n, f) what each item adds, entries of b histories → (b, g)."""
        ...


@dataclass(frozen=True)
class Sum:
    """state = Σ w · inward, divided by Σ w where ``mean``."""

    mean: bool = False

    def states(self, inward: Floats, asked: Asked) -> Floats:
        """(b, f)."""
        total = _sums(inward, asked)
        if not self.mean:
            return total
        weight = np.bincount(asked.owner, weights=asked.weight, minlength=asked.b)
        return np.asarray(total / np.maximum(weight, 1e-9)[:, None], np.float32)


@dataclass(frozen=True)
class Ridge:
    """The state that explains a history best, as ALS solves it for a shopper (Hu, Koren, Volinsky, 2008).

    state = (gram + Σ α w · y yᵀ)⁻¹ Σ (1 + α w) · y,     gram = Σ_all y yᵀ + λ I

    A history without entries has the state 0.
    """

    gram: Floats  # (f, f)
    confidence: float  # α

    def states(self, inward: Floats, asked: Asked) -> Floats:
        """(b, f)."""
        found = np.zeros((asked.b, inward.shape[1]), np.float32)
        for row in np.unique(asked.owner).tolist():
            index, weight = asked.one(row)
            y, more = inward[index], self.confidence * weight
            normal = self.gram + (y * more[:, None]).T @ y
            found[row] = np.linalg.solve(normal, ((1.0 + more) @ y)[:, None])[:, 0]
        return found


@dataclass(frozen=True)
class Network:
    """state = network(Σ w · inward) with the weights of a history scaled to length 1; ``graph`` is ONNX.

    The graph's input is ``total`` (b, f), its output (b, g).
    """

    graph: bytes

    @cached_property
    def model(self) -> OnnxModel:
        """The network, opened at its first use."""
        return OnnxModel(self.graph)

    def states(self, inward: Floats, asked: Asked) -> Floats:
        """(b, g)."""
        length = np.sqrt(np.bincount(asked.owner, weights=asked.weight**2, minlength=asked.b))
        weight = (asked.weight / np.maximum(length, 1e-9)[asked.owner]).astype(np.float32)
        return self.model.run(total=_sums(inward, Asked(asked.owner, asked.index, weight, asked.b)))[0]


@dataclass(frozen=True)
class Factors:
    """What ``n`` items give to a state and how they answer it."""

    inward: Floats  # (n, f)
    outward: Floats  # (n, g)
    bias: Floats  # (n,)
    fold: Fold = field(default_factory=Sum)


@dataclass(frozen=True)
class FactorModel:
    """``data.item_model.ItemModel`` over factors."""

    factors: Factors
    asking: Asking = field(default_factory=Asking)

    def __len__(self) -> int:
        return len(self.factors.bias)

    def states(self, histories: Sequence[Ints]) -> Floats:
        """(b, g) of histories, newest first."""
        return self.factors.fold.states(self.factors.inward, self.asking.of(histories))

    def scores(self, histories: Sequence[Ints], items: Ints | None = None) -> Floats:
        """(b, k) outward · state + bias."""
        outward, bias = self.factors.outward, self.factors.bias
        if items is not None:
            outward, bias = outward[items], bias[items]
        return np.asarray(self.states(histories) @ outward.T + bias, np.float32)

    def witnesses(self, history: Ints, items: Ints, n: int = 2) -> tuple[Ints, Ints]:
        """The entries of a history that speak most for each item, where the state is their sum; else none.

        Args:
            history: (h,) vocabulary indices, newest first, all known.
            items: (k,) vocabulary indices.
            n: entries per item.

        Returns: (e,) place in ``history`` and (e,) place in ``items``, of amounts above 0 alone.
        """
        if not isinstance(self.factors.fold, Sum) or not len(items):
            return np.zeros(0, np.int64), np.zeros(0, np.int64)
        asked = self.asking.of([history])
        amount = (self.factors.inward[asked.index] * asked.weight[:, None]) @ self.factors.outward[items].T  # (a, k)
        strongest = np.argsort(-amount, axis=0, kind="stable")[:n]
        entry, item = strongest.ravel(), np.tile(np.arange(len(items)), len(strongest))
        speaks = amount[entry, item] > 0
        place = np.array([int(np.flatnonzero(history == one)[0]) for one in asked.index.tolist()], np.int64)
        return place[entry[speaks]], item[speaks]


def popularity_model(counts: Floats) -> FactorModel:
    """A model that scores every history alike: by (n,) counts."""
    nothing = np.zeros((len(counts), 0), np.float32)
    return FactorModel(Factors(nothing, nothing, np.asarray(counts, np.float32)), Asking(0))


def _sums(inward: Floats, asked: Asked) -> Floats:
    """(b, f) Σ w · inward."""
    found = np.zeros((asked.b, inward.shape[1]), np.float32)
    for row in np.unique(asked.owner).tolist():
        index, weight = asked.one(row)
        found[row] = weight @ inward[index]
    return found
