"""Dilated causal convolutions over behaviour (torch; training only).

Reference: Yuan et al., 2019 (NextItNet).
"""

from torch import Tensor, nn
from torch.nn import functional as F

from recommender.encoders.causal import CausalEncoder
from recommender.encoders.config import EncoderConfig

KERNEL = 3  # entries that one filter reads


class CausalConvolution(nn.Module):
    """Filters that end at their own entry and read every ``dilation``-th one before it."""

    def __init__(self, d: int, dilation: int) -> None:
        super().__init__()
        self.behind = (KERNEL - 1) * dilation
        self.filters = nn.Conv1d(d, d, KERNEL, dilation=dilation)

    def forward(self, x: Tensor) -> Tensor:
        """(b, t, d) → (b, t, d)."""
        filtered: Tensor = self.filters(F.pad(x.transpose(1, 2), (self.behind, 0)))
        return filtered.transpose(1, 2)


class ConvolutionBlock(nn.Module):
    """Two convolutions, the second twice as wide, added to what went in."""

    def __init__(self, config: EncoderConfig, dilation: int) -> None:
        super().__init__()
        d = config.embedding_dim
        self.norm_first, self.norm_second = nn.LayerNorm(d), nn.LayerNorm(d)
        self.first, self.second = CausalConvolution(d, dilation), CausalConvolution(d, 2 * dilation)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, x: Tensor) -> Tensor:
        """(b, t, d) → (b, t, d)."""
        narrow = self.first(F.relu(self.norm_first(x)))
        wide = self.second(F.relu(self.norm_second(narrow)))
        added: Tensor = x + self.dropout(wide)
        return added


class ConvolutionEncoder(CausalEncoder):
    """Blocks of dilation 1, 4, 16 …: n blocks see the newest 2 · 4ⁿ - 1 tokens."""

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__(config)
        self.blocks = nn.Sequential(*(ConvolutionBlock(config, 4**number) for number in range(config.n_blocks)))

    def mix(self, x: Tensor, hours: Tensor | None) -> Tensor:
        """(b, t+1, d) → (b, t+1, d); times are not read."""
        mixed: Tensor = self.blocks(x)
        return mixed
