"""The gate of the token memory: how much each head's read counts beside the decoder's own next token.

    node test/eval/memory-read.ts --data DIR --out reads.jsonl   windows of files, the rest of a repository in memory
    python -m models.training.research.token_gate reads.jsonl --report other.jsonl --out models/adapter/gate.json

A position's probability is a mixture, p = Σ_h g_h p_h, of the decoder (head 0) and of what each memory head has seen
follow this context. g is a softmax over one linear score a head, of numbers that are known before the token is: how
sure the decoder is, how often and how uniformly the head's context was followed, what the decoder thinks of the head's
first choice. Heads without a match are left out, so an empty memory is exactly the decoder. Fitted with LBFGS on the
mixture's log-likelihood, repositories weighted alike; two thirds of the weight lie on foreign memories, which must be
told from one's own.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import torch

LOCAL, EACH = 2, 5  # numbers of local evidence, and of a head's
FOREIGN = 0.67


class Windows:
    """
    Rows of one repository and memory. own [N], local [N, 2], head [N, H, 5], said [N, H] (each head's p of the token
    that came).
    """

    def __init__(self, repo: str, memory: str, rows: list[list[float]]) -> None:
        numbers = torch.tensor(rows)
        heads = (numbers.shape[1] - 1 - LOCAL) // (EACH + 1)
        self.repo, self.memory = repo, memory
        self.own = numbers[:, 0]
        self.local = numbers[:, 1 : 1 + LOCAL]
        self.head = numbers[:, 1 + LOCAL : 1 + LOCAL + heads * EACH].view(-1, heads, EACH)
        self.said = numbers[:, -heads:]


def read(path: Path) -> list[Windows]:
    groups: dict[tuple[str, str], list] = defaultdict(list)
    for line in path.read_text().splitlines():
        row = json.loads(line)
        groups[row["repo"], row["memory"]] += row["positions"]
    return [Windows(repo, memory, rows) for (repo, memory), rows in groups.items()]


def gates(weights: torch.Tensor, local: torch.Tensor, head: torch.Tensor) -> torch.Tensor:
    """
    g [N, 1 + H]: weights [H, 1 + 2 + E], head [N, H, 1 + E]; the decoder's own score is 0, a head without a match has
    none.
    """
    linear = weights[:, 0] + local @ weights[:, 1 : 1 + LOCAL].T + (head[:, :, 1:] * weights[:, 1 + LOCAL :]).sum(-1)
    masked = linear.masked_fill(head[:, :, 0] == 0, -1e9)
    return torch.cat([torch.zeros(len(masked), 1), masked], 1).softmax(-1)


def losses(
    weights: torch.Tensor, own: torch.Tensor, local: torch.Tensor, head: torch.Tensor, said: torch.Tensor
) -> torch.Tensor:
    """Negative log-likelihood of each position, in nats [N]."""
    return -torch.log((gates(weights, local, head) * torch.cat([own[:, None], said], 1)).sum(1).clamp_min(1e-9))


def settle(
    objective: Callable[[torch.Tensor], torch.Tensor],
    count: int,
    width: int,
    heads: list[int],
    steps: int,
    decay: float = 1e-4,
) -> torch.Tensor:
    """Weights [count, width] that LBFGS finds; heads that are not named stay shut."""
    shut = torch.zeros(count, width)
    shut[[h for h in range(count) if h not in heads], 0] = -1e4
    weights = torch.zeros(count, width)
    weights[:, 0] = -2.0
    weights.requires_grad_()
    optimizer = torch.optim.LBFGS([weights], max_iter=steps, line_search_fn="strong_wolfe")

    def closure():
        optimizer.zero_grad()
        total = objective(weights + shut) + decay * weights.square().sum()
        total.backward()
        return total

    optimizer.step(closure)
    return (weights + shut).detach()


def fit(windows: list[Windows], heads: list[int]) -> torch.Tensor:
    """Weights [H, 7]; heads that are not named stay shut."""
    parts = [torch.cat([getattr(w, name) for w in windows]) for name in ("own", "local", "head", "said")]
    foreign = sum(w.memory == "foreign" for w in windows)
    share = {True: FOREIGN / max(1, foreign), False: (1 - FOREIGN) / max(1, len(windows) - foreign)}
    each = torch.cat([torch.full((len(w.own),), share[w.memory == "foreign"] / len(w.own)) for w in windows])
    return settle(
        lambda weights: (losses(weights, *parts) * each).sum(), windows[0].said.shape[1], LOCAL + EACH, heads, steps=150
    )


def loss(weights: torch.Tensor, w: Windows) -> torch.Tensor:
    """Mean negative log-likelihood in nats."""
    return losses(weights, w.own, w.local, w.head, w.said).mean()


def ratio(weights: torch.Tensor, w: Windows) -> float:
    """Perplexity with the memory over that without."""
    return torch.exp(loss(weights, w) + torch.log(w.own.clamp_min(1e-9)).mean()).item()


def table(weights: torch.Tensor, windows: list[Windows]) -> dict[str, dict[str, float]]:
    rows: dict[str, dict[str, float]] = defaultdict(dict)
    for w in windows:
        rows[w.repo][w.memory] = ratio(weights, w)
    return rows


def told(weights: torch.Tensor, windows: list[Windows]) -> str:
    rows = table(weights, windows)
    names = ["10K", "100K", "1M", "foreign"]
    lines = ["| repository | " + " | ".join(names) + " |", "|---|" + "---:|" * len(names)]
    means: dict[str, list[float]] = defaultdict(list)
    for repo, cells in rows.items():
        last = None
        shown = []
        for name in names:
            # A repository smaller than a size is whole in the one before.
            value = cells.get(name, last if name != "foreign" else None)
            last = value if name != "foreign" else last
            if value is not None:
                means[name].append(value)
            shown.append("" if value is None else f"{value:.3f}")
        lines.append(f"| {repo} | " + " | ".join(shown) + " |")
    average = [torch.tensor(means[name]).log().mean().exp().item() if means[name] else float("nan") for name in names]
    lines.append("| geometric mean | " + " | ".join(f"{x:.3f}" for x in average) + " |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("reads", type=Path)
    parser.add_argument("--report", type=Path)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    windows = read(options.reads)
    heads = list(range(windows[0].said.shape[1]))
    repos = sorted({w.repo for w in windows})
    print("Left out in turn, of those that are fitted on:")
    held = []
    for part in range(5):
        out = set(repos[part::5])
        weights = fit([w for w in windows if w.repo not in out], heads)
        held += [(weights, w) for w in windows if w.repo in out]
    for name in ["10K", "100K", "1M", "foreign"]:
        values = torch.tensor([ratio(weights, w) for weights, w in held if w.memory == name])
        if len(values):
            print(f"  {name}: {values.log().mean().exp():.3f}")
    weights = fit(windows, heads)
    if options.report:
        reported = read(options.report)
        print(told(weights, reported))
        for only in heads:
            alone = table(fit(windows, [only]), reported)
            mean = (
                torch.tensor([v for cells in alone.values() for k, v in cells.items() if k == "100K"])
                .log()
                .mean()
                .exp()
            )
            print(f"head {only} alone, 100K: {mean:.3f}")
    if options.out:
        options.out.write_text(
            json.dumps({"weights": [[round(x, 4) for x in row] for row in weights.tolist()]}, indent=1) + "\n"
        )


if __name__ == "__main__":
    main()
