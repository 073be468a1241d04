"""Held-out scores: each valid package is a pool, its questions are asked of its own segments, the packages are
averaged.
"""

from __future__ import annotations

import numpy as np
import torch

HITS = (1, 5, 10)
LEAST = 5  # questions of one form that a package must have to count for it


@torch.inference_mode()
def evaluate(head, segments, questions, found, valid) -> dict[str, dict[str, float]]:
    """
    segments [N, P, D], questions [Q, 1, D]: the pools of what `valid` holds, a Split of the Material `found`.
    -> {form of the question: {hit@1, hit@5, hit@10, mrr, pool}}, and `all`.
    """
    keys, asks = head.keys(segments), head.asks(questions)
    forms = np.array([found.questions[number]["form"] for number in valid.questions])
    rows: dict[str, list[dict[str, float]]] = {}
    asked_in = valid.asked_in
    for package in np.unique(asked_in):
        mine, columns = np.flatnonzero(asked_in == package), np.flatnonzero(valid.package == package)
        at = {int(column): index for index, column in enumerate(columns)}
        scores = head.scores(asks[mine], keys[columns])
        best = torch.stack([row[[at[s] for s in valid.answers[q]]].max() for row, q in zip(scores, mine, strict=True)])
        rank = (scores > best[:, None]).sum(1).float().numpy()
        for form in ("all", *np.unique(forms[mine])):
            own = rank if form == "all" else rank[forms[mine] == form]
            if len(own) >= LEAST:
                row = {f"hit@{k}": float((own < k).mean()) for k in HITS}
                rows.setdefault(form, []).append(
                    row | {"mrr": float((1 / (own + 1)).mean()), "pool": float(len(columns))}
                )
    table = {
        key: {name: float(np.mean([row[name] for row in got])) for name in got[0]} for key, got in sorted(rows.items())
    }
    for key, row in table.items():
        print(f"{key:8}", {name: round(value, 3) for name, value in row.items()}, flush=True)
    return table
