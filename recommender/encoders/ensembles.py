"""Several small encoders of different seeds, whose disagreement says what is not known (torch).

Reference: Lakshminarayanan, Pritzel, Blundell, 2017 (deep ensembles).
"""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from recommender.data.sequences import Sequences
from recommender.data.splits import Targets
from recommender.data.types import Floats
from recommender.encoders.config import EncoderConfig
from recommender.encoders.doubt import MEMBERS
from recommender.encoders.export import encoder_export
from recommender.encoders.item_facts import ItemFacts
from recommender.encoders.trained import TrainedEncoder
from recommender.encoders.training_loop import encoder_train

SEED_STRIDE = 7919


def member_config(config: EncoderConfig) -> EncoderConfig:
    """A smaller network of the same kind: doubt needs many opinions more than sharp ones."""
    dim = max(config.embedding_dim // 2 // config.n_heads, 1) * config.n_heads
    return replace(config, embedding_dim=dim, n_blocks=1, feed_forward=2)


def ensemble_train(
    sequences: Sequences,
    item_text: Floats | None,
    config: EncoderConfig,
    *,
    k: int = 5,
    validation: Targets | None = None,
    facts: ItemFacts | None = None,
    repeats: bool = False,
    seed: int = 0,
    device: str = "cpu",
) -> list[TrainedEncoder]:
    """Train ``k`` encoders that differ in nothing but their seed.

    Args:
        sequences: see ``encoder_train``, as everything that is not said here.
        item_text: (n, t) text vectors or None.
        config: of each member, for example ``member_config`` of the shop's.
        k: members, two or more.
        validation: stops each of them.
        facts: of the items.
        repeats: whether validation may be answered with items already met.
        seed: of the first; equal seeds give equal ensembles.
        device: cpu, cuda or auto.
    Raises: ValueError for fewer than two members, who cannot disagree.
    """
    if k < 2:
        raise ValueError(f"an ensemble of {k} cannot disagree; train two or more")
    return [
        encoder_train(
            sequences,
            item_text,
            config,
            validation=validation,
            facts=facts,
            repeats=repeats,
            seed=seed + SEED_STRIDE * number,
            device=device,
        )
        for number in range(k)
    ]


def ensemble_export(members: Sequence[TrainedEncoder], folder: Path, *, seed: int = 0) -> None:
    """Write what ``doubt.Doubt`` reads: a folder for each member, and ``doubt.json``, which names them."""
    for number, member in enumerate(members):
        place = folder / str(number)
        place.mkdir(parents=True)
        encoder_export(member, place, seed=seed)
        np.save(place / "item_vectors.npy", member.item_vectors, allow_pickle=False)
        np.save(place / "item_bias.npy", member.item_bias, allow_pickle=False)
    about = {"members": len(members), "max_length": members[0].config.max_length}
    (folder / MEMBERS).write_text(json.dumps(about))
