"""The ranker's network: heads on what they share, beside a linear path, and how sure each is (torch)."""

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from recommender.data.types import Floats
from recommender.ranking.experts import bottom_make
from recommender.ranking.last_layer_laplace import deviations, laplace_factors
from recommender.ranking.ranker_config import RankerConfig

CLIP = 5.0
"""Scaled features beyond this many standard deviations are cut: serving meets stranger items than logs do."""


class MultiTaskNet(nn.Module):
    """(n, F) features → (n, H) logits at the reference place of a page."""

    mean: Tensor
    spread: Tensor
    factors: Tensor

    def __init__(self, mean: Floats, spread: Floats, *, heads: int, config: RankerConfig) -> None:
        super().__init__()
        self.register_buffer("mean", torch.from_numpy(mean))
        self.register_buffer("spread", torch.from_numpy(spread))
        self.bottom = bottom_make(len(mean), heads, config)
        last = [nn.Linear(self.bottom.out, 1) for _ in range(heads)]
        self.weight = nn.Parameter(torch.cat([one.weight.detach() for one in last]))  # (H, out)
        self.bias = nn.Parameter(torch.zeros(heads))
        self.linear = nn.Linear(len(mean), heads, bias=False)
        nn.init.zeros_(self.linear.weight)
        size = self.bottom.out + len(mean) + 1
        self.register_buffer("factors", torch.zeros(heads, size, size))

    def forward(self, features: Tensor) -> Tensor:
        """(n, F) → (n, H) logits."""
        scaled = self._scaled(features)
        return self._logits(self.bottom(scaled), scaled)

    def logits_and_deviations(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """(n, F) → (n, H) logits, and the (n, H) standard deviation of each."""
        scaled = self._scaled(features)
        shared = self.bottom(scaled)
        return self._logits(shared, scaled), deviations(_last_inputs(shared, scaled), self.factors)

    def uncertainty_fit(self, features: Tensor, offset: Tensor, weights: Tensor, prior_precision: float) -> None:
        """Learn from the training rows how sure each head may be where.

        Args:
            features: (n, F).
            offset: (n,) examination where each card stood, in logits.
            weights: (n, H) of the outcomes.
            prior_precision: of the last layer's weights; the larger, the surer.
        """
        with torch.no_grad():
            scaled = self._scaled(features)
            shared = self.bottom(scaled)
            logits = self._logits(shared, scaled) + offset[:, None]
            self.factors = laplace_factors(_last_inputs(shared, scaled), logits, weights, prior_precision)

    def _scaled(self, features: Tensor) -> Tensor:
        return torch.clamp((features - self.mean) / self.spread, -CLIP, CLIP)

    def _logits(self, shared: Tensor, scaled: Tensor) -> Tensor:
        logits: Tensor = (shared * self.weight).sum(dim=2) + self.bias + self.linear(scaled)
        return logits


def _last_inputs(shared: Tensor, scaled: Tensor) -> Tensor:
    """(n, H, out + F + 1) what the last layer of each head reads: (n, H, out), (n, F) and a constant."""
    n, heads, _ = shared.shape
    plain = torch.cat([scaled, torch.ones_like(scaled[:, :1])], dim=1)
    return torch.cat([shared, plain.unsqueeze(1).expand(n, heads, plain.shape[1])], dim=2)


def net_fit(
    features: Floats,
    labels: Floats,
    weights: Floats,
    offset: Floats,
    config: RankerConfig,
    *,
    seed: int,
    device: torch.device,
) -> MultiTaskNet:
    """Fit all heads at once: mean over heads of cross-entropy in units of each head's own base entropy.

    Args:
        features: (n, F).
        labels: (n, H) 1 or 0; NaN only where ``weights`` are 0.
        weights: (n, H) of each row for each head.
        offset: (n,) log-odds of examination, added to every logit and not learned.
        config: see ``RankerConfig``.
        seed: of initial weights and order.
        device: where to train.
    """
    torch.manual_seed(seed)
    labels = np.nan_to_num(labels)
    mean, spread = features.mean(axis=0), features.std(axis=0)
    scaling = (mean, np.where(spread > 1e-6, spread, 1.0).astype(np.float32))
    model = MultiTaskNet(*scaling, heads=labels.shape[1], config=config)
    rate = np.clip((labels * weights).sum(axis=0) / np.maximum(weights.sum(axis=0), 1), 1e-5, 1 - 1e-5)
    with torch.no_grad():
        model.bias.copy_(torch.from_numpy(np.log(rate / (1 - rate)).astype(np.float32)))
    entropy = -(rate * np.log(rate) + (1 - rate) * np.log(1 - rate))
    model.to(device)
    tensors = [torch.from_numpy(array).to(device) for array in (features, labels, weights, offset)]
    scale = torch.from_numpy((1 / (labels.shape[1] * entropy)).astype(np.float32)).to(device)
    _descend(model, tensors, scale, config, np.random.default_rng(seed))
    model = model.cpu().eval()
    rows = (torch.from_numpy(features), torch.from_numpy(offset), torch.from_numpy(weights))
    model.uncertainty_fit(rows[0], rows[1], rows[2], config.prior_precision)
    return model


def _descend(
    model: MultiTaskNet, tensors: list[Tensor], scale: Tensor, config: RankerConfig, rng: np.random.Generator
) -> None:
    features, labels, weights, offset = tensors
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
            each = functional.binary_cross_entropy_with_logits(logits, labels[rows], reduction="none")
            optimiser.zero_grad(set_to_none=True)
            ((each * weights[rows]).mean(dim=0) * scale).sum().backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            schedule.step()


def net_logits(model: MultiTaskNet, features: Floats) -> Floats:
    """(n, H) logits at the reference place."""
    with torch.no_grad():
        logits: Floats = model(torch.from_numpy(features)).numpy()
    return logits
