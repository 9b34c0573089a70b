"""A Hugging Face vision model becomes an ONNX image encoder (torch; training only).

Any local folder or cached model name works that ``AutoModel`` opens without remote code and from safetensors. Of a
model with a text side (CLIP), the image side is taken.
"""

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from transformers import AutoModel

from recommender.data.files import file_sha256, whole_folder
from recommender.data.types import DataError
from recommender.encoders.image_encoder import ImageEncoder
from recommender.encoders.image_export import UnitLength, image_export
from recommender.language.text_encoder_export import source_folder

PREPROCESSOR = "preprocessor_config.json"
DEFAULT_SIZE = 224
HALF = (0.5, 0.5, 0.5)
_RECIPE = 1  # raise when the exported graph changes for equal weights


class Pooled(nn.Module):
    """A vision model's one vector per picture: its pooled output, else the mean of its patches."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = getattr(model, "vision_model", model)

    def forward(self, pixels: Tensor) -> Tensor:
        """(b, 3, s, s) → (b, i)."""
        out = self.model(pixel_values=pixels)
        pooled: Tensor | None = getattr(out, "pooler_output", None)
        if pooled is not None:
            return pooled.flatten(1)
        patches: Tensor = out.last_hidden_state
        return patches.mean(1) if patches.ndim == 3 else patches.mean((2, 3))


def image_encoder_ensure(source: str, home: Path) -> ImageEncoder:
    """The exported encoder of a vision model, exported now unless ``home`` has it already.

    Args:
        source: folder or Hugging Face name.
        home: folder that keeps one sub-folder per fingerprint.
    Raises: DataError if there is no such model, ArtifactMismatch if the export does not agree with torch.
    """
    folder = source_folder(source)
    fingerprint = _fingerprint(folder)
    place = home / fingerprint[:16]
    if not (place / "encoder.json").exists():
        shutil.rmtree(place, ignore_errors=True)
        with whole_folder(place) as draft:
            _export(folder, source, fingerprint, draft)
    return ImageEncoder(place)


def _fingerprint(folder: Path) -> str:
    weights = sorted(folder.glob("*.safetensors"))
    if not weights or not (folder / "config.json").is_file():
        raise DataError(f"{folder} lacks config.json or *.safetensors; other weight formats are not opened")
    parts = [folder / "config.json", *weights, *folder.glob(PREPROCESSOR)]
    about = {"recipe": _RECIPE, "files": [file_sha256(path) for path in parts]}
    return hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()


def _export(folder: Path, source: str, fingerprint: str, draft: Path) -> None:
    try:
        model = AutoModel.from_pretrained(
            folder, local_files_only=True, trust_remote_code=False, use_safetensors=True, attn_implementation="eager"
        )
    except (OSError, ValueError) as error:
        raise DataError(f"{source} is no model that can be opened ({error}); give a vision model") from error
    reading = _reading(folder)
    size = _size(reading, getattr(model.config, "vision_config", model.config))
    network = UnitLength(
        Pooled(model).eval(),
        mean=tuple(reading.get("image_mean", HALF)),
        deviation=tuple(reading.get("image_std", HALF)),
    )
    try:
        with torch.inference_mode():
            network(torch.zeros(1, 3, size, size))
    except (TypeError, ValueError, RuntimeError) as error:
        raise DataError(f"{source} does not turn a picture into a vector ({error}); give a vision model") from error
    image_export(network, draft, source=source, size=size, fingerprint=fingerprint)


def _reading(folder: Path) -> dict[str, Any]:
    path = folder / PREPROCESSOR
    return dict(json.loads(path.read_text())) if path.is_file() else {}


def _size(reading: dict[str, Any], config: Any) -> int:
    """Edge of the square that the model reads."""
    size: Any = reading.get("crop_size") or reading.get("size") or getattr(config, "image_size", DEFAULT_SIZE)
    if isinstance(size, dict):
        size = size.get("height") or size.get("shortest_edge") or DEFAULT_SIZE
    return int(size)
