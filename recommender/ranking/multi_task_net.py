"""The ranker's network: one bottom shared by four heads, beside a linear path (torch)."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from recommender.data.reward import HEADS
from recommender.data.types import Floats

CLIP = 5.0
"""Scaled features beyond this many standard deviations are cut: serving meets stranger items than logs do."""


@dataclass(frozen=True)
class RankerConfig:
    """Size and optimisation of the ranker."""

    hidden: int = 48
    epochs: int = 4
    min_steps: int = 300  # small logs are read more often
    batch: int = 512
    learning_rate: float = 3e-3
    weight_decay: float = 1e-2
    max_pages: int = 5000  # pages whose features are computed
    min_pages: int = 300
    min_clicks: int = 100


class MultiTaskNet(nn.Module):
    """(n, F) features → (n, 4) logits at the reference place of a page."""

    mean: Tensor
    spread: Tensor

    def __init__(self, mean: Floats, spread: Floats, *, hidden: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.from_numpy(mean))
        self.register_buffer("spread", torch.from_numpy(spread))
        self.bottom = nn.Sequential(nn.Linear(len(mean), hidden), nn.ReLU(), nn.Linear(hidden, hidden // 2), nn.ReLU())
        self.heads = nn.Linear(hidden // 2, len(HEADS))
        self.linear = nn.Linear(len(mean), len(HEADS), bias=False)
        nn.init.zeros_(self.linear.weight)

    def forward(self, features: Tensor) -> Tensor:
        """Logits of click, cart, purchase, dislike."""
        scaled = torch.clamp((features - self.mean) / self.spread, -CLIP, CLIP)
        logits: Tensor = self.heads(self.bottom(scaled)) + self.linear(scaled)
        return logits


def net_fit(
    features: Floats, labels: Floats, offset: Floats, config: RankerConfig, *, seed: int, device: torch.device
) -> MultiTaskNet:
    """Fit all heads at once: mean over heads of cross-entropy in units of each head's own base entropy.

    Args:
        features: (n, F).
        labels: (n, 4).
        offset: (n,) log-odds of examination, added to every logit and not learned.
        config: see ``RankerConfig``.
        seed: of initial weights and order.
        device: where to train.
    """
    torch.manual_seed(seed)
    mean, spread = features.mean(axis=0), features.std(axis=0)
    model = MultiTaskNet(mean, np.where(spread > 1e-6, spread, 1.0).astype(np.float32), hidden=config.hidden)
    rate = np.clip(labels.mean(axis=0), 1e-5, 1 - 1e-5)
    with torch.no_grad():
        model.heads.bias.copy_(torch.from_numpy(np.log(rate / (1 - rate)).astype(np.float32)))
    entropy = -(rate * np.log(rate) + (1 - rate) * np.log(1 - rate))
    model.to(device)
    tensors = [torch.from_numpy(array).to(device) for array in (features, labels, offset)]
    scale = torch.from_numpy((1 / (len(HEADS) * entropy)).astype(np.float32)).to(device)
    _descend(model, tensors, scale, config, np.random.default_rng(seed))
    return model.cpu().eval()


def _descend(
    model: MultiTaskNet, tensors: list[Tensor], scale: Tensor, config: RankerConfig, rng: np.random.Generator
) -> None:
    features, labels, offset = tensors
    n = len(features)
    per_epoch = max(1, -(-n // config.batch))
    epochs = max(config.epochs, -(-config.min_steps // per_epoch))
    optimiser = torch.optim.AdamW(model.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, config.learning_rate, total_steps=epochs * per_epoch)
    model.train()
    for _ in range(epochs):
        order = torch.from_numpy(rng.permutation(n)).to(features.device)
        for begin in range(0, n, config.batch):
            rows = order[begin : begin + config.batch]
            logits = model(features[rows]) + offset[rows, None]
            losses = functional.binary_cross_entropy_with_logits(logits, labels[rows], reduction="none").mean(dim=0)
            optimiser.zero_grad(set_to_none=True)
            (losses * scale).sum().backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            schedule.step()


def net_logits(model: MultiTaskNet, features: Floats) -> Floats:
    """(n, 4) logits at the reference place."""
    with torch.no_grad():
        logits: Floats = model(torch.from_numpy(features)).numpy()
    return logits
