"""python -m models.training.train --pairs pairs.jsonl: trains the recall head and writes models/adapter.

The same command runs on two cores and on one large GPU: the device is found, the batch of the state maker follows it.
Steps: read pairs -> token ids -> states of the frozen base, cached on disk -> contrastive training -> held-out table -> adapter.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from . import adapter, states, weights
from .head import RecallHead
from .pool import evaluate
from .text import question_ids, segment_ids


def main() -> None:
    options = arguments()
    torch.manual_seed(options.seed)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    pairs = read_pairs(options.pairs, options.train_limit, options.valid_limit)
    cache, config = cached_states(options, pairs, device)
    head = RecallHead(config["hidden"], options.tokens, options.key_size, options.start).to(device)
    split = np.array([pair["split"] for pair in pairs])
    train = np.flatnonzero(split == "train")
    measure_statistics(head, cache, train, len(pairs))
    fit(head, cache, pairs, train, options, device)
    table = evaluate(head, cache, pairs, np.flatnonzero(split == "valid"), device)
    adapter.write(head, options.out, options.base, options.layer, len(train), table)
    adapter.log(options, table, len(train))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="models.training.train", description=__doc__)
    parser.add_argument("--pairs", type=Path, required=True)
    parser.add_argument("--base", type=Path, default=Path("models/base"))
    parser.add_argument("--out", type=Path, default=Path("models/adapter"))
    parser.add_argument("--cache", type=Path, default=Path.home() / ".cache/ask-codebase/states")
    parser.add_argument("--layer", type=int, default=12)
    parser.add_argument("--tokens", type=int, default=4, help="memory tokens a segment, P")
    parser.add_argument("--key-size", type=int, default=256)
    parser.add_argument("--start", type=float, default=0.02, help="deviation of the pooling queries at the start")
    parser.add_argument("--segment-tokens", type=int, default=160)
    parser.add_argument("--steps", type=int, default=1500)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--dropout", type=float, default=0.1)
    parser.add_argument("--weight-decay", type=float, default=0.05)
    parser.add_argument("--same-package", type=float, default=0.5, help="share of a batch drawn package by package")
    parser.add_argument("--train-limit", type=int, default=12_000)
    parser.add_argument("--valid-limit", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def read_pairs(path: Path, train_limit: int, valid_limit: int) -> list[dict]:
    """The first pairs of each split, taken in turn from each language so that a limit keeps the mixture even."""
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    chosen: list[dict] = []
    for split, limit in (("train", train_limit), ("valid", valid_limit)):
        queues: dict[str, list[dict]] = {}
        for row in rows:
            if row["split"] == split:
                queues.setdefault(row["language"], []).append(row)
        turns = [row for turn in zip_longest(list(queues.values())) for row in turn]
        chosen.extend(turns[:limit])
    return chosen


def zip_longest(queues: list[list[dict]]):
    for turn in range(max(map(len, queues), default=0)):
        yield [queue[turn] for queue in queues if turn < len(queue)]


def cached_states(options: argparse.Namespace, pairs: list[dict], device: str):
    """Texts 0..n-1 are the segments, n..2n-1 the questions."""
    config, tensors = weights.load(options.base, options.layer, device=device)
    ids = segment_ids(options.base, pairs, options.segment_tokens) + question_ids(options.base, pairs)
    key = hashlib.sha256(json.dumps([ids, options.layer, config], default=str).encode()).hexdigest()[:16]
    folder = options.cache / f"{options.layer}-{key}"
    print(f"{len(pairs)} pairs, {sum(map(len, ids))} tokens, states in {folder}", flush=True)
    return states.build(folder, ids, tensors, config, options.layer, device), config


def measure_statistics(head: RecallHead, cache: states.Cache, train: np.ndarray, segments: int) -> None:
    sample = np.concatenate([cache.of(int(i))[1:] for i in train[:1500]] + [cache.of(segments + int(i))[1:] for i in train[:1500]])
    rows = torch.from_numpy(sample.astype(np.float32))
    rows = rows * torch.rsqrt(rows.pow(2).mean(-1, keepdim=True) + 1e-6)
    head.mean.copy_(rows.mean(0))
    head.deviation.copy_(rows.std(0) + 1e-6)


def padded(cache: states.Cache, texts: np.ndarray, device: str) -> tuple[torch.Tensor, torch.Tensor]:
    """States [B, T, D] float32 and mask [B, T], without the first token: it is an attention sink with a massive norm."""
    rows = [cache.of(int(text))[1:] for text in texts]
    longest = max(len(row) for row in rows)
    out = np.zeros((len(rows), longest, rows[0].shape[1]), np.float16)
    mask = np.zeros((len(rows), longest), bool)
    for index, row in enumerate(rows):
        out[index, : len(row)] = row
        mask[index, : len(row)] = True
    return torch.from_numpy(out).to(device).float(), torch.from_numpy(mask).to(device)


def draw(rng: np.random.Generator, train: np.ndarray, packages: list[np.ndarray], batch: int, same: float) -> np.ndarray:
    """Half of a batch comes package by package: what a repository is full of are near neighbours, not strangers."""
    chosen: list[int] = []
    while len(chosen) < batch * same:
        group = packages[rng.integers(len(packages))]
        chosen.extend(rng.choice(group, min(16, len(group)), replace=False))
    rest = rng.choice(train, batch, replace=False)
    merged = list(dict.fromkeys([*map(int, chosen), *map(int, rest)]))
    return np.array(merged[:batch])


def fit(head: RecallHead, cache, pairs: list[dict], train: np.ndarray, options: argparse.Namespace, device: str) -> None:
    rng = np.random.default_rng(options.seed)
    groups: dict[str, list[int]] = {}
    for index in train:
        groups.setdefault(pairs[index]["package"], []).append(int(index))
    packages = [np.array(group) for group in groups.values() if len(group) >= 4]
    optimiser = torch.optim.AdamW(head.parameters(), lr=options.rate, weight_decay=options.weight_decay)
    warm = 30
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda step: min(1.0, (step + 1) / warm) * max(0.0, 1 - step / options.steps)
    )
    began, running = time.time(), 0.0
    for step in range(options.steps):
        batch = draw(rng, train, packages, options.batch, options.same_package)
        segment_states, segment_mask = padded(cache, batch, device)
        question_states, question_mask = padded(cache, len(pairs) + batch, device)
        keys = head.keys(F.dropout(segment_states, options.dropout), segment_mask)
        asks = head.asks(F.dropout(question_states, options.dropout), question_mask)
        scores = head.scores(asks, keys)
        goal = torch.arange(len(batch), device=device)
        loss = F.cross_entropy(scores, goal)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(head.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        running = 0.98 * running + 0.02 * loss.item() if step else loss.item()
        if step % 50 == 0:
            print(f"step {step} loss {running:.3f} tau {head.log_tau.exp().item():.1f} {time.time() - began:.0f}s", flush=True)


if __name__ == "__main__":
    main()
