"""Everything a training is made of, put on disk every few minutes, so that a killed one goes on with the same result.

Layout of the folder::

    checkpoint.json        where the training stands, and the name and SHA-256 of the file of its tensors
    <step>.safetensors     weights now and at their best, moments of the optimiser, states of the random generators

``checkpoint.json`` is replaced last and in one move: whoever dies while writing leaves the checkpoint before.
"""

import hashlib
import json
import os
import shutil
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy.typing as npt
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from recommender.data.files import file_sha256
from recommender.data.sequences import Sequences
from recommender.data.splits import Targets
from recommender.data.types import Floats
from recommender.encoders.config import EncoderConfig
from recommender.encoders.item_facts import ItemFacts

_POINTER = "checkpoint.json"


@dataclass(frozen=True)
class Checkpointing:
    """Where a training's checkpoint lies and how old it may be."""

    folder: Path
    every_seconds: float = 120.0


@dataclass(frozen=True)
class Checkpoint:
    """A training between two steps."""

    facts: dict[str, Any]  # plain JSON
    tensors: dict[str, Tensor] = field(repr=False)


class Checkpoints:
    """The newest checkpoint of one training; another training's is not taken for it."""

    def __init__(self, place: Checkpointing, identity: str) -> None:
        self._place, self._identity = place, identity
        self._written = time.monotonic()

    def due(self) -> bool:
        """Whether the newest one is old enough to be followed by another."""
        return time.monotonic() - self._written >= self._place.every_seconds

    def write(self, checkpoint: Checkpoint, *, step: int) -> None:
        """Put a checkpoint in the place of the one before."""
        folder = self._place.folder
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{step}.safetensors"
        draft = folder / f".{path.name}.part"
        save_file({name: one.detach().cpu().contiguous() for name, one in checkpoint.tensors.items()}, draft)
        _settled(draft)
        draft.replace(path)
        about = {"identity": self._identity, "file": path.name, "sha256": file_sha256(path), "facts": checkpoint.facts}
        pointer = folder / f".{_POINTER}.part"
        pointer.write_text(json.dumps(about))
        _settled(pointer)
        pointer.replace(folder / _POINTER)
        for old in folder.glob("*.safetensors"):
            if old != path:
                old.unlink()
        self._written = time.monotonic()

    def read(self) -> Checkpoint | None:
        """The newest checkpoint of this training; None where there is none, or only a torn or foreign one."""
        try:
            about = json.loads((self._place.folder / _POINTER).read_text())
            path = self._place.folder / about["file"]
            if about["identity"] != self._identity or file_sha256(path) != about["sha256"]:
                return None
            return Checkpoint(about["facts"], load_file(path))
        except (OSError, ValueError, KeyError, SafetensorError):
            return None

    def remove(self) -> None:
        """The training has ended."""
        shutil.rmtree(self._place.folder, ignore_errors=True)


def _settled(path: Path) -> None:
    """Wait until a file's bytes are on the disk."""
    with path.open("rb") as stream:
        os.fsync(stream.fileno())


def training_identity(
    sequences: Sequences,
    item_text: Floats | None,
    config: EncoderConfig,
    validation: Targets | None,
    facts: ItemFacts | None,
    *rest: object,
) -> str:
    """Hex digest of all that decides how a training goes, the version of torch included.

    Args:
        sequences: what is learned from.
        item_text: (n, w) whitened text vectors of the items; None: there are none.
        config: of the encoder.
        validation: who stops the training; None: nobody does.
        facts: what else is known of the items.
        *rest: anything more that decides, told apart by its ``repr``.
    """
    digest = hashlib.sha256(json.dumps(asdict(config), sort_keys=True).encode())
    digest.update(repr((sequences.n_items, torch.__version__, *rest)).encode())
    arrays: list[npt.NDArray[Any]] = [sequences.start, sequences.item, sequences.kind, sequences.at_us, sequences.order]
    arrays += [] if item_text is None else [item_text]
    arrays += [] if validation is None else [validation.users, validation.start, validation.item]
    arrays += [] if facts is None else [facts.brand, facts.category, facts.price_minor, facts.images]
    for array in arrays:
        digest.update(f"{array.shape} {array.dtype}".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()
