"""The recall head: memory tokens that say where a segment's meaning lies, and the question that finds them.

A segment's P memory tokens are P softmax poolings of its token states, projected to keys; a question is one pooling through the
same kind of projection. Both are unit vectors, and a segment's share of the read is the softmax, over every memory token in
memory, of tau * cos(question, key), summed over the segment's tokens.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import nn


class Pooling(nn.Module):
    """States [B, T, D] -> unit keys [B, P, d_k]: a softmax over tokens for each of P queries, one shared projection."""

    def __init__(self, width: int, tokens: int, key_size: int, start: float) -> None:
        super().__init__()
        # Scores begin with a deviation of start * sqrt(width): near 0 all tokens would begin as the mean, and stay one token.
        self.query = nn.Parameter(torch.randn(tokens, width) * start)
        self.project = nn.Linear(width, key_size, bias=False)

    def pooled(self, states: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        score = torch.einsum("btd,pd->bpt", states, self.query)  # [B, P, T]
        score = score.masked_fill(~mask[:, None], -1e4)
        return score.softmax(-1) @ states  # [B, P, D]

    def forward(self, states: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        return F.normalize(self.project(self.pooled(states, mask)), dim=-1)


class RecallHead(nn.Module):
    """Standardised states in, scores out. `mean` and `deviation` [D] are statistics of ordinary tokens."""

    def __init__(self, width: int, tokens: int = 4, key_size: int = 256, start: float = 0.02) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(width))
        self.register_buffer("deviation", torch.ones(width))
        self.segment = Pooling(width, tokens, key_size, start if tokens > 1 else 0.02)
        self.question = Pooling(width, 1, key_size, 0.02)
        with torch.no_grad():
            self.question.project.weight.copy_(self.segment.project.weight)
        self.log_tau = nn.Parameter(torch.tensor(3.0))

    def standardise(self, states: torch.Tensor) -> torch.Tensor:
        """RMS-normalise each token, then centre and scale each channel: a few massive channels would drown the rest."""
        unit = states * torch.rsqrt(states.pow(2).mean(-1, keepdim=True) + 1e-6)
        return (unit - self.mean) / self.deviation

    def keys(self, states: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        return self.segment(self.standardise(states), mask)  # [B, P, d_k]

    def asks(self, states: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        return self.question(self.standardise(states), mask)[:, 0]  # [B, d_k]

    def scores(self, asks: torch.Tensor, keys: torch.Tensor) -> torch.Tensor:
        """asks [Q, d_k], keys [S, P, d_k] -> log of each segment's unnormalised share [Q, S]."""
        cosine = torch.einsum("qd,spd->qsp", asks, keys)
        return torch.logsumexp(self.log_tau.exp().clamp(max=100.0) * cosine, dim=-1) - math.log(keys.shape[1])
