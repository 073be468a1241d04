"""Blocks of every kind that the engine reads from a GGUF file, with the numbers that llama.cpp's package makes of them.

python -m models.build.tests.gguf_golden > test/golden/gguf-blocks.json
"""

from __future__ import annotations

import base64
import json

import numpy as np
from gguf import GGMLQuantizationType as Kind, dequantize
from gguf.constants import GGML_QUANT_SIZES

KINDS = (
    Kind.F32,
    Kind.F16,
    Kind.BF16,
    Kind.Q4_0,
    Kind.Q4_1,
    Kind.Q5_0,
    Kind.Q5_1,
    Kind.Q8_0,
    Kind.Q4_K,
    Kind.Q5_K,
    Kind.Q6_K,
)
BLOCKS = 3
# Where the half floats of a block lie: random bytes there would be NaN now and then.
HALVES = {
    Kind.Q4_0: (0,),
    Kind.Q4_1: (0, 2),
    Kind.Q5_0: (0,),
    Kind.Q5_1: (0, 2),
    Kind.Q8_0: (0,),
    Kind.Q4_K: (0, 2),
    Kind.Q5_K: (0, 2),
    Kind.Q6_K: (208,),
}


def golden() -> list[dict[str, object]]:
    random = np.random.default_rng(20_261_128)
    return [entry(kind, random) for kind in KINDS]


def entry(kind: Kind, random: np.random.Generator) -> dict[str, object]:
    size, width = GGML_QUANT_SIZES[kind]
    if kind in HALVES:
        raw = random.integers(0, 256, (BLOCKS, width), dtype=np.uint8)
        for at in HALVES[kind]:
            halves = random.normal(0, 0.02, (BLOCKS, 1)).astype("<f2")
            raw[:, at : at + 2] = halves.view(np.uint8)
    else:
        numbers = random.normal(0, 1, (BLOCKS, 1)).astype("<f4")
        raw = numbers.view(np.uint8)
        if kind is Kind.F16:
            raw = numbers.astype("<f2").view(np.uint8)
        if kind is Kind.BF16:
            raw = np.ascontiguousarray(raw[:, 2:])
    numbers = dequantize(raw, kind).astype("<f4")
    assert numbers.size == BLOCKS * size
    return {"type": int(kind), "name": kind.name, "blocks": encoded(raw), "numbers": encoded(numbers)}


def encoded(array: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()


if __name__ == "__main__":
    print(json.dumps(golden(), indent=1))
