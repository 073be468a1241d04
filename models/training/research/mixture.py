"""What a memory of addresses says about the next token, as a distribution, beside the decoder's own (kNN-LM, arXiv
1911.00172).

    python -m models.training.research.mixture --pack DIR --evidence DIR

fits the gate of that distribution, of contexts by heart, and of both together on packages held out, and reports on
other repositories.
"""

from __future__ import annotations

import argparse
import math
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from .addresses import Addresses
from .sample import SIZES, Sources
from .token_gate import LOCAL, gates, settle

QUERIES = 256  # that are read at a time
WINDOWS, TOKENS = 24, 512  # of a repository that is reported on, as read.py has them by default
COLUMNS = (
    "p decoder",
    "top decoder",
    "entropy decoder",
    "p memory",
    "top memory",
    "p memory of the decoder's first",
    "mass",
)


@torch.no_grad()
def evidence(
    addresses: Addresses,
    states: torch.Tensor,
    logits: torch.Tensor,
    goal: torch.Tensor,
    before: torch.Tensor,
    ids: torch.Tensor,
) -> torch.Tensor:
    """
    states [Q, D] and logits [Q, V] of the positions, whose next tokens are goal [Q]; before [N, D] and ids [N] of the
    memory -> [Q, 7], by COLUMNS. The memory's distribution is the mean of its heads'.
    """
    keys = addresses.keys(before)
    rows = []
    for own, said, next_ in zip(states.split(QUERIES), logits.split(QUERIES), goal.split(QUERIES), strict=True):
        scores = addresses.scores(addresses.queries(own), keys)  # [H, q, N]
        share = scores.softmax(-1).mean(0)  # [q, N]
        memory = torch.zeros_like(said, dtype=torch.float32).index_add_(1, ids, share)  # [q, V]
        decoder = said.float().softmax(-1)
        top, first = decoder.max(-1)
        entropy = -(decoder * decoder.clamp_min(1e-12).log()).sum(-1)
        of = lambda p, at: p.gather(1, at[:, None])[:, 0]
        rows.append(
            torch.stack(
                [
                    of(decoder, next_),
                    top,
                    entropy,
                    of(memory, next_),
                    memory.max(-1).values,
                    of(memory, first),
                    scores.logsumexp(-1).mean(0),
                ],
                -1,
            )
        )
    return torch.cat(rows).cpu()


ORDERS = (
    1,
    2,
    3,
    4,
    6,
)  # tokens before a token that are a context by heart, as token-memory/token-memory.ts here has them
LEAST = 1e-7  # evidence is kept in half precision
OWN = 3  # what the gate knows of a head, beside what it knows of the decoder


def by_heart(segments: list[np.ndarray], most: int, windows: list[tuple[np.ndarray, int]]) -> np.ndarray:
    """
    [positions, heads, 4]: share of the token that came, whether the context stands in memory, how often (log), share of
    its most frequent.
    """
    counts: list[dict[tuple, Counter]] = [defaultdict(Counter) for _ in ORDERS]
    held = 0
    for segment in segments:
        row = segment.tolist()[: max(0, most - held) + 2]
        held += len(row) - 2
        for at in range(1, len(row)):
            for order, table in zip(ORDERS, counts, strict=True):
                if at >= order:
                    table[tuple(row[at - order : at])][row[at]] += 1
        if held >= most:
            break
    rows = []
    for window, header in windows:
        row = window.tolist()
        for at in range(max(2, header), len(row)):
            cells = []
            for order, table in zip(ORDERS, counts, strict=True):
                seen = table.get(tuple(row[at - order : at])) if at >= order else None
                total = seen.total() if seen else 0
                cells.append(
                    [seen[row[at]] / total, 1.0, math.log(total), max(seen.values()) / total] if seen else [0.0] * 4
                )
            rows.append(cells)
    return np.array(rows, np.float32)


@dataclass(frozen=True)
class Positions:
    """
    One repository and size: p of the token that came by decoder [N] and heads [N, K], the decoder's evidence [N, 2],
    the heads' [N, K, 1 + OWN].
    """

    own: torch.Tensor
    said: torch.Tensor
    local: torch.Tensor
    heads: torch.Tensor


def positions(seen: np.ndarray, heart: np.ndarray) -> Positions:
    seen_ = torch.from_numpy(seen.astype(np.float32))
    heart_ = torch.from_numpy(heart)
    none = torch.zeros(len(heart_), len(ORDERS), 1)
    hearts = torch.cat([heart_[:, :, 1:2], heart_[:, :, 2:], none], -1)
    likeness = torch.cat([torch.ones(len(seen_), 1), seen_[:, 4:7] * torch.tensor([1.0, 1.0, 0.1])], -1)
    return Positions(
        seen_[:, 0],
        torch.cat([heart_[:, :, 0], seen_[:, 3:4]], 1),
        seen_[:, 1:3],
        torch.cat([hearts, likeness[:, None]], 1),
    )


def nats(weights: torch.Tensor, p: Positions) -> torch.Tensor:
    """Mean over positions; weights [K, 1 + 2 + OWN]."""
    return -torch.log(
        (gates(weights, p.local, p.heads) * torch.cat([p.own[:, None], p.said], 1)).sum(1).clamp_min(LEAST)
    ).mean()


def fit(parts: list[Positions], heads: list[int]) -> torch.Tensor:
    """Every repository and size counts the same; heads that are not named stay shut."""
    return settle(
        lambda weights: torch.stack([nats(weights, p) for p in parts]).mean(),
        len(ORDERS) + 1,
        1 + LOCAL + OWN,
        heads,
        steps=60,
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="models.training.research.mixture", description="Perplexity with contexts by heart, by likeness, and both"
    )
    parser.add_argument("--pack", type=Path, required=True)
    parser.add_argument(
        "--evidence",
        type=Path,
        required=True,
        help="the folder that models.training.research.read --evidence NAME wrote",
    )
    parser.add_argument("--name", default="softmax")
    options = parser.parse_args()
    sources = Sources(options.pack / "sources.npz")
    parts: dict[str, dict[str, list[Positions]]] = {split: defaultdict(list) for split in ("valid", "report")}
    for split, sizes in parts.items():
        with np.load(options.evidence / f"evidence-{split}-{options.name}.npz") as file:
            seen = {key: file[key] for key in file.files}
        for package in sources.of(split):
            windows, segments = sources.held_out(package, WINDOWS, TOKENS, SIZES["1M"])
            for size in ("10K", "100K"):
                heart = by_heart(segments, SIZES[size], windows)
                sizes[size].append(positions(seen[f"{sources.names[package]} {size}"], heart))
    learned = [p for own in parts["valid"].values() for p in own]
    every = list(range(len(ORDERS) + 1))
    for name, heads in {"by heart": every[:-1], "by likeness": every[-1:], "both": every}.items():
        weights = fit(learned, heads)
        for size, own in parts["report"].items():
            gain = torch.stack([nats(weights, p) + torch.log(p.own.clamp_min(LEAST)).mean() for p in own])
            print(
                f"{name:12} {size:5} {gain.mean().exp().item():.4f}   "
                + " ".join(f"{x:.3f}" for x in gain.exp().tolist()),
                flush=True,
            )


if __name__ == "__main__":
    main()
