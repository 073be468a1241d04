"""Held-out scores: each valid package is a pool, its questions are asked of its own segments, the packages are averaged."""

from __future__ import annotations

import numpy as np
import torch

HITS = (1, 5, 10)


@torch.inference_mode()
def evaluate(head, cache, pairs: list[dict], valid: np.ndarray, device: str) -> dict[str, dict[str, float]]:
    """-> {language: {hit@1, hit@5, hit@10, mrr, pool}}, and `all`."""
    from .train import padded

    head.eval()
    packages: dict[tuple[str, str], list[int]] = {}
    for index in valid:
        packages.setdefault((pairs[index]["language"], pairs[index]["package"]), []).append(int(index))
    rows: dict[str, list[dict[str, float]]] = {}
    for (language, _), members in packages.items():
        if len(members) < 20:
            continue
        texts = np.array(members)
        keys = torch.cat([head.keys(*padded(cache, run, device)) for run in np.array_split(texts, len(texts) // 64 + 1)])
        asks = head.asks(*padded(cache, len(pairs) + texts, device))
        scores = head.scores(asks, keys)
        rank = (scores > scores.diagonal()[:, None]).sum(1).float()
        row = {f"hit@{k}": (rank < k).float().mean().item() for k in HITS}
        row |= {"mrr": (1 / (rank + 1)).mean().item(), "pool": float(len(members))}
        rows.setdefault(language, []).append(row)
        rows.setdefault("all", []).append(row)
    table = {key: {name: float(np.mean([row[name] for row in found])) for name in found[0]} for key, found in rows.items()}
    for key, row in table.items():
        print(key, {name: round(value, 3) for name, value in row.items()}, flush=True)
    return table
