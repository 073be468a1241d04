"""Base weights under one set of names, whatever they came in.

Every source yields float32 arrays named as the manifest names them:

    embedding                       [vocab, hidden]
    layers.N.attention.norm         [hidden]
    layers.N.attention.{q,k,v}      [heads * head_dim, hidden]   (+ .bias)
    layers.N.attention.o            [hidden, heads * head_dim]
    layers.N.mlp.norm               [hidden]
    layers.N.mlp.{gate,up}          [intermediate, hidden]
    layers.N.mlp.down               [hidden, intermediate]
    norm                            [hidden]

Rows of q and k are always in half-split ("NeoX") rotary order, the order that RotaryEmbedding(interleaved=0) wants.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol

import numpy as np


@dataclass(frozen=True)
class Config:
    """What a decoder's graph needs to know about its base; sizes in elements."""

    architecture: str
    layers: int
    hidden: int
    heads: int
    kv_heads: int
    head_dim: int
    intermediate: int
    vocab: int
    rope_theta: float
    rms_eps: float
    context: int

    def to_manifest(self) -> dict[str, object]:
        names = {
            "kv_heads": "kvHeads",
            "head_dim": "headDim",
            "rope_theta": "ropeTheta",
            "rms_eps": "rmsEps",
        }
        return {names.get(key, key): value for key, value in asdict(self).items()}


class Source(Protocol):
    config: Config
    provenance: dict[str, str]

    def names(self) -> list[str]: ...

    def tensor(self, name: str) -> np.ndarray: ...

    def write_tokenizer(self, folder: Path) -> None: ...


def layer_names(layer: int, biased: bool) -> Iterator[str]:
    prefix = f"layers.{layer}"
    yield f"{prefix}.attention.norm"
    for part in ("q", "k", "v"):
        yield f"{prefix}.attention.{part}"
        if biased:
            yield f"{prefix}.attention.{part}.bias"
    yield f"{prefix}.attention.o"
    yield f"{prefix}.mlp.norm"
    for part in ("gate", "up", "down"):
        yield f"{prefix}.mlp.{part}"


class GgufSource:
    """A llama.cpp file: dequantized with the `gguf` package; tied embeddings take `output`, the more precise copy."""

    FIELDS = {
        "attention.norm": "attn_norm.weight",
        "attention.q": "attn_q.weight",
        "attention.k": "attn_k.weight",
        "attention.v": "attn_v.weight",
        "attention.q.bias": "attn_q.bias",
        "attention.k.bias": "attn_k.bias",
        "attention.v.bias": "attn_v.bias",
        "attention.o": "attn_output.weight",
        "mlp.norm": "ffn_norm.weight",
        "mlp.gate": "ffn_gate.weight",
        "mlp.up": "ffn_up.weight",
        "mlp.down": "ffn_down.weight",
    }

    def __init__(self, path: Path) -> None:
        from gguf import GGUFReader

        self.reader = GGUFReader(str(path))
        self.tensors = {tensor.name: tensor for tensor in self.reader.tensors}
        arch = self._field("general.architecture")
        hidden = self._field(f"{arch}.embedding_length")
        heads = self._field(f"{arch}.attention.head_count")
        self.config = Config(
            architecture=arch,
            layers=self._field(f"{arch}.block_count"),
            hidden=hidden,
            heads=heads,
            kv_heads=self._field(f"{arch}.attention.head_count_kv"),
            head_dim=hidden // heads,
            intermediate=self._field(f"{arch}.feed_forward_length"),
            vocab=len(self._field("tokenizer.ggml.tokens")),
            rope_theta=float(self._field(f"{arch}.rope.freq_base")),
            rms_eps=round(float(self._field(f"{arch}.attention.layer_norm_rms_epsilon")), 9),
            context=self._field(f"{arch}.context_length"),
        )
        self.provenance = {"format": "gguf", "name": self._field("general.name")}

    def _field(self, name: str):
        return self.reader.fields[name].contents()

    def names(self) -> list[str]:
        biased = "blk.0.attn_q.bias" in self.tensors
        layers = [name for n in range(self.config.layers) for name in layer_names(n, biased)]
        return ["embedding", *layers, "norm"]

    def tensor(self, name: str) -> np.ndarray:
        from gguf import dequantize

        found = self.tensors[self._gguf_name(name)]
        array = dequantize(found.data, found.tensor_type).astype(np.float32)
        interleaved = self.config.architecture == "llama" and name.split(".")[-1] in ("q", "k")
        return self._half_split(array, name) if interleaved else array

    def _gguf_name(self, name: str) -> str:
        if name == "embedding":
            return "output.weight" if "output.weight" in self.tensors else "token_embd.weight"
        if name == "norm":
            return "output_norm.weight"
        _, layer, part = name.split(".", 2)
        return f"blk.{layer}.{self.FIELDS[part]}"

    def _half_split(self, array: np.ndarray, name: str) -> np.ndarray:
        """llama.cpp stores Llama's q and k rows pairwise interleaved; undo it."""
        heads = self.config.heads if name.endswith("q") else self.config.kv_heads
        half = self.config.head_dim // 2
        return array.reshape(heads, half, 2, -1).swapaxes(1, 2).reshape(array.shape)

    def write_tokenizer(self, folder: Path) -> None:
        from .tokenizer import write_from_gguf

        write_from_gguf(self._field, folder)


