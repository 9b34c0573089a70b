"""Export of a small network of fixed shape to ONNX, proven equal to the original (torch)."""

from pathlib import Path

import numpy as np
import torch
from torch import nn

from recommender.data.onnx_model import OnnxModel
from recommender.data.types import ArtifactMismatch, Floats

PARITY = 1e-4
OPSET = 18


def onnx_export(module: nn.Module, inputs: dict[str, Floats], path: Path) -> float:
    """Write ``module`` to ``path`` with the shapes of ``inputs``.

    Args:
        module: on the CPU, in evaluation mode.
        inputs: by name, in the order of ``forward``; also what both sides are compared on.
        path: of the file.
    Returns: largest absolute difference.
    Raises: ArtifactMismatch if it is above ``PARITY``.
    """
    tensors = tuple(torch.from_numpy(array) for array in inputs.values())
    torch.onnx.export(
        module,
        tensors,
        str(path),
        input_names=list(inputs),
        output_names=["output"],
        opset_version=OPSET,
        dynamo=True,
        external_data=False,
        verbose=False,
    )
    with torch.no_grad():
        expected = module(*tensors).numpy()
    difference = float(np.abs(OnnxModel(path).run(**inputs)[0] - expected).max())
    if not difference <= PARITY:
        raise ArtifactMismatch(f"{path.name} differs from the trained network by {difference:.1e} (> {PARITY})")
    return difference
