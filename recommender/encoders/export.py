"""A trained encoder as ONNX files, with proof that they compute the same (torch)."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from torch import Tensor, nn

from recommender.encoders.causal import N_KINDS
from recommender.encoders.item_tower_export import tower_export
from recommender.encoders.onnx_file import onnx_write
from recommender.encoders.trained import TrainedEncoder


@dataclass(frozen=True)
class Parity:
    """Largest absolute difference between torch and onnxruntime."""

    state_encoder: float
    item_tower: float  # NaN where nothing is known of items


class _StateEncoder(nn.Module):
    """The state after the last entry, as ``serving.onnx_model.OnnxStateEncoder`` calls it."""

    def __init__(self, trained: TrainedEncoder) -> None:
        super().__init__()
        self.encoder = trained.model.encoder

    def forward(self, vectors: Tensor, kinds: Tensor, lengths: Tensor, hours: Tensor | None = None) -> Tensor:
        """(b, L, d), (b, L), (b,) and, if the encoder reads times, (b, L) → (b, d)."""
        return self.encoder.final(vectors, kinds, lengths, hours)


def encoder_export(trained: TrainedEncoder, folder: Path, *, seed: int = 0) -> Parity:
    """Write ``state_encoder.onnx`` and, where anything is known of items, ``item_tower.onnx`` into ``folder``.

    Args:
        trained: what ``encoder_train`` gave.
        folder: a bundle's draft folder.
        seed: of the random inputs that both sides are compared on.
    Raises: ArtifactMismatch where onnxruntime computes otherwise.
    """
    trained.model.cpu().eval()
    rng = np.random.default_rng(seed)
    state = _state_export(trained, folder / "state_encoder.onnx", rng)
    return Parity(state, tower_export(trained, folder / "item_tower.onnx", rng))


def _state_export(trained: TrainedEncoder, path: Path, rng: np.random.Generator) -> float:
    length, dim, b = trained.config.max_length, trained.config.embedding_dim, 3
    lengths = np.array([0, length // 2, length], np.int64)
    vectors = rng.normal(0, 0.3, (b, length, dim)).astype(np.float32)
    vectors[np.arange(length) >= lengths[:, None]] = 0
    kinds = rng.integers(0, N_KINDS, (b, length)).astype(np.int64)
    inputs: dict[str, np.ndarray] = {"vectors": vectors, "kinds": kinds, "lengths": lengths}
    if trained.config.time_bias:
        inputs["hours"] = np.sort(rng.exponential(100, (b, length)).astype(np.float32))[:, ::-1].copy()
        inputs["hours"][:, ::7] = np.nan
    return onnx_write(_StateEncoder(trained), inputs, path, what="state encoder")
