"""The item tower of unseen items as an ONNX file (torch).

Inputs are what a shop knows of any item, raw: ``text`` (n, t), ``image`` (n, i), ``brand``, ``category`` (n,) int64 ids
and ``price`` (n,) int64 minor units. Only those that the tower has parts for are inputs. Rows of zeros or NaN mean no
text and no picture, 0 no brand or category, -1 no price; ids that training has not met count as none.
"""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from recommender.encoders.item_facts import FactReading
from recommender.encoders.onnx_file import onnx_write
from recommender.encoders.trained import TrainedEncoder
from recommender.encoders.whitening import Whitening

PROBES = 5


class _Whitened(nn.Module):
    """Raw vectors as ``content_of`` gives them."""

    mean: Tensor
    projection: Tensor

    def __init__(self, whitening: Whitening) -> None:
        super().__init__()
        self.register_buffer("mean", torch.from_numpy(whitening.mean))
        self.register_buffer("projection", torch.from_numpy(whitening.projection))

    def forward(self, vectors: Tensor) -> Tensor:
        """(n, t) → (n, w), zeros where a row is zeros or NaN."""
        known = torch.where(torch.isnan(vectors), torch.zeros_like(vectors), vectors)
        present = (known.abs().sum(1, keepdim=True) > 0).to(known.dtype)
        whitened = (known - self.mean) @ self.projection
        length = whitened.norm(dim=1, keepdim=True).clamp(min=1e-9)
        scaled: Tensor = whitened / length * self.projection.shape[1] ** 0.5 * present
        return scaled


class _KnownRow(nn.Module):
    """Ids as rows: 1 + the place among the known ones, 0 for others."""

    known: Tensor

    def __init__(self, known: npt.NDArray[np.int64]) -> None:
        super().__init__()
        self.register_buffer("known", torch.from_numpy(known))

    def forward(self, ids: Tensor) -> Tensor:
        """(n,) → (n,)."""
        place = torch.arange(1, len(self.known) + 1)
        return ((ids[:, None] == self.known[None, :]).to(torch.int64) * place).sum(1)


class _PriceRow(_KnownRow):
    """Prices as buckets from 1, 0 where unknown."""

    def forward(self, ids: Tensor) -> Tensor:
        """(n,) → (n,)."""
        above = (ids[:, None] >= self.known[None, :]).to(torch.int64).sum(1).clamp(min=1)
        return above * (ids >= 0).to(torch.int64)


class _UnseenItem(nn.Module):
    """The vector of an item without behaviour."""

    unseen: Tensor

    def __init__(self, trained: TrainedEncoder) -> None:
        super().__init__()
        self.tower = trained.model.tower
        self.readers = nn.ModuleDict(
            {name: _reader(name, trained.whitening, trained.facts) for name in self.tower.names}
        )
        self.register_buffer("unseen", self.tower.unseen().detach().clone())
        self.length = self.tower.unseen_length()

    def forward(self, *given: Tensor) -> Tensor:
        """One raw input per part, in the tower's order → (n, d)."""
        content = {name: self.readers[name](raw) for name, raw in zip(self.tower.names, given, strict=True)}
        vectors: Tensor = (self.unseen + self.tower.content_vectors(content)) * self.length
        return vectors


def _reader(name: str, whitening: Whitening, facts: FactReading) -> nn.Module:
    if name in ("text", "image"):
        return _Whitened(whitening if name == "text" else facts.image)
    return (_PriceRow if name == "price" else _KnownRow)(facts.known[name])


def tower_export(trained: TrainedEncoder, path: Path, rng: np.random.Generator) -> float:
    """Write the tower; returns its largest difference to torch, NaN without a file where nothing is known of items.

    Raises: ArtifactMismatch where that is too large.
    """
    names = trained.model.tower.names
    if not names:
        return float("nan")
    probes = {name: _probe(name, trained.whitening, trained.facts, rng) for name in names}
    return onnx_write(_UnseenItem(trained), probes, path, what="item tower", variadic=True)


def _probe(
    name: str, whitening: Whitening, facts: FactReading, rng: np.random.Generator
) -> npt.NDArray[np.float32] | npt.NDArray[np.int64]:
    """Raw inputs of a part, the last of them unknown."""
    if name in ("text", "image"):
        t = len(whitening.mean if name == "text" else facts.image.mean)
        vectors = rng.normal(0, 1, (PROBES, t)).astype(np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        vectors[-1] = np.nan if name == "image" else 0
        return vectors
    drawn = rng.choice(facts.known[name], PROBES)
    drawn[-1] = -1 if name == "price" else 0
    return drawn
