"""The causal Transformer over behaviour (torch; training only).

Pre-norm blocks over item vectors, a learned start token in front, attention with a learned bias per head and distance
instead of positions, so that a window may begin anywhere.
"""

import math

import torch
from torch import Tensor, nn

from recommender.encoders.config import EncoderConfig
from users.kinds import Kind

N_KINDS = max(Kind) + 1  # 0: unknown


class CausalAttention(nn.Module):
    """Multi-head self-attention to the past with a bias by distance."""

    distance: Tensor
    mask: Tensor

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        self.n_heads = config.n_heads
        self.mix = nn.Linear(config.embedding_dim, 3 * config.embedding_dim)
        self.out = nn.Linear(config.embedding_dim, config.embedding_dim)
        self.distance_bias = nn.Parameter(torch.zeros(config.n_heads, config.max_length + 1))
        place = torch.arange(config.max_length + 1)
        self.register_buffer("distance", (place[:, None] - place[None, :]).clamp(min=0), persistent=False)
        self.register_buffer("mask", place[:, None] < place[None, :], persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """(b, t, d) → (b, t, d)."""
        b, t, d = x.shape
        query, key, value = self.mix(x).view(b, t, 3, self.n_heads, d // self.n_heads).permute(2, 0, 3, 1, 4)
        logits = query @ key.transpose(-1, -2) / math.sqrt(d // self.n_heads)
        logits = logits + self.distance_bias[:, self.distance[:t, :t]]
        weights = torch.softmax(logits.masked_fill(self.mask[:t, :t], -1e9), dim=-1)
        mixed: Tensor = self.out((weights @ value).transpose(1, 2).reshape(b, t, d))
        return mixed


class Block(nn.Module):
    """Attention and a feed-forward net, each normalised before and added after."""

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        d = config.embedding_dim
        self.norm_attention, self.norm_feed = nn.LayerNorm(d), nn.LayerNorm(d)
        self.attention = CausalAttention(config)
        self.feed = nn.Sequential(
            nn.Linear(d, config.feed_forward * d), nn.GELU(), nn.Linear(config.feed_forward * d, d)
        )
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, x: Tensor) -> Tensor:
        """(b, t, d) → (b, t, d)."""
        x = x + self.dropout(self.attention(self.norm_attention(x)))
        moved: Tensor = x + self.dropout(self.feed(self.norm_feed(x)))
        return moved


class BehaviourTransformer(nn.Module):
    """Item vectors of a history → a state after each entry."""

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        d = config.embedding_dim
        self.start = nn.Parameter(torch.randn(d) * 0.1)
        self.kind = nn.Embedding(N_KINDS, d)
        nn.init.zeros_(self.kind.weight)
        self.norm_in, self.norm_out = nn.LayerNorm(d), nn.LayerNorm(d)
        self.dropout = nn.Dropout(config.dropout)
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.n_blocks))

    def forward(self, vectors: Tensor, kinds: Tensor) -> Tensor:
        """(b, t, d), (b, t) → (b, t+1, d): column 0 is the state before anything happened."""
        x = self.norm_in(vectors) + self.kind(kinds)
        first = self.start.expand(x.shape[0], 1, -1)
        x = self.dropout(torch.cat([first, x], dim=1))
        for block in self.blocks:
            x = block(x)
        states: Tensor = self.norm_out(x)
        return states
