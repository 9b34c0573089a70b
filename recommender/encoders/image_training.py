"""A small image network that learns from the shop's own pictures (torch; training only).

Each picture is to find the text of its item among those of its batch, and the text its picture: words name colour,
material and kind, so the network learns to see them without labels of its own.

Reference: Radford et al., 2021 (CLIP).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from recommender.data.absent import Absent
from recommender.data.types import Floats
from recommender.encoders.image_encoder import ImageEncoder, pixels_stack
from recommender.encoders.image_export import UnitLength, image_export
from recommender.encoders.pictures import Pixels
from recommender.encoders.whitening import text_present, whitening_fit

TEMPERATURE = 0.1
SHIFT = 4  # pixels that a picture is moved by at most, in training
KEPT_BACK, MOST_KEPT_BACK = 0.1, 200
BY_CHANCE = 2  # times better than chance, or the pictures tell nothing
GREY, SPREAD = (0.5, 0.5, 0.5), (0.25, 0.25, 0.25)


@dataclass(frozen=True)
class ImageConfig:
    """Where image vectors come from."""

    source: str = ""  # a folder or Hugging Face name of a vision model; "": learned from the shop's own pictures
    size: int = 64  # edge of the square that the learned network reads, pixels
    dim: int = 64
    width: int = 16  # channels of its first layer
    epochs: int = 6
    min_steps: int = 90  # few pictures are looked at more often
    batch: int = 128
    learning_rate: float = 2e-3
    min_pictures: int = 200
    max_pictures: int = 20_000  # that it learns from


@dataclass(frozen=True)
class TrainedImages:
    """A trained network and how well it tells pictures apart."""

    network: UnitLength
    config: ImageConfig
    recall: float  # share of pictures kept back whose text is among the ten likeliest
    chance: float  # what guessing would give
    learned_from: int  # pictures

    def export(self, folder: Path) -> ImageEncoder:
        """Write the encoder's files."""
        return image_export(self.network, folder, source="", size=self.config.size, learned_from=self.learned_from)


def image_train(
    pictures: list[Pixels],
    text: Floats,
    config: ImageConfig,
    *,
    seed: int = 0,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> TrainedImages | Absent:
    """Learn to see what texts say.

    Args:
        pictures: m squares of ``config.size``.
        text: (m, t) text vectors of their items, rows of zeros or NaN where there is none.
        config: of the network and its training.
        seed: equal seeds on one machine give equal weights.
        progress: called with (epochs done, epochs).
    Returns: the network; Absent where there are too few pictures, or they tell nothing of the texts.
    """
    rows = np.flatnonzero(text_present(text))
    if len(rows) < config.min_pictures:
        told = {"pictures": len(rows), "needed": config.min_pictures}
        return Absent("%(pictures)d pictures have a text to learn from; %(needed)d are needed", told)
    rng = np.random.default_rng(seed)
    torch.manual_seed(seed)
    rows = rng.permutation(rows)[: config.max_pictures]
    whitening = whitening_fit(text[rows])
    words = torch.from_numpy(whitening.apply(text[rows]))
    pixels = np.stack([pictures[row] for row in rows])
    held = min(round(KEPT_BACK * len(rows)), MOST_KEPT_BACK)
    network = UnitLength(small_network(config), mean=GREY, deviation=SPREAD)
    head = nn.Linear(words.shape[1], config.dim, bias=False)
    _fit(network, head, pixels[held:], words[held:], config, rng, progress)
    recall, chance = _recall(network, head, pixels[:held], words[:held]), min(10 / held, 1.0)
    if recall < min(BY_CHANCE * chance, 0.99):
        return Absent(
            "the pictures tell nothing of the texts: %(found).0f %% find theirs among ten of %(held)d, chance"
            " %(chance).0f %%",
            {"found": 100 * recall, "held": held, "chance": 100 * chance},
        )
    return TrainedImages(network, config, recall, chance, len(rows))


def small_network(config: ImageConfig) -> nn.Sequential:
    """Four halvings, then the mean of what is left."""
    layers: list[nn.Module] = []
    channels = 3
    for wide in (config.width, 2 * config.width, 4 * config.width, 8 * config.width):
        layers += [nn.Conv2d(channels, wide, 3, stride=2, padding=1), nn.GroupNorm(4, wide), nn.GELU()]
        channels = wide
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, config.dim))


def _fit(
    network: nn.Module,
    head: nn.Linear,
    pixels: Pixels,
    words: Tensor,
    config: ImageConfig,
    rng: np.random.Generator,
    progress: Callable[[int, int], None],
) -> None:
    """Train both sides in place."""
    per_epoch = max(1, len(pixels) // config.batch)
    epochs = max(config.epochs, math.ceil(config.min_steps / per_epoch))
    steps = per_epoch * epochs
    optimiser = torch.optim.AdamW([*network.parameters(), *head.parameters()], lr=config.learning_rate)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, config.learning_rate, total_steps=steps + 1)
    network.train()
    for epoch in range(epochs):
        order = rng.permutation(len(pixels))
        for rows in np.array_split(order, per_epoch):
            seen = network(torch.from_numpy(_varied(pixels[rows], rng)))
            loss = contrast(seen, F.normalize(head(words[torch.from_numpy(rows)]), dim=1))
            optimiser.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            schedule.step()
        progress(epoch + 1, epochs)
    network.eval()


def contrast(seen: Tensor, told: Tensor) -> Tensor:
    """Mean of both cross-entropies: the text among texts by the picture, the picture among pictures by the text.

    Args:
        seen: (b, i) unit-length vectors of pictures.
        told: (b, i) those of their texts.
    """
    logits = seen @ told.T / TEMPERATURE
    own = torch.arange(len(seen), device=seen.device)
    return (F.cross_entropy(logits, own) + F.cross_entropy(logits.T, own)) / 2


def _varied(pixels: Pixels, rng: np.random.Generator) -> Floats:
    """(b, 3, s, s): moved by a few pixels, half of them mirrored."""
    right, down = rng.integers(-SHIFT, SHIFT + 1, 2)
    moved = np.roll(pixels, (int(down), int(right)), axis=(1, 2))
    mirrored = rng.random(len(pixels)) < 0.5
    moved[mirrored] = moved[mirrored, :, ::-1]
    return pixels_stack(list(moved))


@torch.inference_mode()
def _recall(network: nn.Module, head: nn.Linear, pixels: Pixels, words: Tensor) -> float:
    """Share of pictures whose text is among the ten likeliest of all that were kept back; ties count against it."""
    told = F.normalize(head(words), dim=1)
    parts = [
        network(torch.from_numpy(pixels_stack(list(part))))
        for part in np.array_split(pixels, math.ceil(len(pixels) / 64))
    ]
    logits = torch.cat(parts) @ told.T
    own = logits.diagonal()[:, None]
    return float(((logits >= own).sum(1) <= 10).float().mean())
