"""A small decoder whose every block reads a compressive memory; it answers with one of ten digits.

Shapes: B documents, S segments of T tokens, Q questions (segments that write nothing), D hidden size, H heads of d.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field

import torch
import torch.nn.functional as F
from torch import nn

from ..block import Features, Memory, Rule, blend, local_attention, prefixes, retrieve, written


@dataclass(frozen=True)
class Shape:
    """Sizes of the model; 0.7 million parameters as they stand."""

    layers: int = 3
    width: int = 128
    heads: int = 4
    segment: int = 128
    buckets: int = 1024
    rule: Rule = "linear"
    features: Features = field(default_factory=Features)

    @property
    def head(self) -> int:
        return self.width // self.heads

    def numbers(self) -> int:
        """Numbers of all memories: M and z of every head."""
        features = self.features.width(self.head)
        return self.layers * self.heads * features * (self.head + 1)

    def saved(self) -> dict:
        return asdict(self)

    @staticmethod
    def restored(saved: dict) -> Shape:
        return Shape(**{**saved, "features": Features(**saved["features"])})


class HashedEmbedding(nn.Module):
    """A word is two rows of two small tables (hash embeddings, arXiv 1709.03933), so every word has some."""

    def __init__(self, buckets: int, width: int) -> None:
        super().__init__()
        self.buckets = buckets
        self.tables = nn.ModuleList(nn.Embedding(buckets, width // 2) for _ in range(2))
        for table in self.tables:
            nn.init.normal_(table.weight, std=0.5)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        """[..] int64 -> [.., D]"""
        mixed = [(ids * factor + 12_345) % 2_147_483_647 % self.buckets for factor in (1_103_515_245, 214_013)]
        return torch.cat([table(hashed) for table, hashed in zip(self.tables, mixed, strict=True)], -1)


class Attention(nn.Module):
    """The block's attention with its memory; `block.py` has the equations."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.project = nn.Linear(shape.width, 3 * shape.width, bias=False)
        self.out = nn.Linear(shape.width, shape.width, bias=False)
        self.gate = nn.Parameter(torch.full((shape.heads,), 1.5))  # sigmoid 0.82

    def forward(
        self, x: torch.Tensor, start: Memory, at: torch.Tensor | None, gains: torch.Tensor | None
    ) -> tuple[torch.Tensor, Memory]:
        """
        x [B, S + Q, T, D], `at` [B, Q] the segments before which questions are asked, `gains` [B, S]
        -> [B, S + Q, T, D], the memory after segment S. Only the first S segments write.
        """
        count, total, tokens, width = x.shape
        segments = total - (0 if at is None else at.shape[1])
        parts = self.project(x).view(count * total, tokens, 3, self.shape.heads, self.shape.head)
        query, key, value = parts.permute(2, 0, 3, 1, 4)  # [B (S + Q), H, T, d] each
        local = local_attention(query, key, value)
        with torch.autocast("cpu", enabled=False):
            by_segment = [
                part.float().unflatten(0, (count, total)) for part in (query, key, value)
            ]  # [B, S + Q, H, T, d]
            queries = self.shape.features(by_segment[0])
            keys, values = self.shape.features(by_segment[1][:, :segments]), by_segment[2][:, :segments]
            reads = self.stream(keys, values, start, gains)
            last = Memory(reads.matrix[:, segments], reads.norm[:, segments])
            row = torch.arange(segments, device=x.device).expand(count, segments)
            row = row if at is None else torch.cat([row, at], 1)  # [B, S + Q]
            chosen = reads.rows((torch.arange(count, device=x.device)[:, None], row))
            remembered = retrieve(queries, chosen).flatten(0, 1)
            mixed = blend(self.gate, remembered, local.float())
        joined = mixed.transpose(1, 2).reshape(count, total, tokens, width)
        return self.out(joined), last

    def remember(self, x: torch.Tensor, start: Memory) -> Memory:
        """x [B, S, T, D] -> the memory after segment S, and nothing else."""
        count, segments, tokens, width = x.shape
        parts = F.linear(x, self.project.weight[width:]).view(count, segments, tokens, 2, self.shape.heads, -1)
        key, value = parts.permute(3, 0, 1, 4, 2, 5)  # [B, S, H, T, d] each
        with torch.autocast("cpu", enabled=False):
            reads = self.stream(self.shape.features(key.float()), value.float(), start, None)
        return Memory(reads.matrix[:, segments], reads.norm[:, segments])

    def stream(self, keys: torch.Tensor, values: torch.Tensor, start: Memory, gains: torch.Tensor | None) -> Memory:
        """φ(K), V [B, S, H, T, ..] -> the memory before each segment and after the last [B, S + 1, H, ..]."""
        if self.shape.rule == "linear":
            news = written("linear", keys, values, start)
            return prefixes(scaled(news, gains), start)
        states = [start]
        for at in range(keys.shape[1]):
            news = written(self.shape.rule, keys[:, at], values[:, at], states[-1])
            news = scaled(news, None if gains is None else gains[:, at])
            states.append(Memory(states[-1].matrix + news.matrix, states[-1].norm + news.norm))
        return Memory(torch.stack([one.matrix for one in states], 1), torch.stack([one.norm for one in states], 1))


