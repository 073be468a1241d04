"""One decoder, six memories: what a segment knows of the segments before it.

local        nothing
xl           the last `cache` tokens' inputs to every block (Transformer-XL, arXiv 1901.02860), with rotary positions
memorizing   as xl, and in one block the `nearest` of all keys so far (Memorizing Transformer, arXiv 2203.08913)
rmt          `tokens` states handed on from segment to segment (Recurrent Memory Transformer, arXiv 2207.06881)
linear       a compressive memory in every block (arXiv 2404.07143), block.py
delta        the same with the delta rule

Shapes: B documents, T tokens of a segment, C of a cache, D hidden size, H heads of d, N keys in memory.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import torch
import torch.nn.functional as F
from torch import nn

from ..block import Features, Memory, blend, retrieve, rotate, rotation, written

Kind = Literal["local", "xl", "memorizing", "rmt", "linear", "delta"]
KINDS: list[Kind] = ["local", "xl", "memorizing", "rmt", "linear", "delta"]


@dataclass(frozen=True)
class Shape:
    """3.4 million parameters outside the vocabulary's table as it stands."""

    kind: Kind
    layers: int = 4
    width: int = 256
    heads: int = 4
    segment: int = 512
    vocabulary: int = 8_192
    cache: int = 512  # xl, memorizing
    keys: int = 65_536  # memorizing
    nearest: int = 32
    tokens: int = 16  # rmt
    features: Features = field(default_factory=lambda: Features("elu1", gain=4))

    @property
    def head(self) -> int:
        return self.width // self.heads

    @property
    def searches(self) -> int:
        """The block that searches all keys, three quarters up as in the paper."""
        return self.layers * 3 // 4

    def numbers(self) -> int:
        """Numbers that are kept of a long document."""
        cached = self.layers * self.cache * self.width
        features = self.features.width(self.head)
        infini = self.layers * self.heads * features * (self.head + 1)
        sizes = {"local": 0, "xl": cached, "memorizing": cached + 2 * self.keys * self.width}
        return {**sizes, "rmt": self.tokens * self.width, "linear": infini, "delta": infini}[self.kind]


@dataclass(frozen=True)
class State:
    """What a block keeps of a document: the fields that its kind uses."""

    cache: torch.Tensor | None = None  # [B, C, D]
    keys: torch.Tensor | None = None  # [B, H, N, d], before rotation, of length 1
    values: torch.Tensor | None = None  # [B, H, N, d]
    memory: Memory | None = None


