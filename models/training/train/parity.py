"""python -m models.training.train.parity: what the PyTorch reference says, for the graphs to be checked against.

Token ids of this project's own code (which no base has seen), the reference's best next token on the dequantized
shards, and the perplexity of the unquantized base, written to test/golden/parity.json. Needs the base as GGUF or
safetensors for the last.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import torch
import torch.nn.functional as F

from models.build.source import open_source

from . import adapter, weights
from .decoder import logits, states
from .text import tokenizer

FILES = (
    "kernels/graph.ts",
    "src/memory/search/tokenize.ts",
    "models/build/source.py",
    "src/workspace/segment/segment.ts",
)
WINDOW = 320
QUESTIONS = ("How is a graph written as bytes?", "Where are identifiers split into words?")


def main(given: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="models.training.train.parity", description=__doc__)
    parser.add_argument(
        "--source",
        type=Path,
        help="the unquantized base: a .gguf file or a safetensors folder; without it, only the keys are made anew",
    )
    parser.add_argument("--base", type=Path, default=Path("models/base"))
    parser.add_argument("--adapter", type=Path, default=Path("models/adapter"))
    parser.add_argument("--out", type=Path, default=Path("test/golden/parity.json"))
    options = parser.parse_args(given)
    if options.source is None:
        result = json.loads(options.out.read_text())
        result |= keys(options.base, options.adapter, result["texts"], result["questions"])
        options.out.write_text(json.dumps(result) + "\n")
        return
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
    result["texts"] = [Path(file).read_text()[:700] for file in FILES[:2]]
    result["questions"] = list(QUESTIONS)
    result |= keys(options.base, options.adapter, result["texts"], result["questions"])
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(result) + "\n")
    print(
        {
            "reference loss": loss,
            "unquantized loss": original_loss,
            "ratio of perplexities": torch.tensor(loss - original_loss).exp().item(),
        }
    )


@torch.inference_mode()
def keys(base: Path, folder: Path, texts: list[str], questions: list[str]) -> dict[str, list]:
    """
    Memory tokens [P, d_k] of each text and the key [d_k] of each question, from the base in bfloat16 as in training.
    """
    layer = json.loads((folder / "adapter.json").read_text())["layer"]
    config, tensors = weights.load(base, layer)
    tensors |= {name: tensor.to(torch.bfloat16) for name, tensor in adapter.low_rank(folder).items()}
    head, tokens = adapter.load(folder, config["hidden"]), tokenizer(base)

    def states_of(text: str) -> torch.Tensor:
        ids = torch.tensor([tokens.encode(text, add_special_tokens=False).ids])
        return states(tensors, config, ids, layer)[0].float()[1:]

    found = [states_of(text) for text in texts]
    asked = [states_of(question) for question in questions]
    rounded = lambda key: [round(value, 5) for value in key.flatten().tolist()]
    return {
        "segmentKeys": [rounded(head.keys(head.pool(head.segment, rows, [len(rows)]))) for rows in found],
        "questionKeys": [rounded(head.asks(head.pool(head.question, rows, [len(rows)]))) for rows in asked],
    }


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
