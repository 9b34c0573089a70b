"""The bidirectional Transformer, taught to fill gaps (torch; training only).

Reference: Sun et al., 2019 (BERT4Rec).
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from recommender.encoders.attention import Attention, token_gaps
from recommender.encoders.batches import NO_TARGET
from recommender.encoders.causal import Block, Entrance, state_at
from recommender.encoders.config import EncoderConfig

ENDING_SHARE = 0.5
"""Share of training histories that are cut at a random entry and asked for what followed: the question of serving."""


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
        """Random entries are hidden and asked for; some histories instead are cut and asked for what followed."""
        place = torch.arange(targets.shape[1], device=targets.device)
        end = torch.rand(targets.shape, device=targets.device).masked_fill(targets == NO_TARGET, -1.0).argmax(dim=1)
        ends = (targets != NO_TARGET).any(dim=1) & (torch.rand(len(end), device=end.device) < ENDING_SHARE)
        gap = (torch.rand(targets.shape, device=targets.device) < self.mask_share) & (place < lengths[:, None])
        last = ~gap.any(dim=1, keepdim=True) & (place == lengths[:, None] - 1)  # a history teaches something
        asked = torch.where(ends[:, None], place == end[:, None], gap | last)
        beyond = place >= torch.where(ends, end + 1, lengths)[:, None]
        answers = torch.where(ends[:, None], targets, F.pad(items, (0, 1)))
        return self._fill(vectors, kinds, hours, asked, beyond)[asked], answers[asked]

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
