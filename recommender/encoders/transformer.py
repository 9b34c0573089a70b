"""The causal Transformer over behaviour (torch; training only).

Pre-norm blocks over item vectors, a learned start token in front, attention with a learned bias per head and distance
instead of positions, so that a window may begin anywhere.

Reference: Kang and McAuley, 2018 (SASRec); Zhai et al., 2024 (HSTU's bias by time).
"""

import torch
from torch import Tensor, nn

from recommender.encoders.attention import Attention, row_at, token_gaps
from recommender.encoders.causal import Block, CausalEncoder
from recommender.encoders.config import EncoderConfig


class CausalTransformer(CausalEncoder):
    """Attention to the past."""

    hidden: Tensor

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__(config)
        reach = config.max_length + 1
        self.blocks = nn.ModuleList(
            Block(Attention(config, reach=reach, causal=True), config) for _ in range(config.n_blocks)
        )
        self.time_bias = config.time_bias
        place = torch.arange(reach)
        self.register_buffer("hidden", place[:, None] < place[None, :], persistent=False)

    def mix(self, x: Tensor, hours: Tensor | None) -> Tensor:
        """(b, t+1, d) → (b, t+1, d)."""
        hidden, gaps = self._context(x, hours)
        for block in self.blocks:
            x = block(x, hidden, gaps)
        return x

    def final(self, vectors: Tensor, kinds: Tensor, lengths: Tensor, hours: Tensor | None = None) -> Tensor:
        """See ``SequenceEncoder``; the last block computes no row but the one that is wanted."""
        x = self.entrance.opened(self.entrance.tokens(vectors, kinds))
        hidden, gaps = self._context(x, hours)
        *before, last = self.blocks
        for block in before:
            x = block(x, hidden, gaps)
        gaps = None if gaps is None else row_at(gaps, lengths)
        state: Tensor = self.norm_out(last(x, hidden[lengths][:, None, None], gaps, asking=lengths))
        return state.squeeze(1)

    def _context(self, x: Tensor, hours: Tensor | None) -> tuple[Tensor, Tensor | None]:
        """(t+1, t+1) what must not be seen, and (b, t+1, t+1) buckets of time or None."""
        t = x.shape[1]
        return self.hidden[:t, :t], token_gaps(hours, behind=0) if self.time_bias else None
