"""python -m models.training.papers.language.train --kind linear --seed 1: a model and its perplexity; may be killed.

All kinds see the same documents in the same order: windows of `--unroll` segments, gradients through all of them. At
the end the test documents are streamed whole, and loss is kept by the place in the document. `--device cuda` is the
same on a GPU.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from .model import KINDS, LanguageModel, Shape
from .text import Document, documents

HOME = Path.home() / ".cache" / "ask-codebase" / "papers" / "language"
PLACES = [2_048, 8_192, 32_768, 131_072]  # losses are kept apart by how many tokens stand before


@dataclass(frozen=True)
class Plan:
    shape: Shape
    seed: int
    steps: int
    unroll: int  # segments of a window
    batch: int  # windows of a step
    peak: float = 2e-3
    device: str = "cpu"

    @property
    def name(self) -> str:
        return f"{self.shape.kind}-{self.unroll}-{self.seed}"


def windows(train: list[Document], plan: Plan, step: int) -> torch.Tensor:
    """[B, unroll T + 1]: a document is drawn by its length, a window in it anywhere; the same for every kind."""
    draw, length = np.random.default_rng([plan.seed, step]), plan.unroll * plan.shape.segment + 1
    long = [one for one in train if len(one.tokens) > length]
    sizes = np.array([len(one.tokens) for one in long], np.float64)
    rows = []
    for at in draw.choice(len(long), plan.batch, p=sizes / sizes.sum()):
        start = int(draw.integers(0, len(long[at].tokens) - length + 1))
        rows.append(long[at].tokens[start : start + length])
    return torch.from_numpy(np.stack(rows))


def stream(model: LanguageModel, ids: torch.Tensor, device: str) -> Iterator[torch.Tensor]:
    """Losses [B, T] in nats of the token after each, segment by segment, of documents [B, n]."""
    before, size = model.start(), model.shape.segment
    for start in range(0, ids.shape[1] - 1, size):
        part = ids[:, start : start + size + 1]
        with torch.autocast(device, torch.bfloat16):
            logits, before = model(part[:, :-1], before)
        yield F.cross_entropy(logits.float().transpose(1, 2), part[:, 1:], reduction="none")


def rate(plan: Plan, step: int) -> float:
    warm = min(1.0, (step + 1) / max(1, plan.steps // 20))
    return plan.peak * warm * max(0.02, 0.5 * (1 + math.cos(math.pi * step / plan.steps)))


def train(plan: Plan, train_documents: list[Document], folder: Path = HOME, until: int | None = None) -> LanguageModel:
    """Trains `plan.steps` steps, or to `until`; saved every minute under `folder`."""
    torch.manual_seed(plan.seed)
    model = LanguageModel(plan.shape).to(plan.device)
    optimizer = torch.optim.AdamW(model.parameters(), lr=plan.peak, betas=(0.9, 0.95), weight_decay=0.1)
    folder.mkdir(parents=True, exist_ok=True)
    saved, step, since = folder / f"{plan.name}.pt", 0, time.monotonic()
    if saved.exists():
        state = torch.load(saved, weights_only=True, map_location=plan.device)
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        step = state["step"]
    end = min(plan.steps, until or plan.steps)
    while step < end:
        for group in optimizer.param_groups:
            group["lr"] = rate(plan, step)
        ids = windows(train_documents, plan, step).to(plan.device)
        loss = torch.cat(list(stream(model, ids, plan.device)), 1).mean()
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        step += 1
        if step % 20 == 0:
            with (folder / f"{plan.name}.jsonl").open("a") as log:
                log.write(json.dumps({"step": step, "loss": round(loss.item(), 4)}) + "\n")
        if time.monotonic() - since > 60 or step == end:
            part = saved.with_suffix(".part")
            torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict(), "step": step}, part)
            part.replace(saved)
            since = time.monotonic()
    return model


def evaluate(model: LanguageModel, tested: list[Document], device: str, longest: int) -> dict:
    """Perplexity, bits a byte, and perplexity by place, over documents that are streamed from their start."""
    sums, counts, total_bytes = [0.0] * (len(PLACES) + 1), [0] * (len(PLACES) + 1), 0.0
    with torch.inference_mode():
        for document in tested:
            ids = torch.from_numpy(document.tokens[:longest])[None].to(device)
            total_bytes += document.bytes * ids.shape[1] / len(document.tokens)
            at = 0
            for losses in stream(model, ids, device):
                place = sum(at >= bound for bound in PLACES)
                sums[place] += losses.sum().item()
                counts[place] += losses.numel()
                at += losses.numel()
    nats = sum(sums)
    return {
        "perplexity": round(math.exp(nats / sum(counts)), 4),
        "bits a byte": round(nats / math.log(2) / total_bytes, 4),
        "tokens": sum(counts),
        "perplexity by place": {
            str(bound): round(math.exp(one / count), 4)
            for bound, one, count in zip([0, *PLACES], sums, counts, strict=True)
            if count > 0
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kind", choices=KINDS, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--steps", type=int, default=1_000, help="1,000 of 2 windows of 4 segments: 4 M tokens")
    parser.add_argument("--unroll", type=int, default=4, help="segments of a window: 4, 16, 64")
    parser.add_argument("--batch", type=int, default=2)
    parser.add_argument("--longest", type=int, default=131_072, help="tokens of a test document")
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    given = parser.parse_args()
    torch.set_num_threads(1)
    shape = replace(Shape("local"), kind=given.kind)
    plan = Plan(shape, given.seed, given.steps, given.unroll, given.batch, device=given.device)
    parts = documents()
    model = train(plan, parts["train"])
    found = evaluate(model.eval(), parts["test"], given.device, given.longest)
    row = {"run": plan.name, "steps": given.steps, "numbers": shape.numbers(), **found}
    with (HOME / "result.jsonl").open("a") as file:
        file.write(json.dumps(row) + "\n")
    print(json.dumps(row))


if __name__ == "__main__":
    main()
