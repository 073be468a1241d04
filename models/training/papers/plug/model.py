"""Compressive memories in some blocks of the frozen base: M and z of Infini-attention, read and written as in block.py.

The block's own queries, keys and values are used, before rotation; trained are, for each block with a memory, a map of
the keys and of the queries before φ, and a gate. The paper has no maps, and a gate that is one number a head; here it
reads the block's input. A gate of 0 leaves the block as it is, so training begins at the base with a window.

Shapes: B documents, S segments of T tokens, H query heads that share G key/value heads of d numbers, F features.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.checkpoint import checkpoint

from ...train.decoder import Tensors, block, rms, rms_norm, rope
from ..block import Features, Memory, prefixes, retrieve, written

CLOSED = -4.0  # the gate's start: 1.8 % of what is read


@dataclass(frozen=True)
class Shape:
    blocks: tuple[int, ...]
    segment: int = 512
    features: str = "dpfp3"

    @property
    def map(self) -> Features:
        """Throws KeyError on a name that is none of the three."""
        return {
            "elu1": Features("elu1", gain=4.0),
            "dpfp1": Features("dpfp", order=1),
            "dpfp3": Features("dpfp", order=3),
        }[self.features]

    def numbers(self, config: dict) -> int:
        """Numbers of all M and z, whatever the length of a document."""
        d = config["headDim"]
        return len(self.blocks) * config["kvHeads"] * self.map.width(d) * (d + 1)

    def saved(self) -> dict:
        return asdict(self)


class BlockMemory(nn.Module):
    """One block's memory: what is trained of it, and the read that `train.decoder.block` takes."""

    def __init__(self, config: dict, features: Features) -> None:
        super().__init__()
        self.heads, self.groups, self.d, self.features = (
            config["heads"],
            config["kvHeads"],
            config["headDim"],
            features,
        )
        eye = torch.eye(self.d)
        self.query = nn.Parameter(eye.repeat(self.heads, 1, 1))
        self.key = nn.Parameter(eye.repeat(self.groups, 1, 1))
        self.shift = nn.Parameter(torch.zeros(self.groups, 1, self.d))  # keys of this base lie around a large bias
        self.gate = nn.Linear(config["hidden"], self.heads)
        nn.init.zeros_(self.gate.weight)
        nn.init.constant_(self.gate.bias, CLOSED)

    def empty(self, documents: int) -> Memory:
        return Memory.empty(documents, self.groups, self.features.width(self.d), self.d)

    def addresses(self, x: torch.Tensor, matrix: torch.Tensor, shift: torch.Tensor | float = 0.0) -> torch.Tensor:
        """[.., heads, T, d] -> φ [.., heads, T, F], float32."""
        return self.features(rms(x) @ matrix - shift)

    def read(
        self,
        start: Memory,
        gains: torch.Tensor | None,
        x: torch.Tensor,
        q: torch.Tensor,
        k: torch.Tensor,
        v: torch.Tensor,
    ) -> tuple[torch.Tensor, torch.Tensor, Memory]:
        """
        x [B S, T, D], q [B S, H, T, d], k, v [B S, G, T, d] -> A_mem [B S, H, T, d] from the memory before each
        segment, its gate [B S, H, T, 1], and the memory after the last segment.
        """
        documents = start.norm.shape[0]
        keys = self.addresses(k, self.key, self.shift).unflatten(0, (documents, -1))  # [B, S, G, T, F]
        news = written("linear", keys, v.float().unflatten(0, (documents, -1)), start)
        if gains is not None:
            news = Memory(news.matrix * gains[:, :, None, None, None], news.norm * gains[:, :, None, None])
        states = prefixes(news, start)
        before = Memory(states.matrix[:, :-1], states.norm[:, :-1])
        queries = self.addresses(q, self.query).unflatten(0, (documents, -1))  # [B, S, H, T, F]
        folded = queries.unflatten(2, (self.groups, -1)).flatten(3, 4)  # [B, S, G, H / G · T, F]
        found = retrieve(folded, before).reshape(*queries.shape[:-1], self.d).flatten(0, 1)
        is_filled = (before.norm.sum((-1, -2)) > 0).flatten()[:, None, None, None]  # [B S, 1, 1, 1]
        gate = torch.sigmoid(self.gate(rms(x))).transpose(1, 2)[..., None] * is_filled
        return found, gate, Memory(states.matrix[:, -1], states.norm[:, -1])


