"""Weights to 4 or 8 bits in blocks of 32, in the layout that com.microsoft.MatMulNBits and GatherBlockQuantized read.

A row-major [N, K] matrix becomes

    data    uint8 [N, K / 32, 32 * bits / 8]   two 4-bit values a byte, the earlier one in the low nibble
    scales  float16 [N, K / 32]                widened to float32 when the graph is assembled
    zeros   uint8 [N, ceil(K / 32 * bits / 8)] 4 bits only; 8 bits are symmetric around 128

4 bits come from onnxruntime's k_quant (llama.cpp's weighted search for scale and zero point).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

BLOCK = 32
RUN = 1024


@dataclass(frozen=True)
class Quantized:
    bits: int
    data: np.ndarray
    scales: np.ndarray
    zeros: np.ndarray | None

    def dequantize(self) -> np.ndarray:
        """float32 [N, K]: exactly the numbers that the graphs compute with."""
        n, blocks = self.scales.shape
        scales = self.scales.astype(np.float32)[:, :, None]
        if self.bits == 8:
            return ((self.data.astype(np.float32) - 128) * scales).reshape(n, -1)
        assert self.zeros is not None
        values = _unpack(self.data).reshape(n, blocks, BLOCK)
        zeros = _unpack(self.zeros)[:, :blocks, None]
        return ((values - zeros) * scales).reshape(n, -1)


def quantize(matrix: np.ndarray, bits: int) -> Quantized:
    """float32 [N, K], K a multiple of 32 -> Quantized. Raises ValueError for other shapes or bit widths."""
    n, k = matrix.shape
    if k % BLOCK:
        raise ValueError(f"{k} columns are not a multiple of {BLOCK}")
    if bits == 8:
        return _eight_bits(matrix.reshape(n, k // BLOCK, BLOCK))
    if bits == 4:
        return _four_bits(matrix, n, k // BLOCK)
    raise ValueError(f"{bits} bits are not supported")


def _eight_bits(blocks: np.ndarray) -> Quantized:
    scales = (np.abs(blocks).max(axis=2) / 127).astype(np.float16)
    divisor = np.where(scales == 0, 1, scales).astype(np.float32)[:, :, None]
    values = np.clip(np.rint(blocks / divisor), -127, 127) + 128
    return Quantized(8, values.astype(np.uint8), scales, None)


def _four_bits(matrix: np.ndarray, n: int, blocks: int) -> Quantized:
    from onnxruntime.quantization.neural_compressor.weight_only import quant_tensor_k_quant_cpu

    # The search keeps a dozen temporaries of its input's size: runs of blocks that fit the cache are several times
    # faster.
    runs = np.array_split(matrix.reshape(-1, BLOCK), max(1, n * blocks // RUN))
    with np.errstate(divide="ignore", invalid="ignore"):
        found = [quant_tensor_k_quant_cpu(run, num_bits=4, group_size=BLOCK)[1:] for run in runs]
    scales = np.concatenate([scale for scale, _ in found])
    zeros = np.concatenate([zero for _, zero in found])
    # The scale is stored in half precision, so the values are rounded against the stored one.
    scales = np.nan_to_num(scales, nan=1.0).astype(np.float16)
    divisor = np.where(scales == 0, 1, scales).astype(np.float32)
    values = np.clip(np.rint(matrix.reshape(-1, BLOCK) / divisor + zeros), 0, 15).astype(np.uint8)
    padded = np.full((n, blocks + blocks % 2), 8, np.uint8)
    padded[:, :blocks] = zeros.reshape(n, blocks)
    return Quantized(
        4,
        _pack(values).reshape(n, blocks, BLOCK // 2),
        scales.reshape(n, blocks),
        _pack(padded),
    )


def _pack(values: np.ndarray) -> np.ndarray:
    """uint8 [..., 2 m] of nibbles -> uint8 [..., m]."""
    return values[..., 0::2] | (values[..., 1::2] << 4)


def _unpack(packed: np.ndarray) -> np.ndarray:
    """uint8 [..., m] -> float32 [..., 2 m]."""
    both = np.stack([packed & 15, packed >> 4], axis=-1)
    return both.reshape(*packed.shape[:-1], -1).astype(np.float32)
