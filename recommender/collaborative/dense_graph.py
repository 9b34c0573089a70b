"""A few dense layers as ONNX bytes, as ``data.factors.Network`` reads them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from recommender.data.types import Floats

OPSET, IR_VERSION = 18, 10


@dataclass(frozen=True)
class Dense:
    """y = x · weight + bias, then tanh where asked for; without a weight the bias alone is added."""

    weight: Floats | None  # (in, out)
    bias: Floats  # (out,)
    tanh: bool


def dense_graph(layers: Sequence[Dense]) -> bytes:
    """Layers one after the other: ``total`` (b, in of the first) → ``state`` (b, out of the last).

    Args:
        layers: at least one.
    """
    nodes, constants, name = [], [], "total"
    for place, layer in enumerate(layers):
        parts = [("MatMul", "weight", layer.weight), ("Add", "bias", layer.bias)]
        for kind, part, values in parts:
            if values is not None:
                constants.append(numpy_helper.from_array(np.ascontiguousarray(values, np.float32), f"{part}{place}"))
                nodes.append(helper.make_node(kind, [name, f"{part}{place}"], [f"{kind}{place}"]))
                name = f"{kind}{place}"
        if layer.tanh:
            nodes.append(helper.make_node("Tanh", [name], [f"Tanh{place}"]))
            name = f"Tanh{place}"
    nodes.append(helper.make_node("Identity", [name], ["state"]))
    first = layers[0].bias if layers[0].weight is None else layers[0].weight
    total = helper.make_tensor_value_info("total", TensorProto.FLOAT, ["rows", len(first)])
    state = helper.make_tensor_value_info("state", TensorProto.FLOAT, ["rows", len(layers[-1].bias)])
    graph = helper.make_graph(nodes, "between", [total], [state], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())
