"""Item vectors from what is known about an item (torch; training only)."""

import torch
from torch import Tensor, nn

from recommender.encoders.config import EncoderConfig


class ItemTower(nn.Module):
    """Item vector = learned id part + projected whitened text."""

    text: Tensor

    def __init__(self, n: int, whitened_text: Tensor, config: EncoderConfig, log_popularity: Tensor) -> None:
        """``whitened_text`` is (n, w), w = 0 without text; ``log_popularity`` (n,) starts the bias."""
        super().__init__()
        self.id_part = nn.Parameter(torch.randn(n, config.embedding_dim) * 0.05)
        self.bias = nn.Parameter(log_popularity.clone())
        self.register_buffer("text", whitened_text, persistent=False)
        self.project = (
            nn.Linear(whitened_text.shape[1], config.embedding_dim, bias=False) if whitened_text.shape[1] else None
        )
        if self.project is not None:
            nn.init.normal_(self.project.weight, std=0.05 / whitened_text.shape[1] ** 0.5)

    def text_part(self) -> Tensor | None:
        """(n, d) projected text, None without text."""
        return None if self.project is None else self.project(self.text)

    def forward(self) -> Tensor:
        """(n, d) all item vectors."""
        text = self.text_part()
        return self.id_part if text is None else self.id_part + text

    def unseen(self) -> Tensor:
        """(d,) the id part that stands in for an item never trained on: the mean."""
        return self.id_part.mean(0)
