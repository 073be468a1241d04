from __future__ import annotations

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper

from models.build.quantize import BLOCK, Quantized, quantize


def matrix(rows: int, columns: int) -> np.ndarray:
    return np.random.default_rng(rows).standard_normal((rows, columns)).astype(np.float32)


@pytest.mark.parametrize(("bits", "error"), [(8, 0.51), (4, 1.01)])
@pytest.mark.parametrize("columns", [64, 96])
def test_values_lie_within_a_step_of_their_scale(bits: int, error: float, columns: int) -> None:
    x = matrix(24, columns)
    packed = quantize(x, bits)
    far = np.abs(packed.dequantize() - x).reshape(24, -1, BLOCK)
    assert (far <= error * packed.scales.astype(np.float32)[:, :, None]).all()


def test_a_block_of_zeros_stays_zero() -> None:
    x = matrix(2, 64)
    x[:, :BLOCK] = 0
    for bits in (4, 8):
        assert not quantize(x, bits).dequantize()[:, :BLOCK].any()


def test_other_shapes_and_widths_are_refused() -> None:
    with pytest.raises(ValueError, match="not a multiple of 32"):
        quantize(matrix(2, 40), 4)
    with pytest.raises(ValueError, match="3 bits"):
        quantize(matrix(2, 64), 3)


def product(x: np.ndarray, packed: Quantized) -> np.ndarray:
    """x W^T as onnxruntime computes it from the stored bytes."""
    rows, blocks = packed.scales.shape
    stored = {"data": packed.data, "scales": packed.scales.astype(np.float32).ravel()}
    if packed.zeros is not None:
        stored["zeros"] = packed.zeros.ravel()
    node = helper.make_node(
        "MatMulNBits",
        ["x", *stored],
        ["y"],
        domain="com.microsoft",
        K=blocks * BLOCK,
        N=rows,
        bits=packed.bits,
        block_size=BLOCK,
    )
    tensors = [onnx.numpy_helper.from_array(array, name) for name, array in stored.items()]
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["a", "b"]) for name in "xy"]
    graph = helper.make_graph([node], "product", ends[:1], ends[1:], tensors)
    sets = [helper.make_opsetid("", 21), helper.make_opsetid("com.microsoft", 1)]
    model = helper.make_model(graph, opset_imports=sets, ir_version=10)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, {"x": x})[0]


@pytest.mark.parametrize("bits", [4, 8])
@pytest.mark.parametrize("columns", [64, 96])
def test_the_runtime_multiplies_with_the_numbers_that_dequantize_gives(bits: int, columns: int) -> None:
    packed = quantize(matrix(16, columns), bits)
    x = matrix(3, columns)
    np.testing.assert_allclose(product(x, packed), x @ packed.dequantize().T, rtol=1e-4, atol=1e-4)
