"""The bidirectional Transformer, taught to fill gaps and ends (torch; training only).

Reference: Sun et al., 2019 (BERT4Rec).
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from recommender.encoders.attention import Attention, token_gaps
from recommender.encoders.batches import NO_TARGET
from recommender.encoders.causal import Block, Entrance, state_at
from recommender.encoders.config import EncoderConfig


class MaskedTransformer(nn.Module):
    """Attention in both directions; the state after a history is that of a mask token put behind it."""

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        self.entrance = Entrance(config)
        self.mask = nn.Parameter(torch.randn(config.embedding_dim) * 0.1)
        self.norm_out = nn.LayerNorm(config.embedding_dim)
        reach = config.max_length + 2
        self.blocks = nn.ModuleList(
            Block(Attention(config, reach=reach, causal=False), config) for _ in range(config.n_blocks)
        )
        self.mask_share, self.time_bias = config.mask_share, config.time_bias

    def states(self, vectors: Tensor, kinds: Tensor, hours: Tensor | None = None) -> Tensor:
        """See ``SequenceEncoder``; one pass per column, so nothing that trains or serves calls it."""
        ends = [torch.full_like(kinds[:, 0], end) for end in range(vectors.shape[1] + 1)]
        return torch.stack([self.final(vectors, kinds, end, hours) for end in ends], dim=1)

    def final(self, vectors: Tensor, kinds: Tensor, lengths: Tensor, hours: Tensor | None = None) -> Tensor:
        """See ``SequenceEncoder``."""
        place = torch.arange(vectors.shape[1] + 1, device=lengths.device)
        states = self._fill(vectors, kinds, hours, place == lengths[:, None], place > lengths[:, None])
        return state_at(states, lengths)

    def lessons(
        self, vectors: Tensor, kinds: Tensor, lengths: Tensor, hours: Tensor | None, items: Tensor, targets: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Each history is cut at a random entry: what followed is asked for, and some of the entries before it."""
        place = torch.arange(targets.shape[1], device=targets.device)
        followed = targets != NO_TARGET
        draws = torch.rand((2, *targets.shape), device=targets.device)
        can_cut = followed.any(dim=1, keepdim=True)
        end = draws[0].masked_fill(~followed, -1.0).argmax(dim=1, keepdim=True)
        end = torch.where(can_cut, end, lengths[:, None])  # where nothing followed, the whole history is read
        behind = can_cut & (place == end)
        gap = (draws[1] < self.mask_share) & (place < end)
        last = ~(gap | behind).any(dim=1, keepdim=True) & (place == end - 1)  # every history teaches something
        asked, answers = behind | gap | last, torch.where(behind, targets, F.pad(items, (0, 1)))
        return self._fill(vectors, kinds, hours, asked, place >= end + can_cut.long())[asked], answers[asked]

    def _fill(self, vectors: Tensor, kinds: Tensor, hours: Tensor | None, asked: Tensor, beyond: Tensor) -> Tensor:
        """(b, t+1, d) states of the entries and of one place behind them.

        Args:
            vectors: (b, t, d).
            kinds: (b, t).
            hours: (b, t) or None.
            asked: (b, t+1) entries that are replaced by the mask token.
            beyond: (b, t+1) entries that nothing looks at.
        """
        tokens = F.pad(self.entrance.tokens(vectors, kinds), (0, 0, 0, 1))
        x = self.entrance.opened(torch.where(asked[..., None], self.mask, tokens))
        if hours is not None:
            hours = hours.masked_fill(asked[:, :-1], torch.nan)
        gaps = token_gaps(hours, behind=1) if self.time_bias else None
        hidden = F.pad(beyond, (1, 0))[:, None, None, :]
        for block in self.blocks:
            x = block(x, hidden, gaps)
        states: Tensor = self.norm_out(x[:, 1:])
        return states
