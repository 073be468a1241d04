"""A base of two blocks with random weights, for tests: every step of training runs on it in a second."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from models.build.shards import write_model
from models.build.source import Config, layer_names

TEXTS = [
    "def read_lines(path):\n    # Opens the file and gives its lines.\n    return open(path).read().splitlines()\n",
    "Where are the lines of a file read? How does the parser count words, and which class keeps the cache?",
    "export class Cache { get(key: string) { return this.items.get(key); } }\n",
]
SIZES = {"layers": 2, "hidden": 64, "heads": 4, "kv_heads": 2, "head_dim": 16, "intermediate": 96}


class MockSource:
    """
    As models.build.source has them. Norms lie around 1, the rest around 0: so states are of ordinary size. The last
    shape has an odd number of blocks of 32.
    """

    provenance = {"format": "mock", "name": "Mock base"}

    def __init__(self, seed: int = 1) -> None:
        self.tokenizer = byte_pairs()
        vocab = self.tokenizer.get_vocab_size()
        self.config = Config(architecture="qwen2", vocab=vocab, rope_theta=10_000.0, rms_eps=1e-6, context=512, **SIZES)
        self.rng = np.random.default_rng(seed)
        hidden, d = SIZES["hidden"], SIZES["head_dim"]
        own, shared, inner = SIZES["heads"] * d, SIZES["kv_heads"] * d, SIZES["intermediate"]
        shapes = {
            "attention.q": (own, hidden),
            "attention.k": (shared, hidden),
            "attention.v": (shared, hidden),
            "attention.o": (hidden, own),
            "mlp.gate": (inner, hidden),
            "mlp.up": (inner, hidden),
            "mlp.down": (hidden, inner),
        }
        self.tensors: dict[str, np.ndarray] = {}
        for name in self.names():
            part = name.split(".", 2)[-1]
            if part.endswith("norm"):
                self.tensors[name] = 1 + 0.1 * self._draw(hidden)
            elif part.endswith(".bias"):
                self.tensors[name] = 0.1 * self._draw(shapes[part.removesuffix(".bias")][0])
            else:
                rows, columns = shapes.get(part, (vocab, hidden))
                self.tensors[name] = self._draw(rows, columns) / columns**0.5

    def _draw(self, *shape: int) -> np.ndarray:
        return self.rng.standard_normal(shape).astype(np.float32)

    def names(self) -> list[str]:
        return ["embedding", *(name for n in range(SIZES["layers"]) for name in layer_names(n, True)), "norm"]

    def tensor(self, name: str) -> np.ndarray:
        return self.tensors[name]

    def write_tokenizer(self, folder: Path) -> None:
        self.tokenizer.save(str(folder / "tokenizer.json"))
        (folder / "tokenizer_config.json").write_text('{"tokenizer_class": "PreTrainedTokenizer"}\n')


def byte_pairs():
    """A tokenizer of bytes and some merges: no text is unknown to it."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=384, initial_alphabet=alphabet, special_tokens=["<|end|>"], show_progress=False
    )
    tokenizer.train_from_iterator(TEXTS, trainer)
    return tokenizer


def write(folder: Path) -> Path:
    write_model(MockSource(), folder)
    return folder