class Attention(nn.Module):
    def __init__(self, shape: Shape, layer: int) -> None:
        super().__init__()
        self.shape = shape
        self.project = nn.Linear(shape.width, 3 * shape.width, bias=False)
        self.out = nn.Linear(shape.width, shape.width, bias=False)
        self.searches = shape.kind == "memorizing" and layer == shape.searches
        self.compresses = shape.kind in ("linear", "delta")
        if self.searches or self.compresses:
            self.gate = nn.Parameter(torch.zeros(shape.heads))
        if self.searches:
            self.sharpness = nn.Parameter(torch.full((shape.heads, 1, 1), 10.0))

    def forward(self, x: torch.Tensor, state: State) -> tuple[torch.Tensor, State]:
        """x [B, T, D] -> the same, and what the next segment finds."""
        whole = x if state.cache is None else torch.cat([state.cache, x], 1)  # [B, C + T, D]
        parts = self.project(whole).unflatten(-1, (3, self.shape.heads, self.shape.head))
        every_query, key, value = parts.permute(2, 0, 3, 1, 4)  # [B, H, C + T, d] each
        query = every_query[:, :, -x.shape[1] :]
        table = rotation(whole.shape[1], self.shape.head).to(x.device, query.dtype)
        turned = rotate(query, table[:, -x.shape[1] :]), rotate(key, table)
        seen = torch.ones(x.shape[1], whole.shape[1], dtype=torch.bool, device=x.device).tril(
            whole.shape[1] - x.shape[1]
        )
        attended = F.scaled_dot_product_attention(*turned, value, attn_mask=seen)
        after = State()
        if self.shape.kind in ("xl", "memorizing"):
            after = State(cache=whole[:, -self.shape.cache :].detach())
        own = key[:, :, -x.shape[1] :], value[:, :, -x.shape[1] :]
        if self.searches:
            attended, after = self.search(query, *own, attended, state, after)
        if self.compresses:
            attended, after = self.compress(query, *own, attended, state)
        return self.out(attended.transpose(1, 2).flatten(2)), after

    def search(
        self,
        query: torch.Tensor,
        key: torch.Tensor,
        value: torch.Tensor,
        local: torch.Tensor,
        state: State,
        after: State,
    ) -> tuple[torch.Tensor, State]:
        """Attention to the nearest of all keys before the segment, without gradients to them."""
        if state.keys is not None and state.values is not None:
            scores = self.sharpness * (F.normalize(query, dim=-1) @ state.keys.to(query.dtype).transpose(-1, -2))
            best, places = scores.topk(min(self.shape.nearest, scores.shape[-1]), -1)  # [B, H, T, nearest]
            chosen = torch.take_along_dim(state.values[:, :, None].to(value.dtype), places[..., None], 3)
            found = (torch.softmax(best, -1)[..., None] * chosen).sum(-2)
            local = blend(self.gate, found, local)
        kept = [F.normalize(key, dim=-1).detach(), value.detach()]
        if state.keys is not None and state.values is not None:
            kept = [torch.cat([state.keys, kept[0]], 2), torch.cat([state.values, kept[1]], 2)]
        keys, values = (part[:, :, -self.shape.keys :] for part in kept)
        return local, State(cache=after.cache, keys=keys, values=values)

    def compress(
        self, query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, local: torch.Tensor, state: State
    ) -> tuple[torch.Tensor, State]:
        """The paper's block: read M and z of the segment before, then write."""
        with torch.autocast(query.device.type, enabled=False):
            size = self.shape.features.width(self.shape.head)
            empty = Memory.empty(len(query), self.shape.heads, size, self.shape.head)
            read = state.memory or Memory(empty.matrix.to(query.device), empty.norm.to(query.device))
            features = self.shape.features
            remembered = retrieve(features(query.float()), read)
            rule = "linear" if self.shape.kind == "linear" else "delta"
            news = written(rule, features(key.float()), value.float(), read)
            attended = blend(self.gate, remembered, local.float())
        return attended, State(memory=Memory(read.matrix + news.matrix, read.norm + news.norm))


class Block(nn.Module):
    def __init__(self, shape: Shape, layer: int) -> None:
        super().__init__()
        self.before, self.attention = nn.RMSNorm(shape.width), Attention(shape, layer)
        self.middle = nn.RMSNorm(shape.width)
        self.up, self.down = nn.Linear(shape.width, 4 * shape.width), nn.Linear(4 * shape.width, shape.width)

    def forward(self, x: torch.Tensor, state: State) -> tuple[torch.Tensor, State]:
        attended, after = self.attention(self.before(x), state)
        x = x + attended
        return x + self.down(F.gelu(self.up(self.middle(x)))), after


@dataclass(frozen=True)
class Recurrence:
    """All that a document leaves for its next segment."""

    blocks: list[State]
    tokens: torch.Tensor | None  # [B, R, D] of rmt


class LanguageModel(nn.Module):
    """The table of the vocabulary is tied."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.embedding = nn.Embedding(shape.vocabulary, shape.width)
        nn.init.normal_(self.embedding.weight, std=0.02)
        self.blocks = nn.ModuleList(Block(shape, layer) for layer in range(shape.layers))
        self.norm = nn.RMSNorm(shape.width)
        if shape.kind == "rmt":
            self.first = nn.Parameter(0.02 * torch.randn(shape.tokens, shape.width))
            self.last = nn.Parameter(0.02 * torch.randn(shape.tokens, shape.width))

    def start(self) -> Recurrence:
        return Recurrence([State() for _ in self.blocks], None)

    def forward(self, ids: torch.Tensor, before: Recurrence) -> tuple[torch.Tensor, Recurrence]:
        """ids [B, T] -> logits [B, T, V], and what the next segment finds."""
        x = self.embedding(ids)
        count = self.shape.tokens if self.shape.kind == "rmt" else 0
        if count > 0:
            read = self.first.expand(len(ids), -1, -1) if before.tokens is None else before.tokens
            x = torch.cat([read, x, self.last.expand(len(ids), -1, -1)], 1)
        states = []
        for block, state in zip(self.blocks, before.blocks, strict=True):
            x, after = block(x, state)
            states.append(after)
        tokens = x[:, -count:] if count > 0 else None
        x = self.norm(x[:, count : x.shape[1] - count])
        return x @ self.embedding.weight.T.to(x.dtype), Recurrence(states, tokens)
