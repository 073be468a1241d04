"""The Infini-attention block of arXiv 2404.07143 in PyTorch: the same equations as kernels/infini-attention.ts.

Shapes: B documents, S segments of T tokens, H query heads that share G key/value heads of d numbers, F = d_φ features.
Every memory has B first. Queries, keys and values come before rotation: what is in memory has no position.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import torch

Rule = Literal["linear", "delta", "gated"]
EPSILON = 1e-6  # added to φ(q) z, so that an empty memory answers 0 and not 0 / 0


@dataclass(frozen=True)
class Features:
    """
    φ: `elu1` is ELU(gain x) + 1; `dpfp` of an `order` (arXiv 2102.11174, section 5.3); `topk` keeps the `keep` largest
    of `size` fixed sums.
    """

    kind: Literal["elu1", "dpfp", "topk"] = "elu1"
    gain: float = 1.0
    order: int = 1
    size: int = 0
    keep: int = 0
    fan: int = 4
    seed: int = 7

    def width(self, head: int) -> int:
        """d_φ of a map over `head` numbers."""
        return {"elu1": head, "dpfp": 2 * head * self.order, "topk": self.size}[self.kind]

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        """[.., d] -> [.., F], none below 0. Throws ValueError on a kind that is not one of the three."""
        if self.kind == "elu1":
            scaled = x if self.gain == 1 else self.gain * x
            return torch.relu(scaled) + torch.exp(torch.clamp(scaled, max=0.0))
        if self.kind == "dpfp":
            r = torch.relu(torch.cat([x, -x], -1))
            return torch.cat([r * torch.roll(r, -step, -1) for step in range(1, self.order + 1)], -1)
        if self.kind == "topk":
            heights = torch.relu(x @ projections(self, x.shape[-1]).to(x))
            best, places = heights.topk(self.keep, -1)
            return torch.zeros_like(heights).scatter(-1, places, best)
        raise ValueError(f"No feature map is called {self.kind}.")

    def projections(self, head: int) -> torch.Tensor:
        """[d, size] of 0, 1 and -1: a column sums `fan` numbers with fixed signs, as kernels/feature-map.ts has it."""
        following = mulberry32(self.seed)
        matrix = torch.zeros(head, self.size)
        for feature in range(self.size):
            taken: dict[int, None] = {}
            while len(taken) < self.fan:
                taken[next(following) % head] = None
            for index in taken:
                matrix[index, feature] = 1 if next(following) & 1 == 0 else -1
        return matrix


@lru_cache(16)
def projections(features: Features, head: int) -> torch.Tensor:
    return features.projections(head)


def mulberry32(seed: int) -> Iterator[int]:
    """The generator of 32-bit numbers that the graphs draw their projections from."""
    full, state = 0xFFFFFFFF, seed & 0xFFFFFFFF
    while True:
        state = (state + 0x6D2B79F5) & full
        t = (state ^ (state >> 15)) * (1 | state) & full
        t = (t + ((t ^ (t >> 7)) * (61 | t) & full) & full) ^ t
        yield t ^ (t >> 14)


@dataclass(frozen=True)
class Memory:
    """M [B, G, F, d] and z [B, G, F], float32 or wider: half precision would overflow z after some 10^5 tokens."""

    matrix: torch.Tensor
    norm: torch.Tensor

    @staticmethod
    def empty(documents: int, heads: int, features: int, head: int, dtype: torch.dtype = torch.float32) -> Memory:
        """What every document starts from: nothing of the one before is left."""
        return Memory(
            torch.zeros(documents, heads, features, head, dtype=dtype),
            torch.zeros(documents, heads, features, dtype=dtype),
        )

    def rows(self, index: torch.Tensor) -> Memory:
        """The memories of some documents, in the order of `index`."""
        return Memory(self.matrix[index], self.norm[index])


def retrieve(features: torch.Tensor, memory: Memory, epsilon: float = EPSILON) -> torch.Tensor:
    """A_mem = φ(Q) M / (φ(Q) z + ε), eq. (3): [B, G, n, F] -> [B, G, n, d]."""
    mass = features @ memory.norm[..., None]  # [B, G, n, 1]
    return features @ memory.matrix / (mass + epsilon)


def written(rule: Rule, keys: torch.Tensor, values: torch.Tensor, read: Memory, epsilon: float = EPSILON) -> Memory:
    """
    What a segment, or a part of one, adds: φ(K) [B, G, n, F] and V [B, G, n, d]. `read` is the memory of the segments
    before.

    linear, eq. (4): φ(K)ᵀ V and Σ φ(k)
    delta, eq. (5): φ(K)ᵀ (V - φ(K) M / (φ(K) z + ε)), and the same Σ φ(k); all tokens subtract the same M
    """
    news = values if rule == "linear" else values - retrieve(keys, read, epsilon)
    return Memory(keys.transpose(-1, -2) @ news, keys.sum(-2))


def blend(gate: torch.Tensor, memory: torch.Tensor, local: torch.Tensor) -> torch.Tensor:
    """A = sigmoid(β) A_mem + (1 - sigmoid(β)) A_local, eq. (6): β [H], the others [B, H, n, d]."""
    opened = torch.sigmoid(gate)[:, None, None]
    return opened * memory + (1 - opened) * local


def segment(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    local: torch.Tensor,
    gate: torch.Tensor,
    read: Memory,
    write: Memory,
    features: Features,
    rule: Rule,
    epsilon: float = EPSILON,
) -> tuple[torch.Tensor, Memory]:
    """
    One call over a segment or a part of one: query, local [B, H, n, d], key, value [B, G, n, d] -> A [B, H, n, d] and
    the memory being written.

    `read` is the memory at the end of the segment before, the same in all calls of a segment. `write` is what the call
    before returned, `read` itself in a segment's first call. At the segment's end the written memory becomes both.
    """
    groups = key.shape[1]
    folded = features(query).reshape(query.shape[0], groups, -1, read.norm.shape[-1])  # [B, G, H / G · n, F]
    remembered = retrieve(folded, read, epsilon).reshape(query.shape)
    news = written(rule, features(key), value, read, epsilon)
    after = Memory(write.matrix + news.matrix, write.norm + news.norm)
    return blend(gate, remembered, local), after


def prefixes(news: Memory, start: Memory) -> Memory:
    """
    Linear rule, all segments at once: what each wrote [B, S, G, ..] and the memory before [B, G, ..] -> the memory
    before each segment and after the last [B, S + 1, G, ..]. Sums are float32.
    """
    matrix = torch.cat([start.matrix[:, None], news.matrix], 1).cumsum(1)
    return Memory(matrix, torch.cat([start.norm[:, None], news.norm], 1).cumsum(1))


def local_attention(query: torch.Tensor, key: torch.Tensor, value: torch.Tensor) -> torch.Tensor:
    """
    A_local, eq. (2): causal attention inside one segment, rotated: [B, H, n, d] and [B, G, n, d] -> [B, H, n, d].
    Written out, because the fused kernel's gradient takes a third of a training step on a CPU.
    """
    count, heads, tokens, head = query.shape
    table = rotation(tokens, head).to(query.device, query.dtype)
    queries = rotate(query, table).flatten(0, 1)
    keys, values = (
        part.repeat_interleave(heads // key.shape[1], 1).flatten(0, 1) for part in (rotate(key, table), value)
    )
    later = torch.full((tokens, tokens), float("-inf"), dtype=query.dtype, device=query.device).triu(1)
    scores = torch.baddbmm(later[None], queries, keys.transpose(-1, -2), alpha=head**-0.5)  # [B H, n, n]
    with torch.autocast("cpu", enabled=False):
        return (torch.softmax(scores, -1) @ values.to(scores.dtype)).view(count, heads, tokens, head)


def rotation(length: int, head: int, theta: float = 10_000.0) -> torch.Tensor:
    """cos and sin [2, n, d / 2] of rotary positions (arXiv 2104.09864)."""
    rates = theta ** (-torch.arange(0, head, 2, dtype=torch.float64) / head)
    angles = torch.arange(length, dtype=torch.float64)[:, None] * rates
    return torch.stack([angles.cos(), angles.sin()])


def rotate(x: torch.Tensor, table: torch.Tensor) -> torch.Tensor:
    """[.., n, d]: the first half of the numbers turns with the second, as in the base."""
    cos, sin = table
    first, second = x.chunk(2, -1)
    return torch.cat([first * cos - second * sin, second * cos + first * sin], -1)
