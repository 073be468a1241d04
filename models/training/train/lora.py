"""Low-rank additions to the lower blocks, for recall alone (LoRA, Hu et al., arXiv 2106.09685).

y = W x + bias + b (a x) with a [r, K] and b [N, r]; b begins at zero, so training begins with the frozen base. Answers
never read them: the base that writes is untouched.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.checkpoint import checkpoint

from .decoder import Tensors, block, rms, rope

PARTS = ("attention.q", "attention.k", "attention.v", "attention.o", "mlp.gate", "mlp.up", "mlp.down")


class Lora(nn.Module):
    """`tensors` are named as the adapter's file names them, in float32; they multiply in the dtype of the base."""

    def __init__(self, base: Tensors, layers: int, rank: int) -> None:
        super().__init__()
        self.layers, self.rank = layers, rank
        self.tensors = nn.ParameterDict()
        for name in (f"layers.{layer}.{part}" for layer in range(layers) for part in PARTS):
            rows, columns = base[name].shape
            a = torch.randn(rank, columns) / math.sqrt(columns)
            self.tensors[f"{name}.lora.a".replace(".", "/")] = nn.Parameter(a)
            self.tensors[f"{name}.lora.b".replace(".", "/")] = nn.Parameter(torch.zeros(rows, rank))

    def take(self, known: Tensors) -> None:
        """
        Goes on from the additions of an adapter; a smaller rank fills the first rows, and what is added to it begins at
        zero.
        """
        with torch.no_grad():
            for name, tensor in self.named().items():
                if name in known:
                    rows, columns = (
                        min(own, other) for own, other in zip(tensor.shape, known[name].shape, strict=True)
                    )
                    tensor[:rows, :columns] = known[name][:rows, :columns].to(tensor)

    def named(self) -> dict[str, torch.Tensor]:
        return {name.replace("/", "."): tensor for name, tensor in self.tensors.items()}


def lower_states(base: Tensors, lora: Lora, config: dict, ids: torch.Tensor, keep: bool = False) -> torch.Tensor:
    """
    ids [B, T] -> the residual stream [B, T, D] after the blocks. With gradients, one block's activations are in memory
    at a time and are made again in the backward pass, unless there is room to `keep` them all: half a megabyte a token.
    """
    x = F.embedding(ids, base["embedding"])
    weights = base | {name: tensor.to(x.dtype) for name, tensor in lora.named().items()}
    table = rope(config, torch.arange(ids.shape[1], device=ids.device))
    for layer in range(lora.layers):
        if torch.is_grad_enabled() and not keep:
            x = checkpoint(block, weights, layer, x, table, config, use_reentrant=False, preserve_rng_state=False)
        else:
            x = block(weights, layer, x, table, config)
    return x


def span_pools(
    states: torch.Tensor,
    length: torch.Tensor,
    query: torch.Tensor,
    mean: torch.Tensor,
    deviation: torch.Tensor,
    spans: int,
) -> torch.Tensor:
    """
    As kernels/memory-tokens.ts pools: states [B, T, D] (T padded; length [B] tokens count), query [D] -> pools [B, P,
    D]. The first token is left out; a span without a token is the mean of all.
    """
    rows = (rms(states[:, 1:]) - mean) / deviation  # [B, N, D]
    count = (length - 1).clamp(min=1)[:, None]  # [B, 1]
    at = torch.arange(rows.shape[1], device=rows.device)[None]
    span = at * spans // count  # [B, N]
    own = span[:, None] == torch.arange(spans, device=rows.device)[None, :, None]  # [B, P, N]
    score = torch.where(own, (rows @ query)[:, None], -1e4)
    score = score.masked_fill((at >= count)[:, None], -1e9)
    return score.softmax(-1) @ rows
