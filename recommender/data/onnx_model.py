"""A network in ONNX form, by default run on one thread so that its numbers hold still."""

from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime
from onnxruntime.capi.onnxruntime_pybind11_state import InvalidArgument

from recommender.data.types import ArtifactMismatch, Floats


class OnnxModel:
    """A model, a file or its bytes, opened at its first use (after a server's fork), sequential execution.

    ``threads`` is 1 wherever numbers must hold still; only batches of offline work take more.
    """

    def __init__(self, source: Path | bytes, *, threads: int = 1) -> None:
        self.source = source
        self.threads = threads

    @cached_property
    def session(self) -> onnxruntime.InferenceSession:
        """The onnxruntime session, made on first use.

        Raises:
            ArtifactMismatch: if the file cannot be loaded.
        """
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self.threads
        options.inter_op_num_threads = 1
        options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
        options.log_severity_level = 3
        try:
            model = self.source if isinstance(self.source, bytes) else str(self.source)
            return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        except Exception as error:
            raise ArtifactMismatch(f"{self._name} cannot be loaded ({error}); train again or roll back") from error

    @cached_property
    def inputs(self) -> frozenset[str]:
        """Names of what the network reads."""
        return frozenset(one.name for one in self.session.get_inputs())

    def run(self, **inputs: npt.NDArray[np.generic]) -> list[Floats]:
        """All outputs for named inputs, in the model's order.

        Raises:
            ArtifactMismatch: if the network was made for inputs of another name, shape or type.
        """
        try:
            outputs = self.session.run(None, inputs)
        except (InvalidArgument, ValueError) as error:
            raise ArtifactMismatch(f"{self._name} reads other inputs ({error}); train again or roll back") from error
        return [np.asarray(output) for output in outputs]

    @property
    def _name(self) -> str:
        return "a network" if isinstance(self.source, bytes) else self.source.name
