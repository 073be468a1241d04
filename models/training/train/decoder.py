"""The frozen base in plain PyTorch: the reference that the ONNX graphs are checked against, and the state maker.

Shapes: B batch, T tokens, H query heads, G key/value heads, d head size, D hidden size.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F

Tensors = dict[str, torch.Tensor]


def rope(config: dict, positions: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """cos and sin tables [T, d / 2] (RoFormer, arXiv 2104.09864; half-split pairs)."""
    half = config["headDim"] // 2
    frequency = config["ropeTheta"] ** (-torch.arange(half, dtype=torch.float64) / half)
    angle = positions.double()[:, None] * frequency.to(positions.device)
    return angle.cos().float(), angle.sin().float()


def rotate(x: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor) -> torch.Tensor:
    a, b = x.float().chunk(2, dim=-1)  # [B, H, T, d / 2]
    return torch.cat([a * cos - b * sin, b * cos + a * sin], dim=-1).to(x.dtype)


def rms(x: torch.Tensor, eps: float = 1e-6) -> torch.Tensor:
    """float32, of mean square 1 along the last dimension."""
    x = x.float()
    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + eps)


def rms_norm(x: torch.Tensor, weight: torch.Tensor, eps: float) -> torch.Tensor:
    return (rms(x, eps) * weight.float()).to(x.dtype)


def linear(w: Tensors, name: str, x: torch.Tensor) -> torch.Tensor:
    """W x + bias, and b (a x) where the adapter has a low-rank addition for this matrix (LoRA, arXiv 2106.09685)."""
    y = F.linear(x, w[name], w.get(f"{name}.bias"))
    a = w.get(f"{name}.lora.a")
    if a is None:
        return y
    small = F.linear(x, a).flatten(0, -2)  # [B T, r]
    return torch.addmm(y.flatten(0, -2), small, w[f"{name}.lora.b"].T).view_as(y)  # one pass over y, not three


def attention(w: Tensors, prefix: str, x: torch.Tensor, table: tuple, config: dict, mask, read=None) -> torch.Tensor:
    batch, length, _ = x.shape
    d = config["headDim"]

    def project(part: str, heads: int) -> torch.Tensor:
        y = linear(w, f"{prefix}.{part}", x)
        return y.view(batch, length, heads, d).transpose(1, 2)  # [B, H, T, d]

    q, k, v = project("q", config["heads"]), project("k", config["kvHeads"]), project("v", config["kvHeads"])
    turned = rotate(q, *table), rotate(k, *table)
    out = F.scaled_dot_product_attention(*turned, v, attn_mask=mask, is_causal=mask is None, enable_gqa=True)
    if read is not None:
        out = read(x, q, k, v, out)
    return linear(w, f"{prefix}.o", out.transpose(1, 2).reshape(batch, length, -1))


def block(w: Tensors, layer: int, x: torch.Tensor, table: tuple, config: dict, mask=None, read=None) -> torch.Tensor:
    """`read` mixes a memory into what attention found: (x, q, k, v before rotation, found [B, H, T, d]) -> the same."""
    prefix, eps = f"layers.{layer}", config["rmsEps"]
    normal = rms_norm(x, w[f"{prefix}.attention.norm"], eps)
    x = x + attention(w, f"{prefix}.attention", normal, table, config, mask, read)
    y = rms_norm(x, w[f"{prefix}.mlp.norm"], eps)
    y = F.silu(linear(w, f"{prefix}.mlp.gate", y)) * linear(w, f"{prefix}.mlp.up", y)
    return x + linear(w, f"{prefix}.mlp.down", y)


@torch.no_grad()  # not inference mode: what is trained on states keeps them for its gradient
def states_at(w: Tensors, config: dict, ids: torch.Tensor, layers: list[int]) -> list[torch.Tensor]:
    """
    Residual streams [B, T, D] after each of `layers` blocks, ascending, from an empty memory, each row starting at
    position 0.
    """
    x = F.embedding(ids, w["embedding"])
    table = rope(config, torch.arange(ids.shape[1], device=ids.device))
    found = [x] if 0 in layers else []
    for layer in range(layers[-1]):
        x = block(w, layer, x, table, config)
        if layer + 1 in layers:
            found.append(x)
    return found


def states(w: Tensors, config: dict, ids: torch.Tensor, layers: int) -> torch.Tensor:
    """The residual stream [B, T, D] after `layers` blocks."""
    return states_at(w, config, ids, [layers])[0]


@torch.inference_mode()
def logits(w: Tensors, config: dict, ids: torch.Tensor) -> torch.Tensor:
    """float32 logits [B, T, vocab] of the whole decoder."""
    x = states(w, config, ids, config["layers"])
    return F.linear(rms_norm(x, w["norm"], config["rmsEps"]), w["embedding"]).float()
