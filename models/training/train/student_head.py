"""The head of a smaller encoder, towards the keys of a larger one, on blocks that are held: which tokens count and
where they point, in closed form.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F

from .contrast import Data, Net, Texts
from .head import Half, RecallHead
from .lora import lower_states, span_pools
from .states import batches
from .teacher import Side, Teacher

SHARES = (0.01, 0.1, 0.3, 1.0, 3.0)  # of the mean variance, added to every variance
ASIDE = 5  # one text of so many chooses the share


def start(net: Net, data: Data, teacher: Teacher, options: argparse.Namespace) -> None:
    """Fits the head of `net` on its blocks as they are."""
    rng = np.random.default_rng(options.seed)
    samples = []
    for texts, side, held_out, count in (
        (data.segments, teacher.segments, data.segment_valid, options.sample),
        (data.questions, teacher.questions, data.valid, 4 * options.sample),
    ):
        own = np.flatnonzero(side.done & ~held_out)
        samples.append(sample(net, texts, side, rng.choice(own, min(count, len(own)), replace=False)))
    net.head.log_tau.data.copy_(teacher.head.log_tau)
    measure(net.head, samples)
    for half, one in zip((net.head.segment, net.head.question), samples, strict=True):
        begin(net.head, half, one)


@dataclass(frozen=True)
class Sample:
    """States of some texts, in batches of like length, and what the teacher says of them."""

    rows: list[torch.Tensor]  # [B, T, D]
    length: list[torch.Tensor]  # [B]
    keys: list[torch.Tensor]  # [B, P, d_k]
    scores: list[torch.Tensor]  # [B, T - 1]


@torch.no_grad()
def sample(net: Net, texts: Texts, side: Side, chosen: np.ndarray) -> Sample:
    found = Sample([], [], [], [])
    chosen = sorted(chosen, key=lambda text: texts.length[text])
    for batch in batches(chosen, texts.length, net.budget):
        length, first = texts.length[batch], texts.first[batch]
        padded, scores = np.zeros((len(batch), length.max()), np.int64), np.zeros((len(batch), length.max() - 1))
        for row, (at, size) in enumerate(zip(first, length, strict=True)):
            padded[row, :size] = texts.ids[at : at + size]
            scores[row, : size - 1] = side.scores[at + 1 : at + size]
        found.rows.append(lower_states(net.base, net.lora, net.config, torch.from_numpy(padded)))
        found.length.append(torch.from_numpy(length.astype(np.int64)))
        found.keys.append(torch.from_numpy(side.keys[batch].astype(np.float32)))
        found.scores.append(torch.from_numpy(scores).float())
    return found


@torch.no_grad()
def measure(head: RecallHead, samples: list[Sample]) -> None:
    """Mean and deviation of the tokens' states, all samples counting alike."""
    moments = []
    for one in samples:
        rows = torch.cat([unit for unit, _ in tokens(head, one, False)])
        moments.append((rows.mean(0), rows.pow(2).mean(0)))
    mean, square = (torch.stack(parts).mean(0) for parts in zip(*moments, strict=True))
    head.mean.copy_(mean)
    head.deviation.copy_((square - mean.pow(2)).clamp(min=0).sqrt() + 1e-6)


def tokens(head: RecallHead, one: Sample, scaled: bool = True):
    """Batch by batch: RMS-normalized states [N, D] of the tokens that count, scaled as pools are, and scores [N]."""
    for rows, length, scores in zip(one.rows, one.length, one.scores, strict=True):
        own = torch.arange(rows.shape[1] - 1) < (length - 1)[:, None]  # [B, T - 1]
        unit = rows[:, 1:][own].float()
        unit = unit * torch.rsqrt(unit.pow(2).mean(-1, keepdim=True) + 1e-6)
        yield (unit - head.mean) / head.deviation if scaled else unit, scores[own]


@torch.no_grad()
def begin(head: RecallHead, half: Half, one: Sample) -> None:
    """In closed form: the query that gives tokens the teacher's scores, and the projection that gives its keys."""
    count = torch.zeros(())
    mean, centre = torch.zeros(2, half.query.shape[0] + 1)
    both = torch.zeros(half.query.shape[0] + 1, half.query.shape[0] + 1)
    for unit, scores in tokens(head, one):
        table = torch.cat([unit, scores[:, None]], 1)
        both += table.T @ table
        mean += table.sum(0)
        count += len(table)
    centre = mean / count
    both = both / count - centre[:, None] * centre  # a constant drops out of the softmax
    half.query.copy_(ridge(both[:-1, :-1], both[:-1, -1:], SHARES[0])[:, 0])
    pools = torch.cat([pool.flatten(0, 1) for pool in pooled(head, half, one)])  # [texts P, D]
    keys = torch.cat(one.keys).flatten(0, 1)
    aside = torch.arange(len(keys)) // half.spans % ASIDE == 0
    tried = [projection(pools[~aside], keys[~aside], share) for share in SHARES]
    apart = [distance(F.normalize(pools[aside] @ matrix.T, dim=-1), keys[aside]).item() for matrix in tried]
    best = int(np.argmin(apart))
    print(f"{len(keys)} keys, 1 - cosine aside {apart[best]:.3f} with a ridge of {SHARES[best]}", flush=True)
    half.project.weight.copy_(projection(pools, keys, SHARES[best]))


def projection(pools: torch.Tensor, keys: torch.Tensor, share: float) -> torch.Tensor:
    return ridge(pools.T @ pools / len(pools), pools.T @ keys / len(pools), share).T


def ridge(square: torch.Tensor, cross: torch.Tensor, share: float) -> torch.Tensor:
    shrink = share * square.diagonal().mean() * torch.eye(len(square))
    return torch.linalg.solve((square + shrink).double(), cross.double()).float()


def pooled(head: RecallHead, half: Half, one: Sample):
    """Batch by batch: pools [B, P, D]."""
    for rows, length in zip(one.rows, one.length, strict=True):
        yield span_pools(rows, length, half.query, head.mean, head.deviation, half.spans)


def distance(keys: torch.Tensor, known: torch.Tensor) -> torch.Tensor:
    """1 - cosine of unit vectors, the mean."""
    return 1 - (keys * known).sum(-1).mean()
