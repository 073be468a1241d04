"""Where a token is written and what a token reads: the feature maps φ that are compared, over states of the lower
blocks.

The key of a token is the state of the token before it, the query is a token's own state: what followed contexts like
this one? Shapes: N tokens, H heads, F features of a head, D hidden size.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from ..train.decoder import rms

KEPT = 24  # features of a head that `topk` keeps
UNIT = 64  # numbers of a head's key where the kernel is exp(tau q k), which has no finite features
EPS = 1e-6


class Addresses(nn.Module):
    """
    φ(q) and φ(k) [N, H, F]; for `softmax` unit vectors [N, H, 64], whose kernel is exp(tau q·k) (exact attention, the
    upper bound).
    """

    def __init__(self, kind: str, width: int, heads: int, features: int) -> None:
        super().__init__()
        self.kind, self.heads = kind, heads
        self.size = {"elu1": features, "dpfp3": features // 6, "topk": features, "softmax": UNIT}[kind]
        self.register_buffer("mean", torch.zeros(width))
        self.register_buffer("deviation", torch.ones(width))
        self.query = nn.Linear(width, heads * self.size)
        self.key = nn.Linear(width, heads * self.size)
        self.log_tau = nn.Parameter(torch.full((heads,), 2.5))
        with torch.no_grad():
            nn.init.normal_(self.key.weight, std=width**-0.5)
            self.query.weight.copy_(self.key.weight)
            for bias in (self.query.bias, self.key.bias):
                # elu1 is nearly flat around 0: from a negative centre a feature has to be earned.
                bias.fill_({"elu1": -2.0, "topk": 0.0}.get(kind, 0.0))

    def measure(self, states: torch.Tensor) -> None:
        """Takes mean and deviation of ordinary tokens' states [N, D]."""
        unit = rms(states)
        self.mean.copy_(unit.mean(0))
        self.deviation.copy_(unit.std(0).clamp_min(1e-3))

    def standard(self, states: torch.Tensor) -> torch.Tensor:
        return (rms(states) - self.mean) / self.deviation  # [N, D]

    def queries(self, states: torch.Tensor) -> torch.Tensor:
        return self.features(self.query, states)

    def keys(self, states: torch.Tensor) -> torch.Tensor:
        return self.features(self.key, states)

    def features(self, project: nn.Linear, states: torch.Tensor) -> torch.Tensor:
        y = project(self.standard(states)).view(-1, self.heads, self.size).float()
        match self.kind:
            case "softmax":
                return F.normalize(y, dim=-1)
            case "elu1":
                return F.elu(y) + 1  # Infini-attention, arXiv 2404.07143
            case "dpfp3":
                r = F.relu(torch.cat([y, -y], -1))
                return torch.cat([r * r.roll(step, -1) for step in (1, 2, 3)], -1)  # Schlag et al., arXiv 2102.11174
            case _:
                top = y.topk(KEPT, -1)
                return torch.zeros_like(y).scatter(-1, top.indices, F.relu(top.values))

    def tau(self) -> torch.Tensor:
        return self.log_tau.exp().clamp(max=60.0)

    def scores(self, queries: torch.Tensor, keys: torch.Tensor) -> torch.Tensor:
        """log of the unnormalised share of every key [H, Q, N], at equal footing for all φ."""
        dot = torch.einsum(
            "qhf,nhf->hqn",
            queries.bfloat16() if queries.is_cuda else queries,
            keys.bfloat16() if keys.is_cuda else keys,
        ).float()
        return dot * self.tau()[:, None, None] if self.kind == "softmax" else torch.log(dot.clamp_min(0) + EPS)


def follows(addresses: Addresses, queries: torch.Tensor, keys: torch.Tensor, same: torch.Tensor) -> torch.Tensor:
    """
    Minus log of the share that memory tokens which are the next token hold [Q'], of the queries whose next token is in
    memory at all. same [Q, N]. The objective of TRIME (Zhong et al., arXiv 2205.12674): addresses learn what the
    language-model loss does not teach them.
    """
    known = same.any(-1)
    scores = addresses.scores(queries[known], keys)  # [H, Q', N]
    whole = scores.logsumexp(-1)
    right = scores.masked_fill(~same[known], -1e4).logsumexp(-1)
    return -((right - whole).exp().mean(0) + 1e-6).log()