class Plugged(nn.Module):
    """The base with a window of one segment, and memories in the blocks of `shape`."""

    def __init__(self, base: Tensors, config: dict, shape: Shape) -> None:
        super().__init__()
        self.base, self.config, self.shape = base, config, shape
        self.memories = nn.ModuleDict({str(at): BlockMemory(config, shape.map) for at in shape.blocks})

    def empty(self, documents: int) -> dict[str, Memory]:
        device = self.base["norm"].device
        found = {name: one.empty(documents) for name, one in self.memories.items()}
        return {name: Memory(one.matrix.to(device), one.norm.to(device)) for name, one in found.items()}

    def forward(
        self,
        ids: torch.Tensor,
        start: dict[str, Memory],
        gains: torch.Tensor | None = None,
        is_open: bool = True,
    ) -> tuple[torch.Tensor, dict[str, Memory]]:
        """
        ids [B, S T] -> states [B, S T, D] after the last norm, and the memories after segment S. Positions begin at 0
        in each segment. `is_open` False is the control: the window alone.
        """
        documents, length = ids.shape
        tokens = min(self.shape.segment, length)
        x = F.embedding(ids, self.base["embedding"]).reshape(-1, tokens, self.config["hidden"])  # [B S, T, D]
        table = rope(self.config, torch.arange(tokens, device=ids.device))
        after: dict[str, Memory] = {}
        memories = dict(self.memories.items()) if is_open else {}
        for layer in range(self.config["layers"]):
            memory = memories.get(str(layer))
            if memory is None:
                x = self.run(lambda y, at=layer: block(self.base, at, y, table, self.config), x)
                continue
            x, *last = self.run(
                lambda y, at=layer, own=memory: remembering(
                    self.base, at, y, table, self.config, own, start[str(at)], gains
                ),
                x,
            )
            after[str(layer)] = Memory(*last)
        return rms_norm(x, self.base["norm"], self.config["rmsEps"]).reshape(documents, length, -1), after

    def run(self, work, x: torch.Tensor):
        """A block's activations are made again in the backward pass: some hundred megabytes for 8,192 tokens."""
        if not torch.is_grad_enabled():
            return work(x)
        return checkpoint(work, x, use_reentrant=False, preserve_rng_state=False)


def remembering(
    base: Tensors,
    layer: int,
    x: torch.Tensor,
    table: tuple,
    config: dict,
    memory: BlockMemory,
    start: Memory,
    gains: torch.Tensor | None,
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """A block with its memory -> x, M and z after the last segment."""
    after: list[Memory] = []

    def read(normal, q, k, v, local):
        with torch.autocast(x.device.type, enabled=False):
            found, gate, last = memory.read(start, gains, normal, q, k, v)
        after.append(last)
        return (local + gate * (found - local.float())).to(local.dtype)  # eq. (6)

    y = block(base, layer, x, table, config, read=read)
    return y, after[0].matrix, after[0].norm


@torch.no_grad()
def teacher(base: Tensors, config: dict, ids: torch.Tensor) -> torch.Tensor:
    """States [B, L, D] after the last norm, with full attention over all L tokens."""
    x = F.embedding(ids, base["embedding"])
    table = rope(config, torch.arange(ids.shape[1], device=ids.device))
    for layer in range(config["layers"]):
        x = block(base, layer, x, table, config)
    return rms_norm(x, base["norm"], config["rmsEps"])