def scaled(news: Memory, gains: torch.Tensor | None) -> Memory:
    """
    What a segment writes, times a factor: dropout for a compressive memory. The read then holds against far more filler
    than the documents of training have.
    """
    if gains is None:
        return news
    shape = [*gains.shape, *[1] * (news.norm.dim() - gains.dim())]
    return Memory(news.matrix * gains.view(*shape, 1), news.norm * gains.view(shape))


class Block(nn.Module):
    """Pre-norm attention and a GELU layer four times as wide."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.before, self.attention = nn.RMSNorm(shape.width), Attention(shape)
        self.middle = nn.RMSNorm(shape.width)
        self.up, self.down = nn.Linear(shape.width, 4 * shape.width), nn.Linear(4 * shape.width, shape.width)

    def forward(
        self, x: torch.Tensor, start: Memory, at: torch.Tensor | None, gains: torch.Tensor | None
    ) -> tuple[torch.Tensor, Memory]:
        attended, last = self.attention(self.before(x), start, at, gains)
        x = x + attended
        return x + self.down(F.gelu(self.up(self.middle(x)))), last


class PasskeyModel(nn.Module):
    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.embedding = HashedEmbedding(shape.buckets, shape.width)
        self.blocks = nn.ModuleList(Block(shape) for _ in range(shape.layers))
        self.norm, self.digits = nn.RMSNorm(shape.width), nn.Linear(shape.width, 10)

    def empty(self, documents: int) -> list[Memory]:
        """A memory a block; a document starts from it."""
        features = self.shape.features.width(self.shape.head)
        return [Memory.empty(documents, self.shape.heads, features, self.shape.head) for _ in self.blocks]

    def forward(
        self,
        segments: torch.Tensor,
        memory: list[Memory],
        questions: torch.Tensor | None = None,
        at: torch.Tensor | None = None,
        gains: torch.Tensor | None = None,
    ) -> tuple[torch.Tensor, list[Memory]]:
        """
        segments [B, S, T], questions [B, Q, T] that read the memory before segment `at` [B, Q] (S: after the last)
        -> states [B, S + Q, T, D] for `digits`, and the memories after segment S.
        """
        every = segments if questions is None else torch.cat([segments, questions], 1)
        x, after = self.embedding(every), []
        for block, start in zip(self.blocks, memory, strict=True):
            x, last = block(x, start, at, gains)
            after.append(last)
        return self.norm(x), after

    def remember(self, segments: torch.Tensor, memory: list[Memory]) -> list[Memory]:
        """As `forward`, for the memories alone: of the last block only what it writes is computed."""
        x, after = self.embedding(segments), []
        for block, start in zip(self.blocks[:-1], memory, strict=False):
            x, last = block(x, start, None, None)
            after.append(last)
        top = self.blocks[-1]
        return [*after, top.attention.remember(top.before(x), memory[-1])]
