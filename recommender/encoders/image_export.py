"""An image network becomes an ONNX image encoder (torch; training only)."""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from recommender.data.files import file_sha256
from recommender.encoders.image_encoder import ImageEncoder, ImageEncoderInfo, image_info_write
from recommender.encoders.onnx_file import onnx_write

PROBES = 3


class UnitLength(nn.Module):
    """A network whose input is centred and scaled by channel, and whose output has length 1."""

    centre: Tensor
    spread: Tensor

    def __init__(self, network: nn.Module, *, mean: tuple[float, ...], deviation: tuple[float, ...]) -> None:
        super().__init__()
        self.network = network
        self.register_buffer("centre", torch.tensor(mean).view(1, 3, 1, 1))
        self.register_buffer("spread", torch.tensor(deviation).view(1, 3, 1, 1))

    def forward(self, pixels: Tensor) -> Tensor:
        """(b, 3, s, s) in [0, 1] → (b, i)."""
        vector: Tensor = F.normalize(self.network((pixels - self.centre) / self.spread), dim=1)
        return vector


def image_export(
    network: UnitLength, folder: Path, *, source: str, size: int, fingerprint: str = "", learned_from: int = 0
) -> ImageEncoder:
    """Write ``model.onnx`` and ``encoder.json`` into ``folder``.

    Args:
        network: on the CPU.
        folder: exists.
        source: of the weights, see ``ImageEncoderInfo``.
        size: edge of the square that it reads.
        fingerprint: identity of the vectors; that of the ONNX file where it is not given.
        learned_from: pictures, see ``ImageEncoderInfo``.
    Raises: ArtifactMismatch where onnxruntime computes otherwise.
    """
    probes = np.random.default_rng(0).random((PROBES, 3, size, size), np.float32)
    parity = onnx_write(network, {"pixels": probes}, folder / "model.onnx", what="image encoder")
    with torch.inference_mode():
        dim = network(torch.from_numpy(probes)).shape[1]
    identity = fingerprint or file_sha256(folder / "model.onnx")
    image_info_write(folder, ImageEncoderInfo(identity, source, dim, size, learned_from, parity))
    return ImageEncoder(folder)
