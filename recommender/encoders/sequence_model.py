"""Item tower and sequence encoder trained together (torch; training only).

Item vectors are tied: what is read is what is predicted.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from recommender.encoders.config import EncoderConfig
from recommender.encoders.families import FAMILIES
from recommender.encoders.item_tower import ItemTower


class SequenceModel(nn.Module):
    """Tower and encoder trained together."""

    def __init__(self, n: int, whitened_text: Tensor, config: EncoderConfig, log_popularity: Tensor) -> None:
        super().__init__()
        self.config = config
        self.tower = ItemTower(n, whitened_text, config, log_popularity)
        self.encoder = FAMILIES[config.family](config)

    def forward(
        self, items: Tensor, kinds: Tensor, lengths: Tensor, hours: Tensor, targets: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """What a batch (``batches.Batch``) teaches.

        Returns: (m, d) states, (m,) the items that they are to predict, (n, d) vectors of all items.
        """
        vectors: Tensor = self.tower()
        entries = self._entries(vectors, items)
        states, answers = self.encoder.lessons(entries, kinds, lengths, hours, items, targets)
        return states, answers, vectors

    def final(self, vectors: Tensor, items: Tensor, kinds: Tensor, lengths: Tensor, hours: Tensor) -> Tensor:
        """(b, d) states after histories of vocabulary indices; ``vectors`` (n, d) are the tower's."""
        return self.encoder.final(self._entries(vectors, items), kinds, lengths, hours)

    def _entries(self, vectors: Tensor, items: Tensor) -> Tensor:
        """(b, t, d) vectors of entries; in training some show their text alone."""
        entries = F.embedding(items, vectors)
        text = self.tower.text_part() if self.training and self.config.id_dropout else None
        if text is None:
            return entries
        stranger = F.embedding(items, text) + self.tower.unseen()
        hide = torch.rand(items.shape, device=items.device) < self.config.id_dropout
        return torch.where(hide[..., None], stranger, entries)
