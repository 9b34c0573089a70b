"""The causal Transformer over behaviour (torch; training only).

Pre-norm blocks over item vectors, a learned start token in front, attention with a learned bias per head and distance
instead of positions, so that a window may begin anywhere.

Reference: Kang and McAuley, 2018 (SASRec); Zhai et al., 2024 (HSTU's bias by time).
"""

import torch
from torch import Tensor, nn

from recommender.encoders.attention import Attention, token_gaps
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
        t = x.shape[1]
        gaps = token_gaps(hours, behind=0) if self.time_bias else None
        for block in self.blocks:
            x = block(x, self.hidden[:t, :t], gaps)
        return x
