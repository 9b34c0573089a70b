"""A network in ONNX form, run on one thread so that its numbers hold still."""

from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime

from recommender.data.types import ArtifactMismatch, Floats


class OnnxModel:
    """A model file opened at its first use (after a server's fork), one thread, sequential execution."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @cached_property
    def session(self) -> onnxruntime.InferenceSession:
        """The onnxruntime session, made on first use.

        Raises: ArtifactMismatch if the file cannot be loaded.
        """
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
        options.log_severity_level = 3
        try:
            return onnxruntime.InferenceSession(str(self.path), options, providers=["CPUExecutionProvider"])
        except Exception as error:
            raise ArtifactMismatch(f"{self.path.name} cannot be loaded ({error}); train again or roll back") from error

    def run(self, **inputs: npt.NDArray[np.generic]) -> list[Floats]:
        """All outputs for named inputs, in the model's order."""
        return [np.asarray(output) for output in self.session.run(None, inputs)]


class OnnxStateEncoder:
    """``data.types.Encoder`` over an ONNX file: behaviour sequences to state vectors.

    The graph's inputs are ``vectors`` (b, L, d) float32, ``kinds`` (b, L) int64 and ``lengths`` (b,) int64;
    its output is (b, d). ``L`` is fixed at export so that every call has the same shape.
    """

    def __init__(self, path: Path, *, dim: int, max_length: int) -> None:
        self.model = OnnxModel(path)
        self.dim = dim
        self.max_length = max_length

    def encode(self, vectors: Floats, kinds: npt.NDArray[np.int64], lengths: npt.NDArray[np.int64]) -> Floats:
        """(b, L, d), (b, L), (b,) → (b, d). A history of length 0 gives the state of a new shopper."""
        return self.model.run(vectors=vectors, kinds=kinds, lengths=lengths)[0]
