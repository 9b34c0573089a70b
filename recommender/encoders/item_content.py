"""What is known of items as the tensors that the item tower reads (torch; training only)."""

import math

import numpy as np
import torch
from torch import Tensor

from recommender.data.types import Floats
from recommender.encoders.item_facts import FactReading, ItemFacts
from recommender.encoders.whitening import Whitening


def content_of(
    text: Floats | None, whitening: Whitening, facts: ItemFacts | None, reading: FactReading
) -> dict[str, Tensor]:
    """The parts of items that the tower knows how to read.

    Args:
        text: (n, t) text vectors, rows of zeros or NaN where there is no text; None: no item has one.
        whitening: of the text.
        facts: of the same items; None: nothing is known.
        reading: of the facts.
    Returns: part → (n, w) float32 of length √w or zeros, or (n,) int64 rows of an attribute.
    """
    content: dict[str, Tensor] = {}
    if text is not None and whitening.dim:
        content["text"] = _scaled(whitening.apply(text))
    if facts is None:
        return content
    if reading.image.dim and facts.image is not None:
        content["image"] = _scaled(reading.image.apply(facts.image))
    return content | {name: torch.from_numpy(rows) for name, rows in reading.attributes(facts).items()}


def sizes_of(reading: FactReading) -> dict[str, int]:
    """Attribute → rows above "none"."""
    return {name: len(values) for name, values in reading.known.items()}


def _scaled(whitened: Floats) -> Tensor:
    return torch.from_numpy(whitened * np.float32(math.sqrt(whitened.shape[1])))
