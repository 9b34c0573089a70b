"""The state encoder of a bundle: behaviour sequences to state vectors with onnxruntime."""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from recommender.data.onnx_model import OnnxModel
from recommender.data.types import Floats
from recommender.encoders.inputs import states_run


class OnnxStateEncoder:
    """``data.types.Encoder`` over an ONNX file: behaviour sequences to state vectors.

    The graph's inputs are ``vectors`` (b, L, d) float32, ``kinds`` (b, L) int64 and ``lengths`` (b,) int64, and
    ``hours`` (b, L) float32 if it reads times; its output is (b, d). ``L`` is fixed at export so that every call has
    the same shape.
    """

    def __init__(self, path: Path, *, dim: int, max_length: int) -> None:
        self.model = OnnxModel(path)
        self.dim = dim
        self.max_length = max_length

    def encode(
        self,
        vectors: Floats,
        kinds: npt.NDArray[np.int64],
        lengths: npt.NDArray[np.int64],
        hours: Floats | None = None,
    ) -> Floats:
        """(b, L, d), (b, L), (b,), (b, L) → (b, d). A history of length 0 gives the state of a new shopper."""
        return states_run(self.model, vectors, kinds, lengths, hours)
