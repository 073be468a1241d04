"""python -m models.training.papers.capacity: how many pairs a memory of so many numbers gives back, by φ and rule.

The block's own equations, without a decoder around them. A name is a trained key of d numbers, a value one of 64
trained vectors. A document writes n names with values drawn at random, 16 a segment, then 4 segments of other names as
filler; each of the n is asked for. Keys, values and the rule's own numbers are trained by the same steps in every row.
An error is a wrong value.

`gated` is the delta rule with a forgetting `a` and a strength of writing `b` that are functions of the key, after gated
DeltaNet (arXiv 2412.06464), by segments as in eq. (5):

    M' = a M + φ(K)ᵀ (b (V - φ(K) M / (φ(K) z + ε)))        z' = a z + Σ b φ(k)
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

from ..block import Features, Memory, Rule, retrieve, written
from ..picture import picture

RESULT = Path(__file__).parent / "result.jsonl"
HEAD, SEGMENT, NAMES, VALUES = 32, 16, 512, 64
COUNTS = [2, 4, 8, 16, 32, 64, 128]
FILLER = 4  # segments
BATCH = 16


@dataclass(frozen=True)
class Row:
    name: str
    features: Features
    rule: Rule

    @property
    def numbers(self) -> int:
        """Numbers of one head's M and z."""
        return self.features.width(HEAD) * (HEAD + 1)


ROWS = [
    Row("elu1", Features("elu1"), "linear"),
    Row("elu1 gain 8", Features("elu1", gain=8), "linear"),
    Row("elu1 gain 8, delta", Features("elu1", gain=8), "delta"),
    Row("elu1 gain 8, gated delta", Features("elu1", gain=8), "gated"),
    Row("dpfp 1", Features("dpfp", order=1), "linear"),
    Row("dpfp 3", Features("dpfp", order=3), "linear"),
    Row("dpfp 3, delta", Features("dpfp", order=3), "delta"),
    Row("dpfp 3, gated delta", Features("dpfp", order=3), "gated"),
    Row("topk 8 of 64", Features("topk", size=64, keep=8), "linear"),
    Row("topk 8 of 192", Features("topk", size=192, keep=8), "linear"),
    Row("topk 8 of 192, delta", Features("topk", size=192, keep=8), "delta"),
]


class Store(nn.Module):
    """Names and values, and one head's memory between them."""

    def __init__(self, row: Row) -> None:
        super().__init__()
        self.row = row
        self.key, self.query = nn.Embedding(NAMES, HEAD), nn.Embedding(NAMES, HEAD)
        self.value, self.answer = nn.Embedding(VALUES, HEAD), nn.Linear(HEAD, VALUES)
        self.strength, self.keep = nn.Linear(HEAD, 1), nn.Linear(HEAD, 1)
        with torch.no_grad():
            self.query.weight.copy_(self.key.weight)
            self.strength.bias.fill_(2.0)
            self.keep.bias.fill_(4.0)

    def forward(self, names: torch.Tensor, values: torch.Tensor, asked: torch.Tensor) -> torch.Tensor:
        """names, values [B, S, T] written segment by segment, asked [B, n] -> logits [B, n, VALUES]."""
        features = self.row.features
        memory = Memory.empty(len(names), 1, features.width(HEAD), HEAD)
        for at in range(names.shape[1]):
            raw = self.key(names[:, at])  # [B, T, d]
            memory = self.after(memory, features(raw)[:, None], self.value(values[:, at])[:, None], raw)
        queries = features(self.query(asked))[:, None]
        return self.answer(retrieve(queries, memory)[:, 0])

    def after(self, memory: Memory, keys: torch.Tensor, values: torch.Tensor, raw: torch.Tensor) -> Memory:
        if self.row.rule != "gated":
            news = written(self.row.rule, keys, values, memory)
            return Memory(memory.matrix + news.matrix, memory.norm + news.norm)
        strength = torch.sigmoid(self.strength(raw))[:, None]  # [B, 1, T, 1]
        keep = torch.sigmoid(self.keep(raw.mean(1)))[:, :, None]  # [B, 1, 1]
        news = strength * (values - retrieve(keys, memory))
        matrix = keep[..., None] * memory.matrix + keys.transpose(-1, -2) @ news
        return Memory(matrix, keep * memory.norm + (strength * keys).sum(-2))


