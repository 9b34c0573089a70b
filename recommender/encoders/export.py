"""A trained encoder as ONNX files, with proof that they compute the same (torch)."""

import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from torch import Tensor, nn

from recommender.data.types import ArtifactMismatch, Floats
from recommender.encoders.causal import N_KINDS
from recommender.encoders.training_loop import TrainedEncoder

PARITY = 1e-4
OPSET = 18


@dataclass(frozen=True)
class Parity:
    """Largest absolute difference between torch and onnxruntime."""

    state_encoder: float
    item_tower: float  # NaN without text


class _StateEncoder(nn.Module):
    """The state after the last entry, as ``serving.onnx_model.OnnxStateEncoder`` calls it."""

    def __init__(self, trained: TrainedEncoder) -> None:
        super().__init__()
        self.encoder = trained.model.encoder

    def forward(self, vectors: Tensor, kinds: Tensor, lengths: Tensor, hours: Tensor | None = None) -> Tensor:
        """(b, L, d), (b, L), (b,) and, if the encoder reads times, (b, L) → (b, d)."""
        return self.encoder.final(vectors, kinds, lengths, hours)


class _UnseenItem(nn.Module):
    """The vector of an item that has a text and nothing else yet."""

    mean: Tensor
    projection: Tensor
    unseen: Tensor

    def __init__(self, trained: TrainedEncoder) -> None:
        super().__init__()
        project = trained.model.tower.project
        if project is None:
            raise ArtifactMismatch("an encoder trained without text has no tower for unseen items")
        self.project = project
        self.register_buffer("mean", torch.from_numpy(trained.whitening.mean))
        self.register_buffer("projection", torch.from_numpy(trained.whitening.projection))
        self.register_buffer("unseen", trained.model.tower.unseen().detach().clone())

    def forward(self, text: Tensor) -> Tensor:
        """(b, t) unit-length text vectors → (b, d)."""
        whitened = (text - self.mean) @ self.projection
        length = whitened.norm(dim=1, keepdim=True).clamp(min=1e-9)
        scaled = whitened / length * self.projection.shape[1] ** 0.5
        vector: Tensor = self.project(scaled) + self.unseen
        return vector


def encoder_export(trained: TrainedEncoder, folder: Path, *, seed: int = 0) -> Parity:
    """Write ``state_encoder.onnx`` and, where there is text, ``item_tower.onnx`` into ``folder``.

    Args:
        trained: what ``encoder_train`` gave.
        folder: a bundle's draft folder.
        seed: of the random inputs that both sides are compared on.
    Raises: ArtifactMismatch where onnxruntime differs by more than ``PARITY``.
    """
    trained.model.cpu().eval()
    rng = np.random.default_rng(seed)
    state = _state_export(trained, folder / "state_encoder.onnx", rng)
    tower = _tower_export(trained, folder / "item_tower.onnx", rng) if trained.whitening.dim else float("nan")
    for name, difference in (("state encoder", state), ("item tower", tower)):
        if difference > PARITY:
            raise ArtifactMismatch(f"the exported {name} differs from the trained one by {difference:.1e} (> {PARITY})")
    return Parity(state, tower)


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
    return _export(_StateEncoder(trained), inputs, path)


def _tower_export(trained: TrainedEncoder, path: Path, rng: np.random.Generator) -> float:
    text = rng.normal(0, 1, (3, len(trained.whitening.mean))).astype(np.float32)
    text /= np.linalg.norm(text, axis=1, keepdims=True)
    return _export(_UnseenItem(trained), {"text": text}, path)


def _export(module: nn.Module, inputs: dict[str, np.ndarray], path: Path) -> float:
    """Write one graph whose first dimension is free; returns its largest deviation on ``inputs``."""
    module.eval()
    tensors = tuple(torch.from_numpy(array) for array in inputs.values())
    rows = torch.export.Dim("rows", min=1, max=65536)
    with warnings.catch_warnings(action="ignore"):  # torch's exporter warns of itself, above all for GRU and LSTM
        torch.onnx.export(
            module,
            tensors,
            str(path),
            input_names=list(inputs),
            output_names=["output"],
            dynamic_shapes=tuple({0: rows} for _ in tensors),
            opset_version=OPSET,
            dynamo=True,
            external_data=False,
            verbose=False,
        )
    with torch.no_grad():
        expected: Floats = module(*tensors).numpy()
    return float(np.abs(_onnx_run(path, inputs) - expected).max())


def _onnx_run(path: Path, inputs: dict[str, np.ndarray]) -> Floats:
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return np.asarray(session.run(None, inputs)[0])
