"""The network of Mult-VAE and the two priors of its code (torch)."""

import math
from copy import deepcopy

import torch
from torch import Tensor, nn
from torch.nn import functional

from recommender.collaborative.vae import Prior, VaeConfig

_SHARES = (0.15, 0.75, 0.10)  # of the composite prior: standard normal, earlier encoder, wide normal
_WIDE_LOG_VARIANCE = 10.0
_LOG_2PI = math.log(2.0 * math.pi)


class Encoder(nn.Module):
    """A weighted bag of items → mean and log-variance (b, latent) of its code."""

    def __init__(self, n_items: int, config: VaeConfig) -> None:
        super().__init__()
        self.items = nn.Embedding(n_items, config.hidden)
        nn.init.normal_(self.items.weight, std=(2.0 / (n_items + config.hidden)) ** 0.5)
        self.middle = Middle(config)

    def forward(self, index: Tensor, offsets: Tensor, weight: Tensor) -> tuple[Tensor, Tensor]:
        """Flat (e,) items with weights, b bags that begin at ``offsets``."""
        total = functional.embedding_bag(
            index, self.items.weight, offsets, mode="sum", per_sample_weights=weight, include_last_offset=True
        )
        mean, log_variance = self.middle(total).chunk(2, dim=1)
        return mean, log_variance


class Middle(nn.Module):
    """(b, hidden) summed item rows → (b, 2 · latent)."""

    def __init__(self, config: VaeConfig) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(config.hidden))
        self.code = nn.Linear(config.hidden, 2 * config.latent)

    def forward(self, total: Tensor) -> Tensor:
        """See the class."""
        code: Tensor = self.code(torch.tanh(total + self.bias))
        return code


class Vae(nn.Module):
    """Encoder, code and decoder."""

    def __init__(self, n_items: int, config: VaeConfig) -> None:
        super().__init__()
        self.encoder = Encoder(n_items, config)
        self.unfold = nn.Linear(config.latent, config.hidden)
        self.answer = nn.Linear(config.hidden, n_items)

    def decode(self, code: Tensor) -> Tensor:
        """(b, latent) → logits (b, n)."""
        logits: Tensor = self.answer(torch.tanh(self.unfold(code)))
        return logits


class Divergence:
    """How far the codes of a batch are from the prior, in nats per shopper."""

    def __init__(self, prior: str) -> None:
        self.prior = Prior(prior)
        self.earlier: Encoder | None = None

    def epoch_end(self, encoder: Encoder) -> None:
        """Remember the encoder as it stands, for the composite prior."""
        if self.prior is Prior.COMPOSITE:
            self.earlier = deepcopy(encoder).eval().requires_grad_(False)

    def __call__(self, code: Tensor, mean: Tensor, log_variance: Tensor, bag: tuple[Tensor, Tensor, Tensor]) -> Tensor:
        """(b,) divergence: in closed form from the normal prior, by the drawn code from the composite one.

        Args:
            code: (b, latent) as drawn.
            mean: (b, latent) of the distribution it was drawn from.
            log_variance: (b, latent) of the same.
            bag: what the encoder was given.
        """
        if self.prior is Prior.NORMAL:
            return -0.5 * (1.0 + log_variance - mean.square() - log_variance.exp()).sum(dim=1)
        zero = torch.zeros_like(mean)
        with torch.no_grad():
            old_mean, old_log_variance = (zero, zero) if self.earlier is None else self.earlier(*bag)
        parts = ((zero, zero), (old_mean, old_log_variance), (zero, zero + _WIDE_LOG_VARIANCE))
        densities = [math.log(share) + log_normal(code, *part) for share, part in zip(_SHARES, parts, strict=True)]
        return log_normal(code, mean, log_variance) - torch.logsumexp(torch.stack(densities), dim=0)


def log_normal(x: Tensor, mean: Tensor, log_variance: Tensor) -> Tensor:
    """(b,) log-density of a normal distribution with independent coordinates."""
    return -0.5 * (_LOG_2PI + log_variance + (x - mean).square() / log_variance.exp()).sum(dim=1)