def documents(
    draw: torch.Generator, count: int, batch: int
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """names, values [B, S, T], asked and right [B, n]: n names, others up to whole segments, then filler."""
    whole = -(-count // SEGMENT) * SEGMENT + FILLER * SEGMENT
    order = torch.rand(batch, NAMES, generator=draw).argsort(-1)[:, :whole]
    values = torch.randint(0, VALUES, (batch, whole), generator=draw)
    segments = order.view(batch, -1, SEGMENT), values.view(batch, -1, SEGMENT)
    return *segments, order[:, :count], values[:, :count]


def run(row: Row, seed: int, steps: int, tested: int = 256) -> dict:
    """Trains a store and counts its errors in percent, by the number of names."""
    torch.manual_seed(seed)
    store, draw = Store(row), torch.Generator().manual_seed(seed)
    optimizer = torch.optim.Adam(store.parameters(), lr=1e-2)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    for _ in range(steps):
        count = COUNTS[int(torch.randint(0, len(COUNTS), (1,), generator=draw))]
        names, values, asked, right = documents(draw, count, BATCH)
        loss = F.cross_entropy(store(names, values, asked).flatten(0, 1), right.flatten())
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(store.parameters(), 1.0)
        optimizer.step()
        schedule.step()
    errors, unseen = {}, torch.Generator().manual_seed(10_000 + seed)
    with torch.inference_mode():
        for count in COUNTS:
            names, values, asked, right = documents(unseen, count, tested)
            wrong = store(names, values, asked).argmax(-1) != right
            errors[str(count)] = round(100 * wrong.float().mean().item(), 2)
    return {"row": row.name, "numbers": row.numbers, "seed": seed, "steps": steps, "error %": errors}


def table(rows: list[dict]) -> str:
    """Errors in percent: the mean over the seeds, a line a row, a column a number of names."""
    lines = ["| φ, rule | numbers | " + " | ".join(map(str, COUNTS)) + " |", "| --- |" + " ---: |" * (len(COUNTS) + 1)]
    for row in ROWS:
        own = [one["error %"] for one in rows if one["row"] == row.name]
        if own:
            means = [f"{sum(one[str(count)] for one in own) / len(own):.1f}" for count in COUNTS]
            lines.append(f"| {row.name} | {row.numbers:,} | {' | '.join(means)} |")
    return "\n".join(lines)


def curve(rows: list[dict]) -> str:
    """Wrong values by the number of names, a line a row of the table."""
    lines = {
        row.name: [[one["error %"][str(count)] for one in rows if one["row"] == row.name] for count in COUNTS]
        for row in ROWS
        if any(one["row"] == row.name for one in rows)
    }
    return picture("percent of wrong values, by names that are asked for", list(map(str, COUNTS)), lines, (0, 100))


def spread(rows: list[dict]) -> float:
    """The largest difference between two seeds of a row, in percent."""
    apart = [0.0]
    for row in ROWS:
        own = [one["error %"] for one in rows if one["row"] == row.name]
        for count in COUNTS:
            values = [one[str(count)] for one in own] or [0.0]
            apart.append(max(values) - min(values))
    return max(apart)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--steps", type=int, default=800)
    given = parser.parse_args()
    torch.set_num_threads(1)
    rows = [json.loads(line) for line in RESULT.read_text().splitlines()] if RESULT.exists() else []
    for seed in given.seeds:
        for row in ROWS:
            if any((one["row"], one["seed"], one["steps"]) == (row.name, seed, given.steps) for one in rows):
                continue
            rows.append(run(row, seed, given.steps))
            print(json.dumps(rows[-1]), flush=True)
            RESULT.write_text("".join(json.dumps(one) + "\n" for one in rows))
    same = [one for one in rows if one["steps"] == given.steps]
    (RESULT.parent / "curve.svg").write_text(curve(same))
    print(table(same), f"Seeds differ by at most {spread(same):.1f}.", sep="\n\n")


if __name__ == "__main__":
    main()
