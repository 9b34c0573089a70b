"""Item tower and sequence encoder trained together (torch; training only).

Item vectors are tied: what is read is what is predicted.
"""

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from recommender.encoders.config import EncoderConfig
from recommender.encoders.families import FAMILIES
from recommender.encoders.item_tower import Content, ItemTower


class SequenceModel(nn.Module):
    """Tower and encoder trained together."""

    def __init__(
        self, content: Content, sizes: Mapping[str, int], config: EncoderConfig, log_popularity: Tensor
    ) -> None:
        """See ``ItemTower`` for what is given."""
        super().__init__()
        self.config = config
        self.tower = ItemTower(content, sizes, config, log_popularity)
        self.encoder = FAMILIES[config.family](config)

    def forward(
        self,
        items: Tensor,
        kinds: Tensor,
        lengths: Tensor,
        hours: Tensor,
        targets: Tensor,
        shift: Tensor | None = None,
    ) -> tuple[Tensor, Tensor, Tensor]:
        """What a batch teaches.

        Args:
            items: (b, t) vocabulary indices, oldest first; this and the next four as in ``batches.Batch``.
            kinds: (b, t).
            lengths: (b,).
            hours: (b, t).
            targets: (b, t+1).
            shift: (n, d) added to the item vectors, for a training that resists it.

        Returns: (m, d) states, (m,) the items that they are to predict, (n, d) vectors of all items.
        """
        content = self.tower.content_vectors()
        vectors = self.tower.compose(content)
        if shift is not None:
            vectors = vectors + shift
        entries = self._entries(vectors, items, content)
        states, answers = self.encoder.lessons(entries, kinds, lengths, hours, items, targets)
        return states, answers, vectors

    def final(self, vectors: Tensor, items: Tensor, kinds: Tensor, lengths: Tensor, hours: Tensor) -> Tensor:
        """(b, d) states after histories.

        Args:
            vectors: (n, d) of all items, as the tower gives them.
            items: (b, t) vocabulary indices, oldest first; the next three as in ``batches.Histories``.
            kinds: (b, t).
            lengths: (b,).
            hours: (b, t).
        """
        return self.encoder.final(self._entries(vectors, items), kinds, lengths, hours)

    def _entries(self, vectors: Tensor, items: Tensor, content: Tensor | None = None) -> Tensor:
        """(b, t, d) vectors of entries; in training some show what is known of them alone."""
        entries = F.embedding(items, vectors)
        if content is None or not self.training or not self.config.id_dropout or not self.tower.names:
            return entries
        stranger = F.embedding(items, content) + self.tower.unseen()
        hide = torch.rand(items.shape, device=items.device) < self.config.id_dropout
        return torch.where(hide[..., None], stranger, entries)
