"""python -m models.training.papers.golden: outputs and gradients of the PyTorch block, which the graphs are held to.

Written to test/golden/infini-block.json: H 4, G 2, d 16, segments of 3, 5 and 4 tokens, the second in two calls. The
inputs are drawn by a formula that the test repeats.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import torch

from .block import Features, Memory, Rule, local_attention, segment

FILE = Path(__file__).parents[3] / "test" / "golden" / "infini-block.json"
HEADS, GROUPS, HEAD = 4, 2, 16
SEGMENTS = [3, 5, 4]
CALLS = [[3], [2, 3], [4]]
GATES = [-1.5, 0.0, 0.7, 3.0]
FEATURES = {
    "elu1": Features("elu1"),
    "dpfp order 3": Features("dpfp", order=3),
    "topk size 64 keep 8 fan 4 seed 7": Features("topk", size=64, keep=8, fan=4, seed=7),
}
RULES: list[Rule] = ["linear", "delta"]


def numbers(count: int, rate: float) -> torch.Tensor:
    """`count` numbers in (-2, 2) that look random: float32, so that every side starts from the same ones."""
    return (2 * torch.sin(rate * torch.arange(1, count + 1, dtype=torch.float64) ** 2)).float().double()


@dataclass(frozen=True)
class Inputs:
    """[T, H, d], [T, G, d] twice, [H]: a document's queries, keys and values, and the gates."""

    query: torch.Tensor
    key: torch.Tensor
    value: torch.Tensor
    gate: torch.Tensor

    def all(self) -> list[torch.Tensor]:
        return [self.query, self.key, self.value, self.gate]


def inputs() -> Inputs:
    tokens = sum(SEGMENTS)
    gate = torch.tensor(GATES, dtype=torch.float32).double()
    shapes = [(HEADS, 0.37), (GROUPS, 0.53), (GROUPS, 0.71)]
    parts = [numbers(tokens * heads * HEAD, rate).view(tokens, heads, HEAD) for heads, rate in shapes]
    return Inputs(*parts, gate)


def run(given: Inputs, features: Features, rule: Rule) -> tuple[torch.Tensor, Memory]:
    """A [T, H d] over the document, and the memory after it."""
    memory = Memory.empty(1, GROUPS, features.width(HEAD), HEAD, given.query.dtype)
    rows, start = [], 0
    for calls in CALLS:
        whole = [part[start : start + sum(calls)].transpose(0, 1)[None] for part in given.all()[:3]]  # [1, H, n, d]
        local, write, first = local_attention(*whole), memory, 0
        for count in calls:
            query, key, value, near = (part[:, :, first : first + count] for part in (*whole, local))
            attended, write = segment(query, key, value, near, given.gate, memory, write, features, rule)
            rows.append(attended[0].transpose(0, 1).flatten(1))
            first += count
        memory, start = write, start + first
    return torch.cat(rows), memory


def case(features: Features, rule: Rule) -> dict:
    given = inputs()
    for part in given.all():
        part.requires_grad_()
    attended, memory = run(given, features, rule)
    weights = torch.sin(torch.arange(1, attended.numel() + 1, dtype=torch.float64)).view(attended.shape)
    gradients = torch.autograd.grad((weights * attended).sum(), given.all())
    slopes = [
        (gradient.flatten() * torch.cos(torch.arange(1, gradient.numel() + 1, dtype=torch.float64))).sum()
        for gradient in gradients
    ]
    return {
        "rule": rule,
        "attended": rounded(attended),
        "norm": rounded(memory.norm),
        "slopes": dict(
            zip(["query", "key", "value", "gate"], (float(f"{slope:.12g}") for slope in slopes), strict=True)
        ),
    }


def rounded(x: torch.Tensor) -> list[float]:
    return [float(f"{value:.11g}") for value in x.detach().flatten().tolist()]


def golden() -> dict:
    return {name: [case(features, rule) for rule in RULES] for name, features in FEATURES.items()}


if __name__ == "__main__":
    FILE.write_text(json.dumps(golden()) + "\n")
