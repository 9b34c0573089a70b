"""Item tower and sequence encoder trained together (torch; training only).

Item vectors are tied: what is read is what is predicted.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from recommender.encoders.config import EncoderConfig
from recommender.encoders.item_tower import ItemTower
from recommender.encoders.transformer import BehaviourTransformer


class SequenceModel(nn.Module):
    """Tower and Transformer trained together."""

    def __init__(self, n: int, whitened_text: Tensor, config: EncoderConfig, log_popularity: Tensor) -> None:
        super().__init__()
        self.config = config
        self.tower = ItemTower(n, whitened_text, config, log_popularity)
        self.transformer = BehaviourTransformer(config)

    def states(self, vectors: Tensor, items: Tensor, kinds: Tensor) -> Tensor:
        """(b, t+1, d) states of histories of vocabulary indices, with the id part dropped at random in training."""
        entries = F.embedding(items, vectors)
        text = self.tower.text_part() if self.training and self.config.id_dropout else None
        if text is not None:
            stranger = F.embedding(items, text) + self.tower.unseen()
            hide = torch.rand(items.shape, device=items.device) < self.config.id_dropout
            entries = torch.where(hide[..., None], stranger, entries)
        states: Tensor = self.transformer(entries, kinds)
        return states
