"""A torch module as an ONNX file, with proof that it computes the same (torch)."""

import warnings
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from recommender.data.onnx_model import OnnxModel
from recommender.data.types import ArtifactMismatch

PARITY = 1e-4
OPSET = 18


def onnx_write(
    module: nn.Module,
    inputs: Mapping[str, npt.NDArray[np.generic]],
    path: Path,
    *,
    what: str,
    variadic: bool = False,
    fixed: bool = False,
) -> float:
    """Write one graph.

    Args:
        module: on the CPU; its ``forward`` takes ``inputs`` in their order.
        inputs: name → array that both sides are compared on.
        path: of the file.
        what: the module is, for the error.
        variadic: whether its ``forward`` is ``forward(*inputs)``.
        fixed: the graph takes arrays of exactly the shapes of ``inputs``; else their first dimension is free.
    Returns: the largest difference between torch and onnxruntime.
    Raises: ArtifactMismatch where that is above ``PARITY``.
    """
    module.eval()
    tensors = tuple(torch.from_numpy(array) for array in inputs.values())
    rows = torch.export.Dim("rows", min=1, max=65536)
    free = tuple({0: rows} for _ in tensors)
    shapes = None if fixed else (free,) if variadic else free
    with warnings.catch_warnings(action="ignore"):  # torch's exporter warns of itself, above all for GRU and LSTM
        torch.onnx.export(
            module,
            tensors,
            str(path),
            input_names=list(inputs),
            output_names=["output"],
            dynamic_shapes=shapes,
            opset_version=OPSET,
            dynamo=True,
            external_data=False,
            verbose=False,
        )
    with torch.no_grad():
        expected = module(*tensors).numpy()
    difference = float(np.abs(OnnxModel(path).run(**inputs)[0] - expected).max())
    if not difference <= PARITY:
        raise ArtifactMismatch(f"the exported {what} differs from the trained one by {difference:.1e} (> {PARITY})")
    return difference
