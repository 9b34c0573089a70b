"""The part of a network that lies between items and items, as ONNX bytes (torch)."""

import numpy as np
import torch
from torch import nn

from recommender.data.onnx_model import OnnxModel
from recommender.data.types import ArtifactMismatch

PARITY = 1e-4
OPSET = 18


def network_export(module: nn.Module, width: int, *, seed: int = 0) -> bytes:
    """A module ``total`` (b, width) → (b, g) as ``data.factors.Network`` reads it.

    Args:
        module: on the CPU; it is put into evaluation mode.
        width: of its input.
        seed: of the random inputs that both sides are compared on.

    Raises:
        ArtifactMismatch: onnxruntime differs from torch by more than ``PARITY``.
    """
    module.eval()
    total = torch.from_numpy(np.random.default_rng(seed).normal(0, 1, (3, width)).astype(np.float32))
    made = torch.onnx.export(
        module,
        (total,),
        input_names=["total"],
        output_names=["state"],
        dynamic_shapes=({0: torch.export.Dim("rows", min=1, max=1 << 20)},),
        opset_version=OPSET,
        dynamo=True,
        verbose=False,
    )
    if made is None:
        raise ArtifactMismatch("torch exported no network; train again")
    graph = bytes(made.model_proto.SerializeToString())
    with torch.no_grad():
        difference = float(np.abs(OnnxModel(graph).run(total=total.numpy())[0] - module(total).numpy()).max())
    if difference > PARITY:
        raise ArtifactMismatch(f"the exported network differs from the trained one by {difference:.1e} (> {PARITY})")
    return graph
