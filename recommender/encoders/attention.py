"""Self-attention with a learned bias by distance and, where asked for, by the time between entries (torch)."""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from recommender.encoders.config import EncoderConfig

GAP_HOURS = tuple(2.0**power for power in range(-6, 17))  # a minute, two, four … seven years
N_GAPS = len(GAP_HOURS) + 2  # below the first border; 0: unknown


class Attention(nn.Module):
    """Multi-head self-attention; each head learns how much it minds how far away an entry lies."""

    distance: Tensor

    def __init__(self, config: EncoderConfig, *, reach: int, causal: bool) -> None:
        """``reach``: longest input. ``causal``: the past alone is looked at, so the sign of a distance is known."""
        super().__init__()
        self.n_heads = config.n_heads
        self.mix = nn.Linear(config.embedding_dim, 3 * config.embedding_dim)
        self.out = nn.Linear(config.embedding_dim, config.embedding_dim)
        self.gap_bias = nn.Parameter(torch.zeros(N_GAPS, config.n_heads)) if config.time_bias else None
        place = torch.arange(reach)
        back = place[:, None] - place[None, :]
        self.register_buffer("distance", back.clamp(min=0) if causal else back + reach - 1, persistent=False)
        self.distance_bias = nn.Parameter(self._bias_begin(reach, causal=causal).repeat(config.n_heads, 1))

    @staticmethod
    def _bias_begin(reach: int, *, causal: bool) -> Tensor:
        """What distances weigh before training: nothing; in both directions neighbours most.

        A mask token has no content to look for others by. From zeros it needs many epochs to find its neighbours.
        """
        return torch.zeros(reach) if causal else -torch.arange(1 - reach, reach).abs().float()

    def forward(self, x: Tensor, hidden: Tensor, gaps: Tensor | None = None, *, asking: Tensor | None = None) -> Tensor:
        """Mix what may be seen, in q rows: all t of them or one.

        Args:
            x: (b, t, d).
            hidden: bool, broadcast to (b, heads, q, t): True where a row must not see a column.
            gaps: (b, q, t) bucket of the time between two entries (``gap_buckets``).
            asking: (b,) the one row of each history that is wanted; None: all.
        Returns: (b, q, d).
        """
        b, t, d = x.shape
        rows, distance = x, self.distance[:t, :t]
        if asking is not None:
            rows, distance = row_at(x, asking), distance[asking][:, None]
        weight, bias = self.mix.weight, self.mix.bias
        query = F.linear(rows, weight[:d], bias[:d]).view(b, -1, self.n_heads, d // self.n_heads).transpose(1, 2)
        seen = F.linear(x, weight[d:], bias[d:]).view(b, t, 2, self.n_heads, d // self.n_heads)
        key, value = seen.permute(2, 0, 3, 1, 4)
        logits = query @ key.transpose(-1, -2) / math.sqrt(d // self.n_heads)
        logits = logits + self.distance_bias[:, distance].movedim(0, -3)
        if self.gap_bias is not None and gaps is not None:
            logits = logits + F.embedding(gaps, self.gap_bias).permute(0, 3, 1, 2)
        weights = torch.softmax(logits.masked_fill(hidden, -1e9), dim=-1)
        mixed: Tensor = self.out((weights @ value).transpose(1, 2).reshape(b, -1, d))
        return mixed


def row_at(x: Tensor, row: Tensor) -> Tensor:
    """(b, t, d) and (b,) → (b, 1, d): one row of each."""
    return x.gather(1, row.view(-1, 1, 1).expand(-1, 1, x.shape[2]))


def gap_buckets(hours: Tensor) -> Tensor:
    """Time between any two tokens in buckets that double in width.

    Borders are compared, not taken by a logarithm: a rounding of the latter at a border would make two runtimes differ.

    Args:
        hours: (b, t) before any moment that a row has in common; NaN where a token has no time.
    Returns: (b, t, t) int64 in [0, N_GAPS).
    Reference: Zhai et al., 2024 (HSTU).
    """
    gap = (hours[:, :, None] - hours[:, None, :]).abs()
    bucket = torch.ones_like(gap, dtype=torch.int64)
    for border in GAP_HOURS:
        bucket = bucket + (gap >= border)
    return torch.where(torch.isnan(gap), 0, bucket)


def token_gaps(hours: Tensor | None, *, behind: int) -> Tensor | None:
    """Buckets of (b, t) entries with one timeless token in front and ``behind`` after them; None without times."""
    return None if hours is None else gap_buckets(F.pad(hours, (1, behind), value=math.nan))