class SafetensorsSource:
    """The folder as published upstream: config.json, *.safetensors, tokenizer.json, tokenizer_config.json."""

    FIELDS = {
        "attention.norm": "input_layernorm.weight",
        "attention.q": "self_attn.q_proj.weight",
        "attention.k": "self_attn.k_proj.weight",
        "attention.v": "self_attn.v_proj.weight",
        "attention.q.bias": "self_attn.q_proj.bias",
        "attention.k.bias": "self_attn.k_proj.bias",
        "attention.v.bias": "self_attn.v_proj.bias",
        "attention.o": "self_attn.o_proj.weight",
        "mlp.norm": "post_attention_layernorm.weight",
        "mlp.gate": "mlp.gate_proj.weight",
        "mlp.up": "mlp.up_proj.weight",
        "mlp.down": "mlp.down_proj.weight",
    }

    def __init__(self, folder: Path) -> None:
        from safetensors import deserialize

        self.folder = folder
        raw = json.loads((folder / "config.json").read_text())
        self.config = Config(
            architecture=raw["model_type"],
            layers=raw["num_hidden_layers"],
            hidden=raw["hidden_size"],
            heads=raw["num_attention_heads"],
            kv_heads=raw["num_key_value_heads"],
            head_dim=raw.get("head_dim", raw["hidden_size"] // raw["num_attention_heads"]),
            intermediate=raw["intermediate_size"],
            vocab=raw["vocab_size"],
            rope_theta=float(raw["rope_theta"]),
            rms_eps=raw["rms_norm_eps"],
            context=raw["max_position_embeddings"],
        )
        self.provenance = {"format": "safetensors", "name": raw.get("_name_or_path") or folder.name}
        self.tensors: dict[str, dict] = {}
        for path in sorted(folder.glob("*.safetensors")):
            self.tensors |= dict(deserialize(path.read_bytes()))

    def names(self) -> list[str]:
        biased = "model.layers.0.self_attn.q_proj.bias" in self.tensors
        layers = [name for n in range(self.config.layers) for name in layer_names(n, biased)]
        return ["embedding", *layers, "norm"]

    def tensor(self, name: str) -> np.ndarray:
        if name == "embedding":
            key = "model.embed_tokens.weight"
        elif name == "norm":
            key = "model.norm.weight"
        else:
            _, layer, part = name.split(".", 2)
            key = f"model.layers.{layer}.{self.FIELDS[part]}"
        found = self.tensors[key]
        return widened(found["dtype"], found["data"]).reshape(found["shape"])

    def write_tokenizer(self, folder: Path) -> None:
        for name in ("tokenizer.json", "tokenizer_config.json"):
            (folder / name).write_bytes((self.folder / name).read_bytes())


def widened(dtype: str, raw: bytes) -> np.ndarray:
    """float32 [n]. numpy has no bfloat16: it is the upper half of a float32."""
    if dtype == "BF16":
        return (np.frombuffer(raw, "<u2").astype(np.uint32) << 16).view(np.float32)
    return np.frombuffer(raw, {"F16": "<f2", "F32": "<f4"}[dtype]).astype(np.float32)


def open_source(path: Path) -> Source:
    """A .gguf file or a safetensors folder. Raises SystemExit with a sentence for anything else."""
    if path.is_dir() and (path / "config.json").exists():
        return SafetensorsSource(path)
    if path.is_file() and path.suffix == ".gguf":
        return GgufSource(path)
    raise SystemExit(f"{path} is neither a .gguf file nor a folder with config.json and *.safetensors.")
