"""The memory that blocks read: M and z as sums over tokens, a read of them before some blocks, a gate per head (arXiv
2404.07143).

Shapes: N memory tokens, T tokens that read, H heads, F features, R blocks that read, d numbers of a value, D hidden
size.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn

from ..train.decoder import Tensors, block, rms, rms_norm, rope
from .addresses import Addresses

VALUE = 64  # numbers of a head's value for each block that reads
SLICE = 1 << 26  # features of memory tokens that are made at a time
EPS = 1e-6


@dataclass(frozen=True)
class Memory:
    """
    Of a finite φ: M [H, F, R d] and z [H, F]. Of the exponential kernel: all keys [N, H, 64] and values [N, H, R d].
    """

    keys: torch.Tensor
    values: torch.Tensor
    count: int


class BlockRead(nn.Module):
    def __init__(self, addresses: Addresses, blocks: list[int], width: int, delta: bool) -> None:
        super().__init__()
        self.addresses, self.blocks, self.delta = addresses, blocks, delta
        inner = addresses.heads * VALUE
        self.value = nn.Linear(2 * width, len(blocks) * inner, bias=False)
        self.out = nn.ModuleList(nn.Linear(inner, width, bias=False) for _ in blocks)
        self.gate = nn.ModuleList(nn.Linear(width, addresses.heads) for _ in blocks)
        self.by_mass = nn.Parameter(torch.zeros(len(blocks), addresses.heads))
        for gate in self.gate:
            nn.init.zeros_(gate.weight)
            nn.init.constant_(gate.bias, -2.0)

    def begin(self, embedding: torch.Tensor, scale: list[float]) -> None:
        """
        Values begin as the embeddings of the tokens in their first directions, and are brought back at `scale` of each
        block's residual.
        """
        unit = rms(embedding)
        directions = torch.linalg.eigh(unit.T @ unit / len(unit)).eigenvectors.flip(-1)[
            :, : self.out[0].in_features
        ]  # [D, H d]
        # A head has its share of every kind of direction, not the largest alone.
        directions = directions[
            :, torch.randperm(directions.shape[1], generator=torch.Generator().manual_seed(1)).to(directions.device)
        ]
        with torch.no_grad():
            width = embedding.shape[1]
            self.value.weight.zero_()
            for at, out in enumerate(self.out):
                rows = directions.T.reshape(self.addresses.heads, VALUE, width)
                self.value.weight.view(self.addresses.heads, len(self.blocks), VALUE, 2 * width)[:, at, :, width:] = (
                    rows
                )
                out.weight.copy_(directions * scale[at])

    def values_of(self, states: torch.Tensor, embedded: torch.Tensor) -> torch.Tensor:
        """[N, H, R d] of tokens' states and embeddings [N, D]."""
        x = torch.cat([self.addresses.standard(states), rms(embedded)], -1)
        return self.value(x).view(len(x), self.addresses.heads, -1)

    def write(self, before: torch.Tensor, states: torch.Tensor, embedded: torch.Tensor, segment: int) -> Memory:
        """
        A memory of tokens [N, D]: the states before them, their own, their embeddings; `segment` tokens are one step of
        the delta rule.
        """
        if self.addresses.kind == "softmax":
            parts = [
                (self.addresses.keys(b), self.values_of(s, e)) for b, s, e in sliced(65_536, before, states, embedded)
            ]
            return Memory(torch.cat([k for k, _ in parts]), torch.cat([v for _, v in parts]), len(before))
        matrix = z = None
        for b, s, e in sliced(
            segment if self.delta else max(1, SLICE // self.addresses.size), before, states, embedded
        ):
            keys, values = self.addresses.keys(b), self.values_of(s, e)  # [n, H, F], [n, H, R d]
            if self.delta and matrix is not None:  # eq. 5: what the memory says already is not written again
                held = torch.einsum("nhf,hfv->nhv", keys, matrix)
                values = values - held / (torch.einsum("nhf,hf->nh", keys, z)[..., None] + EPS)
            added, mass = torch.einsum("nhf,nhv->hfv", keys, values), keys.sum(0)
            matrix, z = (added, mass) if matrix is None else (matrix + added, z + mass)
        assert matrix is not None and z is not None
        return Memory(z, matrix, len(before))

    def read(self, states: torch.Tensor, memory: Memory) -> tuple[torch.Tensor, torch.Tensor]:
        """states [T, D] -> A [T, H, R d] and log of the mean mass that a query finds [T, H]."""
        queries = self.addresses.queries(states)  # [T, H, F]
        if self.addresses.kind == "softmax":
            q = queries * self.addresses.tau()[:, None]
            half = torch.bfloat16 if q.is_cuda else torch.float32
            turned = [x.transpose(0, 1)[None].to(half) for x in (q, memory.keys, memory.values)]  # [1, H, *, *]
            wide = turned[2].shape[-1]
            turned = [F.pad(x, (0, wide - x.shape[-1])) for x in turned]  # the fast kernels want keys as wide as values
            read = F.scaled_dot_product_attention(*turned, scale=1.0)[0].transpose(0, 1).float()
            near = torch.einsum("thf,hf->th", queries, memory.keys.mean(0)) * self.addresses.tau()
            return read, near.detach()
        mass = torch.einsum("thf,hf->th", queries, memory.keys)
        read = torch.einsum("thf,hfv->thv", queries, memory.values) / (mass[..., None] + EPS)
        return read, torch.log(mass / memory.count + EPS).detach()

    def added(self, at: int, x: torch.Tensor, read: torch.Tensor, mass: torch.Tensor) -> torch.Tensor:
        """What block `at` of those that read gets on top of its residual x [B, T, D]."""
        heads = self.addresses.heads
        own = read.view(*x.shape[:2], heads, len(self.blocks), VALUE)[:, :, :, at]  # [B, T, H, d]
        gate = torch.sigmoid(self.gate[at](rms(x)) + self.by_mass[at] * mass.view(*x.shape[:2], heads))
        return self.out[at]((gate[..., None] * own).flatten(-2)).to(x.dtype)


def sliced(size: int, *tensors: torch.Tensor):
    for first in range(0, len(tensors[0]), size):
        yield tuple(tensor[first : first + size] for tensor in tensors)


class Tuned(nn.Module):
    """
    What the blocks that read get without any memory: a small adapter on their residual. Instruct weights gain by it on
    plain files, and a read of any memory would learn that gain too, and pass it off as the memory's.
    """

    def __init__(self, blocks: list[int], width: int, rank: int = 64) -> None:
        super().__init__()
        self.blocks = blocks
        self.down = nn.ModuleList(nn.Linear(width, rank) for _ in blocks)
        self.up = nn.ModuleList(nn.Linear(rank, width, bias=False) for _ in blocks)
        for up in self.up:
            nn.init.zeros_(up.weight)

    def added(self, at: int, x: torch.Tensor) -> torch.Tensor:
        return self.up[at](F.silu(self.down[at](rms(x)))).to(x.dtype)


def upper(
    base: Tensors,
    config: dict,
    x: torch.Tensor,
    layer: int,
    tuned: Tuned | None = None,
    read: BlockRead | None = None,
    got: tuple | None = None,
) -> torch.Tensor:
    """The blocks from `layer` on and the last norm over x [B, T, D]; `got` is what `read` found for these tokens."""
    table = rope(config, torch.arange(x.shape[1], device=x.device))
    for at in range(layer, config["layers"]):
        if tuned is not None and at in tuned.blocks:
            x = x + tuned.added(tuned.blocks.index(at), x)
        if read is not None and got is not None and at in read.blocks:
            x = x + read.added(read.blocks.index(at), x, *got)
        x = block(base, at, x, table, config)
    return rms_norm(x, base["norm"], config["rmsEps"])
