"""What the heads of a ranker share: one bottom, experts that each head weighs for itself, or shared and own experts.

Every bottom maps (n, F) scaled features to (n, H, ``out``): what each of H heads reads. A mixture of experts with
gates is

    z_h(x) = Σ_e g_he(x) · expert_e(x),   g_h(x) = softmax(W_h x) over the experts that head h may ask

In MMoE each head asks all experts; in CGC, the extraction of PLE at one level, its own and those that all share, so
that what helps one task cannot be overwritten by another.

References: Caruana, 1997 (shared bottom); Ma, Zhao, Yi, Chen, Hong, Chi, 2018 (MMoE); Tang, Liu, Zhao, Gong, 2020
(CGC and PLE).
"""

import torch
from torch import Tensor, nn

from recommender.ranking.ranker_config import RankerConfig


class SharedBottom(nn.Module):
    """(n, F) → (n, H, out), the same for every head."""

    def __init__(self, inputs: int, heads: int, config: RankerConfig) -> None:
        super().__init__()
        self.heads, self.out = heads, config.hidden // 2
        self.layers = nn.Sequential(
            nn.Linear(inputs, config.hidden), nn.ReLU(), nn.Linear(config.hidden, self.out), nn.ReLU()
        )

    def forward(self, scaled: Tensor) -> Tensor:
        """(n, F) → (n, H, out): what all heads read."""
        read: Tensor = self.layers(scaled)
        return read.unsqueeze(1).expand(-1, self.heads, -1)


class GatedExperts(nn.Module):
    """(n, F) → (n, H, out): experts of two layers, weighed by a gate per head.

    Args:
        inputs: F.
        heads: H.
        config: sizes.
        own: experts that each head has for itself; 0 is MMoE.
    """

    barred: Tensor

    def __init__(self, inputs: int, heads: int, config: RankerConfig, *, own: int) -> None:
        super().__init__()
        width, self.heads, self.out = config.expert_hidden, heads, config.expert_hidden // 2
        self.experts = config.experts + own * heads
        self.first = nn.Linear(inputs, self.experts * width)
        second = [nn.Linear(width, self.out) for _ in range(self.experts)]
        self.weight = nn.Parameter(torch.stack([one.weight.detach().T for one in second]))  # (E, width, out)
        self.bias = nn.Parameter(torch.stack([one.bias.detach() for one in second])[:, None])  # (E, 1, out)
        self.gates = nn.Linear(inputs, heads * self.experts)
        of = torch.cat([torch.full((config.experts,), -1), torch.arange(heads).repeat_interleave(own)])
        barred = (of >= 0) & (of != torch.arange(heads)[:, None])  # (H, E) own experts of other heads
        self.register_buffer("barred", torch.where(barred, -1e9, 0.0))

    def forward(self, scaled: Tensor) -> Tensor:
        """(n, F) → (n, H, out): what each head reads."""
        rows = scaled.shape[0]
        hidden = torch.relu(self.first(scaled)).reshape(rows, self.experts, -1).transpose(0, 1)  # (E, n, width)
        said = torch.relu(hidden @ self.weight + self.bias).transpose(0, 1)  # (n, E, out)
        asked = self.gates(scaled).reshape(rows, self.heads, self.experts) + self.barred
        read: Tensor = torch.softmax(asked, dim=2) @ said
        return read


def bottom_make(inputs: int, heads: int, config: RankerConfig) -> SharedBottom | GatedExperts:
    """The bottom that ``config.network`` names."""
    if config.network == "shared":
        return SharedBottom(inputs, heads, config)
    return GatedExperts(inputs, heads, config, own=config.own_experts if config.network == "cgc" else 0)
