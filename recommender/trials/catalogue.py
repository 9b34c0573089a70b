"""What a data set says about its items, beside what was done with them."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from recommender.data.relations import Triples, triples_of
from recommender.data.sequence_file import ItemTexts
from recommender.data.types import Floats, Ints
from recommender.encoders.item_facts import ItemFacts
from recommender.language.text_encoder_export import TextEncoderConfig, text_encoder_ensure


@dataclass(frozen=True)
class Catalogue:
    """Items by vocabulary index; ids are the indices themselves, the file's ids stay with the reader."""

    brand: Ints  # (n,) 0 none
    category: Ints  # (n,)
    department: Ints  # (n,)
    text_vectors: Floats | None = None  # (n, t) unit length, NaN where there is no text

    def __len__(self) -> int:
        return len(self.brand)

    @property
    def ids(self) -> Ints:
        """(n,) item ids from 1, for 0 means "no item" in places."""
        return np.arange(1, len(self) + 1, dtype=np.int64)

    @property
    def facts(self) -> ItemFacts:
        """What the item tower reads besides texts; public data sets show no pictures."""
        return ItemFacts(self.brand, self.category, np.full(len(self), -1, np.int64))


def described(told: "Catalogue | ItemTexts") -> Triples:
    """What is told of items as triples: their brands, categories and departments."""
    return triples_of(len(told.brand), (told.brand, told.category, told.department))


def catalogue_plain(n: int) -> Catalogue:
    """Items of which nothing is known."""
    nothing = np.zeros(n, np.int64)
    return Catalogue(nothing, nothing, nothing)


def catalogue_of(texts: ItemTexts, *, home: Path, progress: Callable[[int], None] | None = None) -> Catalogue:
    """Items with their texts embedded by the shop's default text encoder.

    Args:
        texts: what the file says.
        home: folder that keeps exported text encoders.
        progress: called with the number of distinct texts embedded.
    """
    encoder = text_encoder_ensure(TextEncoderConfig(), home)
    vectors = encoder.encode(texts.texts, progress=progress)
    return Catalogue(texts.brand, texts.category, texts.department, vectors)
