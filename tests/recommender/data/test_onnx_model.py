"""A network that was made for other inputs is a mismatch, so that pages are made without it."""

import numpy as np
import pytest
from onnx import TensorProto, helper

from recommender.data.onnx_model import OnnxModel
from recommender.data.types import ArtifactMismatch


@pytest.fixture
def twice() -> OnnxModel:
    """Adds a (n, 3) matrix to itself."""
    shape = ["n", 3]
    made = helper.make_graph(
        [helper.make_node("Add", ["x", "x"], ["y"])],
        "twice",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, shape)],
    )
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return OnnxModel(model.SerializeToString())


def test_what_fits_is_run(twice: OnnxModel) -> None:
    assert twice.run(x=np.ones((2, 3), np.float32))[0].tolist() == [[2.0] * 3] * 2


@pytest.mark.parametrize(
    "inputs",
    [
        {"x": np.ones((2, 4), np.float32)},
        {"x": np.ones((2, 3), np.float64)},
        {"z": np.ones((2, 3), np.float32)},
    ],
)
def test_other_inputs_are_a_mismatch_with_its_cure(twice: OnnxModel, inputs: dict[str, np.ndarray]) -> None:
    with pytest.raises(ArtifactMismatch, match="train again or roll back"):
        twice.run(**inputs)
