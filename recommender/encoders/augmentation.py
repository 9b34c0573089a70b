"""Variations of short sequences, so that many readers of little are more than they are.

What is predicted stays true; only what is read before it varies.

Reference: Xie et al., 2022 (CL4SRec: crop, mask, reorder); Liu et al., 2021 (CoSeRec: substitute).
"""

from dataclasses import dataclass, replace

import numpy as np

from recommender.collaborative.item_knn import ItemKnnConfig, item_knn_fit
from recommender.data.neighbours import Neighbours
from recommender.data.sequences import Sequences
from recommender.data.types import Bools, Ints
from recommender.encoders.config import EncoderConfig

RUN = 3  # entries whose order is given up
LEAST = 2  # entries that a crop leaves
SIMILAR = 10  # items that an item may be read as


@dataclass(frozen=True)
class Augmentation:
    """How short sequences are varied; every epoch draws anew."""

    config: EncoderConfig
    similar: Neighbours | None  # what an item may be read as; None: nothing is substituted

    def loosened(self, sequences: Sequences, rng: np.random.Generator) -> Sequences:
        """The same, where a short run of some sequences becomes a set, like the entries of one order."""
        if self.config.reorder_share == 0:
            return sequences
        lengths = sequences.lengths
        chosen = np.flatnonzero(self._short(sequences) & (rng.random(len(lengths)) < self.config.reorder_share))
        chosen = chosen[lengths[chosen] > RUN]
        begin = sequences.start[chosen] + (rng.random(len(chosen)) * (lengths[chosen] - RUN + 1)).astype(np.int64)
        order = sequences.order.copy()
        run = begin[:, None] + np.arange(RUN)
        free = (order[run] == 0).all(axis=1)  # what was bought together stays together
        order[run[free]] = -1 - begin[free, None]
        return replace(sequences, order=order)

    def kept(self, sequences: Sequences, rng: np.random.Generator) -> Bools:
        """(m,) False where an entry is left out of what is read in this epoch."""
        keep = np.ones(len(sequences.item), np.bool_)
        user, lengths, short = sequences.user, sequences.lengths, self._short(sequences)
        if self.config.crop_share:
            size = np.maximum(LEAST, np.ceil(lengths * rng.uniform(0.5, 1.0, len(lengths)))).astype(np.int64)
            first = (rng.random(len(lengths)) * np.maximum(lengths - size + 1, 1)).astype(np.int64)
            cropped = short & (lengths > LEAST) & (rng.random(len(lengths)) < self.config.crop_share)
            place = np.arange(len(keep)) - sequences.start[user]
            keep &= ~cropped[user] | ((place >= first[user]) & (place < (first + size)[user]))
        if self.config.hide_share:
            keep &= ~(short[user] & (rng.random(len(keep)) < self.config.hide_share))
        return keep

    def read(self, sequences: Sequences, rng: np.random.Generator) -> Ints:
        """(m,) the item that each entry is read as."""
        if self.similar is None:
            return sequences.item
        begin, end = self.similar.start[sequences.item], self.similar.start[sequences.item + 1]
        change = self._short(sequences)[sequences.user] & (rng.random(len(begin)) < self.config.substitute_share)
        change &= end > begin
        place = begin + (rng.random(len(begin)) * (end - begin)).astype(np.int64)
        items = sequences.item.copy()
        items[change] = self.similar.item[place[change]]
        return items

    def _short(self, sequences: Sequences) -> Bools:
        return np.asarray(sequences.lengths < self.config.augment_below)


def augmentation_of(config: EncoderConfig, sequences: Sequences) -> Augmentation | None:
    """What a configuration asks for; None where nothing is varied. Similar items are neighbours in ``sequences``."""
    shares = (config.crop_share, config.hide_share, config.reorder_share, config.substitute_share)
    if not any(shares):
        return None
    return Augmentation(config, item_knn_fit(sequences, ItemKnnConfig(n=SIMILAR)) if config.substitute_share else None)
