"""python -m models.training.parity: what the PyTorch reference says, for the graphs to be checked against.

Token ids of this project's own code (which no base has seen), the reference's best next token on the dequantised shards, and the
perplexity of the unquantised base, written to test/golden/parity.json. Needs the base as GGUF or safetensors for the last.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import torch
import torch.nn.functional as F

from models.build.source import open_source

from . import weights
from .decoder import logits
from .text import tokenizer

FILES = ("kernels/graph.ts", "src/memory/lexicon.ts", "models/build/source.py", "src/workspace/segment.ts")
WINDOW = 320


def main() -> None:
    parser = argparse.ArgumentParser(prog="models.training.parity", description=__doc__)
    parser.add_argument("--source", type=Path, required=True, help="the unquantised base: a .gguf file or a safetensors folder")
    parser.add_argument("--base", type=Path, default=Path("models/base"))
    parser.add_argument("--out", type=Path, default=Path("test/golden/parity.json"))
    options = parser.parse_args()
    tokens = tokenizer(options.base)
    windows = [tokens.encode(Path(file).read_text()).ids[:WINDOW] for file in FILES]
    ids = torch.tensor([window for window in windows if len(window) == WINDOW])
    config, shipped = weights.load(options.base, dtype=torch.float32)
    best, loss = run(shipped, config, ids)
    del shipped
    source = open_source(options.source)
    original = {name: torch.from_numpy(source.tensor(name)) for name in source.names()}
    _, original_loss = run(original, config, ids)
    result = {
        "windows": ids.tolist(),
        "best": best.tolist(),
        "referenceLoss": loss,
        "unquantisedLoss": original_loss,
    }
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(result) + "\n")
    print({"reference loss": loss, "unquantised loss": original_loss, "ratio of perplexities": torch.tensor(loss - original_loss).exp().item()})


def run(tensors: dict, config: dict, ids: torch.Tensor) -> tuple[torch.Tensor, float]:
    """-> best next token [B, T], mean loss in nats over all but the last position."""
    best, losses = [], []
    for row in ids:
        out = logits(tensors, config, row[None])[0]
        best.append(out.argmax(-1))
        losses.append(F.cross_entropy(out[:-1], row[1:]).item())
    return torch.stack(best), sum(losses) / len(losses)


if __name__ == "__main__":
    main()
