"""Item vectors from what is known about an item (torch; training only).

    vector = id + text · W + image · V + brand + category + price (+ network of all but the id)

Every part may be missing. In training parts are hidden at random, so that the others learn to stand alone.

Reference: Volkovs et al., 2017 (DropoutNet); Neverova et al., 2016 (modality dropout).
"""

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from recommender.encoders.config import EncoderConfig

START = 0.05  # standard deviation of a fresh part
Content = Mapping[str, Tensor]
"""Part → (m, w) float whitened vectors, rows of zeros where missing, or (m,) int64 rows of an attribute, 0 none."""


class ItemTower(nn.Module):
    """Item vector = learned id part + what is known of the item."""

    def __init__(
        self, content: Content, sizes: Mapping[str, int], config: EncoderConfig, log_popularity: Tensor
    ) -> None:
        """Build the parts that ``content`` has.

        Args:
            content: of the ``n`` items of the vocabulary.
            sizes: attribute → rows above "none".
            config: of the encoder.
            log_popularity: (n,) starts the bias.
        """
        super().__init__()
        self.config, d = config, config.embedding_dim
        self.id_part = nn.Parameter(torch.randn(len(log_popularity), d) * START)
        self.bias = nn.Parameter(log_popularity.clone())
        self.names = tuple(content)
        for name, given in content.items():
            self.register_buffer(f"given_{name}", given, persistent=False)
        self.parts = nn.ModuleDict({name: _part(given, sizes.get(name), d) for name, given in content.items()})
        self.network = _network(len(content) * d, d) if content and config.tower == "network" else None

    @property
    def given(self) -> Content:
        """What is known of the vocabulary's items."""
        return {name: self.get_buffer(f"given_{name}") for name in self.names}

    def content_vectors(self, content: Content | None = None) -> Tensor:
        """(m, d) what is known of items besides their ids, of the vocabulary where none are given; else zeros."""
        given = self.given if content is None else content
        if not self.names:
            return torch.zeros_like(self.id_part)
        parts = [self._hidden(self.parts[name](given[name])) for name in self.names]
        total = torch.stack(parts).sum(0)
        return total if self.network is None else total + self.network(torch.cat(parts, dim=1))

    def _hidden(self, part: Tensor) -> Tensor:
        """In training, the part with some items' rows set to zero; a lone part is never hidden."""
        share = self.config.modality_dropout
        if not self.training or not share or len(self.names) < 2:
            return part
        return part * (torch.rand(len(part), 1, device=part.device) >= share)

    def compose(self, content: Tensor) -> Tensor:
        """(n, d) all item vectors, given what ``content_vectors`` says of the vocabulary.

        In training some items are seen, as answers too, as if they had just come in.
        """
        share = self.config.stranger_share
        if not self.training or not share or not self.names:
            return self.id_part + content
        strange = torch.rand(len(content), 1, device=content.device) < share
        return torch.where(strange, self.unseen(), self.id_part) + content

    def forward(self) -> Tensor:
        """(n, d) all item vectors."""
        return self.compose(self.content_vectors())

    def unseen_length(self) -> float:
        """What vectors of unseen items are stretched by, to be as long as the known ones on the mean.

        Without an id part of its own a vector is shorter, and would lose to every item that shoppers have met.
        """
        with torch.no_grad():
            content = self.content_vectors()
            known, unseen = ((part + content).norm(dim=1).mean() for part in (self.id_part, self.unseen()))
        return float(known / unseen.clamp(min=1e-9))

    def unseen(self) -> Tensor:
        """(d,) the id part that stands in for an item never trained on: the mean."""
        return self.id_part.mean(0)


class _Attribute(nn.Module):
    """A learned vector per row; row 0, "none", is zero and stays so."""

    def __init__(self, rows: int, d: int) -> None:
        super().__init__()
        self.table = nn.Parameter(torch.zeros(rows, d))

    def forward(self, rows: Tensor) -> Tensor:
        """(m,) → (m, d)."""
        return F.embedding(rows, F.pad(self.table, (0, 0, 1, 0)))


def _part(given: Tensor, rows: int | None, d: int) -> nn.Module:
    if rows is not None:
        return _Attribute(rows, d)
    project = nn.Linear(given.shape[1], d, bias=False)
    nn.init.normal_(project.weight, std=START / given.shape[1] ** 0.5)
    return project


def _network(wide: int, d: int) -> nn.Sequential:
    """Begins as zero: a tower with a network starts as the sum of its parts."""
    last = nn.Linear(d, d)
    nn.init.zeros_(last.weight)
    nn.init.zeros_(last.bias)
    return nn.Sequential(nn.LayerNorm(wide), nn.Linear(wide, d), nn.GELU(), last)
