"""Picture to vector with onnxruntime alone: what default workers run.

A folder of an image encoder holds ``model.onnx``, which takes ``pixels`` (b, 3, s, s) float32 in [0, 1] and gives
``output`` (b, i) of length 1, and ``encoder.json``.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from recommender.data.onnx_model import OnnxModel
from recommender.data.types import ArtifactMismatch, Floats
from recommender.encoders.pictures import Pixels

BATCH = 32


@dataclass(frozen=True)
class ImageEncoderInfo:
    """What an exported image encoder is: the content of ``encoder.json``."""

    fingerprint: str  # of the weights and what surrounds them
    source: str  # where the weights came from, "" where they were learned from the shop's own pictures
    dim: int
    size: int  # edge of the square that is read, pixels
    learned_from: int  # pictures of the shop, 0 where the weights came from elsewhere
    parity: float  # largest |torch − ONNX| seen at export


class ImageEncoder:
    """An exported image encoder; its network is opened at first use.

    Args:
        folder: where the exported files stand, for example ``image/`` of a bundle.
        threads: onnxruntime threads.
    Raises: ArtifactMismatch if the folder holds no readable encoder.
    """

    def __init__(self, folder: Path, *, threads: int = 1) -> None:
        self.folder = folder
        self.info = _info_read(folder)
        self._model = OnnxModel(folder / "model.onnx", threads=threads)

    @property
    def fingerprint(self) -> str:
        """Identity of the vectors: equal fingerprints give comparable vectors."""
        return self.info.fingerprint

    def encode(self, pictures: Sequence[Pixels], *, progress: Callable[[int], None] | None = None) -> Floats:
        """Vectors of pictures.

        Args:
            pictures: (size, size, 3) each.
            progress: called with the number of pictures done after each batch.
        Returns: (m, dim) float32 of unit length; NaN where the network gave no finite numbers.
        """
        vectors = np.full((len(pictures), self.info.dim), np.nan, np.float32)
        for begin in range(0, len(pictures), BATCH):
            rows = slice(begin, min(begin + BATCH, len(pictures)))
            vectors[rows] = self._model.run(pixels=pixels_stack(pictures[rows]))[0]
            if progress:
                progress(rows.stop)
        broken = ~np.isfinite(vectors).all(axis=1)
        vectors[broken] = np.nan
        return vectors


def pixels_stack(pictures: Sequence[Pixels]) -> Floats:
    """(m, 3, s, s) float32 in [0, 1]."""
    return np.ascontiguousarray(np.stack(pictures).transpose(0, 3, 1, 2), np.float32) / np.float32(255)


def image_info_write(folder: Path, info: ImageEncoderInfo) -> None:
    """Write ``encoder.json``."""
    (folder / "encoder.json").write_text(json.dumps(asdict(info), indent=2, sort_keys=True))


def _info_read(folder: Path) -> ImageEncoderInfo:
    try:
        return ImageEncoderInfo(**json.loads((folder / "encoder.json").read_text()))
    except (OSError, ValueError, TypeError) as error:
        raise ArtifactMismatch(f"{folder} holds no image encoder ({error}); export it again by training") from error
