"""python -m models.training.papers.language.train --seeds 1 2 3: models of every kind, their perplexity, and the table.

All kinds see the same documents in the same order: windows of `--unroll` segments, gradients through all of them. At
the end the test documents are streamed whole, and loss is kept by the place in the document. What is done is not done
again, and a run that was killed goes on. `--small` is the same at a size of minutes, `--device cuda` the same on a GPU.
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
from .table import table
from .text import BOOKS, LARGE, SMALL, SMALL_BOOKS, Document, documents

HOME = Path.home() / ".cache" / "ask-codebase" / "papers" / "language"
RESULT = Path(__file__).parent / "result.jsonl"
TESTED = 8  # documents of a batch that is evaluated
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
    text: str = "code"

    @property
    def name(self) -> str:
        """The number of steps is part of it: the rate falls over all of them, so no run goes on from a shorter one."""
        shape = self.shape
        return f"{self.text}-{shape.width}-{shape.kind}-{self.unroll}x{self.batch}x{self.steps}-{self.seed}"


SMALL_SHAPE = Shape(
    "local", layers=2, width=64, heads=2, segment=64, vocabulary=1_024, cache=64, keys=8_192, nearest=16, tokens=4
)


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
    texts = sorted((one.tokens[:longest] for one in tested), key=len)
    for document in tested:
        total_bytes += document.bytes * min(longest, len(document.tokens)) / len(document.tokens)
    for first in range(0, len(texts), TESTED):
        batch = texts[first : first + TESTED]
        ids = torch.zeros(len(batch), len(batch[-1]), dtype=torch.int64)  # the shorter ones are filled up behind
        for row, text in zip(ids, batch, strict=True):
            row[: len(text)] = torch.from_numpy(text)
        left = torch.tensor([len(text) - 1 for text in batch], device=device)[:, None]  # [B, 1]
        at = 0
        with torch.inference_mode():
            for losses in stream(model, ids.to(device), device):
                place = sum(at >= bound for bound in PLACES)
                real = at + torch.arange(losses.shape[1], device=device) < left  # [B, T]
                sums[place] += losses[real].sum().item()
                counts[place] += int(real.sum())
                at += losses.shape[1]
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


def row_of(plan: Plan, parts: dict[str, list[Document]], longest: int) -> dict:
    """Trains what is missing of a run, and evaluates it."""
    model = train(plan, parts["train"])
    found = evaluate(model.eval(), parts["test"], plan.device, longest)
    return {
        "run": plan.name,
        "text": plan.text,
        "kind": plan.shape.kind,
        "seed": plan.seed,
        "unroll": plan.unroll,
        "tokens of training": plan.steps * plan.batch * plan.unroll * plan.shape.segment,
        "parameters": sum(part.numel() for part in model.parameters()),
        "numbers": plan.shape.numbers(),
        **found,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=KINDS)
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3])
    parser.add_argument("--text", choices=["code", "books"], default="code")
    parser.add_argument("--small", action="store_true", help="0.2 M parameters, 0.8 M tokens a run")
    parser.add_argument("--steps", type=int, help="1,000 of 2 windows of 4 segments: 4 M tokens; small, 400 of 8")
    parser.add_argument("--unroll", type=int, default=4, help="segments of a window: 4, 16, 64")
    parser.add_argument("--batch", type=int)
    parser.add_argument("--longest", type=int, default=131_072, help="tokens of a test document")
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    given = parser.parse_args()
    torch.set_num_threads(1)
    size = SMALL_SHAPE if given.small else Shape("local")
    steps, batch = given.steps or (400 if given.small else 1_000), given.batch or (8 if given.small else 2)
    sources = {"code": (LARGE, SMALL), "books": (BOOKS, SMALL_BOOKS)}
    parts = documents(sources[given.text][given.small])
    rows = [json.loads(line) for line in RESULT.read_text().splitlines()] if RESULT.exists() else []
    asked = [
        Plan(replace(size, kind=kind), seed, steps, given.unroll, batch, device=given.device, text=given.text)
        for seed in given.seeds
        for kind in given.kinds
    ]
    for plan in asked:
        if all(row["run"] != plan.name for row in rows):
            rows.append(row_of(plan, parts, given.longest))
            RESULT.write_text("".join(json.dumps(row) + "\n" for row in rows))
            print(json.dumps(rows[-1]), flush=True)
    print(table([row for row in rows if row["run"] in {plan.name for plan in asked}]))


if __name__ == "__main__":
    main()
