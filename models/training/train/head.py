"""The recall head: memory tokens that say where a segment's meaning lies, and the question that finds them.

A segment's token states are divided into P equal spans; memory token p is a softmax pooling of span p, projected to a
key. A question is one pooling of all its tokens through a projection of its own. Both are unit vectors, and a segment's
share of the read is the softmax, over every memory token in memory, of tau * cos(question, key), summed over the
segment's tokens.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import nn

from .decoder import rms


class SpanPool(torch.autograd.Function):
    """Softmax pooling of rows that lie one after the other: no padding, and no gradient for the rows, which are frozen.

    rows [N, D], scores [N] and owner [N] (which of the M pools a row belongs to) -> pools [M, D], zeros where a pool
    has no row.
    """

    @staticmethod
    def forward(ctx, rows, scores, owner, count):
        top = torch.full((count,), -1e30).scatter_reduce_(0, owner, scores, "amax")
        weight = torch.exp(scores - top[owner])
        total = torch.zeros(count).index_add_(0, owner, weight)
        weight = weight / total[owner]
        pooled = torch.zeros(count, rows.shape[1]).index_add_(0, owner, rows * weight[:, None])
        ctx.save_for_backward(rows, weight, owner)
        ctx.count = count
        return pooled

    @staticmethod
    def backward(ctx, gradient):
        rows, weight, owner = ctx.saved_tensors
        each = weight * (rows * gradient[owner]).sum(-1)
        mean = torch.zeros(ctx.count).index_add_(0, owner, each)
        return None, each - weight * mean[owner], None, None


class Half(nn.Module):
    """One side of the head: a query [D] that weighs tokens, the same in all of its spans, and a projection [d_k, D]."""

    def __init__(self, width: int, spans: int, key_size: int) -> None:
        super().__init__()
        self.spans = spans
        self.query = nn.Parameter(torch.zeros(width))
        self.project = nn.Linear(width, key_size, bias=False)


class RecallHead(nn.Module):
    """`mean` and `deviation` [D] are statistics of ordinary tokens' RMS-normalised states."""

    def __init__(self, width: int, spans: int = 8, key_size: int = 256) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(width))
        self.register_buffer("deviation", torch.ones(width))
        self.segment = Half(width, spans, key_size)
        self.question = Half(width, 1, key_size)
        self.log_tau = nn.Parameter(torch.tensor(3.0))

    def pool(self, half: Half, rows: torch.Tensor, lengths: list[int]) -> torch.Tensor:
        """
        rows [N, D]: the states of the texts without their first tokens, one text after the other -> [texts, P, D].
        """
        count, spans = len(lengths), half.spans
        unit = rms(rows)
        span = torch.cat([torch.arange(n) * spans // n for n in lengths])
        owner = torch.repeat_interleave(torch.arange(count), torch.tensor(lengths)) * spans + span
        scores = unit @ (half.query / self.deviation)  # the mean's part is one constant, and drops out of the softmax
        pooled = SpanPool.apply(unit, scores, owner, count * spans).view(count, spans, -1)
        if min(lengths) < spans:
            pooled = self._filled(pooled, owner, unit, lengths, spans)
        return (pooled - self.mean) / self.deviation

    def _filled(self, pooled, owner, unit, lengths: list[int], spans: int) -> torch.Tensor:
        """A span without a token is the mean of all tokens."""
        texts = torch.repeat_interleave(torch.arange(len(lengths)), torch.tensor(lengths))
        mean = torch.zeros(len(lengths), unit.shape[1]).index_add_(0, texts, unit) / torch.tensor(lengths)[:, None]
        empty = torch.bincount(owner, minlength=len(lengths) * spans).view(-1, spans, 1) == 0
        return torch.where(empty, mean[:, None], pooled)

    def keys(self, pooled: torch.Tensor) -> torch.Tensor:
        return F.normalize(self.segment.project(pooled), dim=-1)  # [S, P, d_k]

    def asks(self, pooled: torch.Tensor) -> torch.Tensor:
        return F.normalize(self.question.project(pooled[:, 0]), dim=-1)  # [Q, d_k]

    def scores(self, asks: torch.Tensor, keys: torch.Tensor) -> torch.Tensor:
        """asks [Q, d_k], keys [S, P, d_k] -> log of each segment's unnormalised share [Q, S]."""
        cosine = torch.einsum("qd,spd->qsp", asks, keys)
        return torch.logsumexp(self.log_tau.exp().clamp(max=100.0) * cosine, dim=-1) - math.log(keys.shape[1])
