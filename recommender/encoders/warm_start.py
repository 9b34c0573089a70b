"""Weights of an earlier generation as the beginning of the next, matched by item (torch).

A bundle keeps ``encoder.safetensors`` beside its ONNX files for this.
"""

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from recommender.data.types import ArtifactMismatch, Ints
from recommender.encoders.config import EncoderConfig
from recommender.encoders.item_facts import NOTHING_READ, FactReading
from recommender.encoders.sequence_model import SequenceModel
from recommender.encoders.trained import TrainedEncoder
from recommender.encoders.whitening import Whitening

WEIGHTS = "encoder.safetensors"
FACTS = "facts."  # before the names of what ``FactReading`` holds
PER_ITEM = ("tower.id_part", "tower.bias")  # weights with a row for each item


@dataclass(frozen=True)
class WarmStart:
    """What an earlier encoder knew."""

    weights: dict[str, Tensor]
    row: Ints  # (n,) its row of each item of the vocabulary, -1 for items it never met
    whitening: Whitening
    facts: FactReading = NOTHING_READ

    @property
    def fingerprint(self) -> str:
        """Hex digest of the weights and whom they are about."""
        digest = hashlib.sha256(self.row.tobytes())
        for name in sorted(self.weights):
            digest.update(name.encode() + self.weights[name].numpy().tobytes())
        return digest.hexdigest()

    def put_into(self, model: SequenceModel) -> None:
        """Give a new model these weights. Items never met get the mean id part, and a bias by their popularity.

        Raises: ArtifactMismatch where the model is built otherwise.
        """
        met = torch.from_numpy(np.flatnonzero(self.row >= 0))
        rows = torch.from_numpy(self.row[self.row >= 0])
        mine, fresh = dict(self.weights), model.state_dict()
        try:
            id_part, bias = (mine[name] for name in PER_ITEM)
            vectors = id_part.mean(0).expand(len(self.row), -1).clone()
            vectors[met] = id_part[rows]
            by_popularity = fresh["tower.bias"].clone()
            by_popularity += (bias[rows] - by_popularity[met]).mean() if len(met) else 0.0
            by_popularity[met] = bias[rows]
            model.load_state_dict({**mine, "tower.id_part": vectors, "tower.bias": by_popularity})
        except (KeyError, RuntimeError) as error:
            raise ArtifactMismatch(
                f"the earlier encoder is built otherwise ({error}); learn from scratch instead of updating it"
            ) from error


def weights_write(trained: TrainedEncoder, folder: Path) -> None:
    """Put the weights of a trained encoder beside its exported files."""
    weights = {name: one.detach().cpu().contiguous() for name, one in trained.model.state_dict().items()}
    weights |= {
        f"{FACTS}{name}": torch.from_numpy(np.ascontiguousarray(array))
        for name, array in reading_arrays(trained.facts).items()
    }
    save_file(weights, folder / WEIGHTS, metadata={"config": json.dumps(asdict(trained.config))})


def warm_start_read(folder: Path, item_ids: Ints, config: EncoderConfig) -> WarmStart:
    """What a bundle's encoder knows, for a vocabulary of today.

    Args:
        folder: the bundle's.
        item_ids: (n,) the new vocabulary.
        config: of the new training; what shapes the network must be as it was.
    Raises: ArtifactMismatch where the bundle has no weights, or those of another network.
    """
    try:
        with safe_open(folder / WEIGHTS, framework="pt") as file:
            family = json.loads((file.metadata() or {})["config"])["family"]
            weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - a file, not a dict
        known, mean, projection = (
            np.load(folder / f"{name}.npy", allow_pickle=False) for name in ("item_ids", "text_mean", "text_whitening")
        )
    except (OSError, KeyError, ValueError, SafetensorError) as error:
        raise ArtifactMismatch(
            f"{folder.name} keeps no weights to go on from ({error}); learn from scratch once"
        ) from error
    if family != config.family:
        raise ArtifactMismatch(f"{folder.name} was learned by {family}, not {config.family}; learn from scratch once")
    read = {name: weights.pop(name).numpy() for name in [key for key in weights if key.startswith(FACTS)]}
    facts = reading_of({name.removeprefix(FACTS): array for name, array in read.items()})
    return WarmStart(weights, _rows_of(item_ids, known), Whitening(mean, projection), facts)


def reading_arrays(facts: FactReading) -> dict[str, npt.NDArray[Any]]:
    """Named arrays of a reading."""
    image = {"image_mean": facts.image.mean, "image_projection": facts.image.projection}
    return {"brands": facts.brands, "categories": facts.categories, "prices": facts.prices, **image}


def reading_of(arrays: dict[str, npt.NDArray[Any]]) -> FactReading:
    """The reading that ``reading_arrays`` named."""
    image = Whitening(arrays["image_mean"], arrays["image_projection"])
    return FactReading(arrays["brands"], arrays["categories"], arrays["prices"], image)


def _rows_of(item_ids: Ints, known: Ints) -> Ints:
    """(n,) place of each id in ``known``, -1 where it is not."""
    if not len(known):
        return np.full(len(item_ids), -1, np.int64)
    order = np.argsort(known, kind="stable")
    place = np.minimum(np.searchsorted(known[order], item_ids), len(known) - 1)
    return np.where(known[order][place] == item_ids, order[place], -1).astype(np.int64)
