"""The shipped shards as PyTorch tensors: training sees exactly the weights that users run."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch

from models.build.quantize import Quantized

DTYPES = {"data": np.uint8, "scales": np.float16, "zeros": np.uint8}


def load(folder: Path, layers: int | None = None, dtype: torch.dtype = torch.bfloat16, device: str = "cpu"):
    """-> (config, tensors): the first `layers` blocks (all by default) and the embedding, dequantized to `dtype`."""
    manifest = json.loads((folder / "manifest.json").read_text())
    tensors: dict[str, torch.Tensor] = {}
    for name, entry in manifest["tensors"].items():
        if layers is not None and name.startswith("layers.") and int(name.split(".")[1]) >= layers:
            continue
        kind = torch.float32 if len(entry["shape"]) == 1 else dtype
        tensors[name] = torch.from_numpy(read(folder, entry)).to(device=device, dtype=kind)
    parts = [tensors.pop(name) for name in sorted(tensors) if name.startswith("embedding.")]
    if parts:
        tensors["embedding"] = torch.cat(parts)
    for name, tensor in tensors.items():
        if name.endswith(".bias"):
            tensors[name] = tensor.to(dtype)
    return manifest["config"], tensors


def load_parts(pack: Path, device: str, dtype: torch.dtype | None = None):
    """
    As load(), of a base that models.training.train.pack cut into folders; bfloat16 on a GPU, float32 on a CPU, where no
    `dtype` is given.
    """
    config: dict = {}
    tensors: dict[str, torch.Tensor] = {}
    for folder in sorted(pack.glob("base-*")):
        chosen = dtype or (torch.bfloat16 if device == "cuda" else torch.float32)
        config, own = load(folder, device=device, dtype=chosen)
        tensors |= own
    return config, tensors


def read(folder: Path, entry: dict) -> np.ndarray:
    """One manifest entry as float32."""
    if entry["kind"] == "float32":
        return part(folder, entry["data"], np.float32).reshape(entry["shape"])
    bits = int(entry["kind"].removeprefix("int"))
    rows, blocks = entry["shape"][0], entry["shape"][1] // entry["block"]
    arrays = {key: part(folder, entry[key], dtype).reshape(rows, -1) for key, dtype in DTYPES.items() if key in entry}
    data = arrays["data"].reshape(rows, blocks, -1)
    return Quantized(bits, data, arrays["scales"], arrays.get("zeros")).dequantize().reshape(entry["shape"])


def part(folder: Path, place: dict, dtype) -> np.ndarray:
    return np.fromfile(
        folder / place["file"], dtype, place["bytes"] // np.dtype(dtype).itemsize, offset=place["offset"]
    )
