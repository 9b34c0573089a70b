"""The Q network: the worth of a shopper's state, and what a looked-at card adds to it (torch)."""

import torch
from torch import Tensor, nn


class DuelingQ(nn.Module):
    """Q(s, a) = V(s) + examination · A(s, a),  A = u(s) · v(a) + b(a).

    Towers of states and items meet in one inner product, so that a thousand items cost little more than one.
    """

    def __init__(self, state_dim: int, item_dim: int, *, hidden: int, rank: int) -> None:
        super().__init__()
        self.state_tower = nn.Sequential(nn.Linear(state_dim, hidden), nn.ReLU(), nn.Linear(hidden, rank))
        self.item_tower = nn.Sequential(nn.Linear(item_dim, hidden), nn.ReLU(), nn.Linear(hidden, rank + 1))
        self.worth = nn.Sequential(nn.Linear(state_dim, hidden), nn.ReLU(), nn.Linear(hidden, 1))
        self.rank = rank

    def items(self, vectors: Tensor) -> Tensor:
        """(…, item_dim) → (…, rank + 1) what an item brings to every state."""
        brought: Tensor = self.item_tower(vectors)
        return brought

    def value(self, states: Tensor) -> Tensor:
        """(b, state_dim) → (b,) V."""
        worth: Tensor = self.worth(states)
        return worth.squeeze(-1)

    def advantage(self, states: Tensor, brought: Tensor) -> Tensor:
        """(b, state_dim) and (b, k, rank + 1) → (b, k) A."""
        wants = self.state_tower(states).unsqueeze(1)
        agreement: Tensor = (wants * brought[..., : self.rank]).sum(-1) / float(self.rank) ** 0.5
        return agreement + brought[..., self.rank]


class ServedQ(nn.Module):
    """What is exported: (rows, d) states and (rows, d) items → (rows,) Q of looked-at cards, in rewards."""

    def __init__(self, network: DuelingQ, *, reward_scale: float) -> None:
        super().__init__()
        self.network = network
        self.reward_scale = reward_scale

    def forward(self, state: Tensor, item: Tensor) -> Tensor:
        """Q of each row."""
        brought = self.network.items(item).unsqueeze(1)
        q = self.network.value(state) + self.network.advantage(state, brought).squeeze(1)
        return torch.mul(q, self.reward_scale)
