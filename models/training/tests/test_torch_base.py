"""The base in PyTorch: what it computes is written out once more here, in float64, one position after the other."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from models.mock_base import SIZES
from models.training.train import states, weights
from models.training.train.decoder import logits, rope, rotate, states as states_after
from models.training.train.lora import PARTS, Lora, lower_states, span_pools

IDS = [7, 3, 250, 41, 41, 9, 300, 12]


@pytest.fixture(scope="module")
def loaded(base):
    return weights.load(base, dtype=torch.float32)


def in_plain_numpy(tensors, ids: list[int], layers: int) -> np.ndarray:
    """[T, D]: the residual stream after some blocks, by Qwen2's formulas (RMSNorm, RoPE, grouped attention, SwiGLU)."""
    w = {name: tensor.double().numpy() for name, tensor in tensors.items()}
    heads, shared, d = SIZES["heads"], SIZES["kv_heads"], SIZES["head_dim"]

    def norm(x, name):
        return x / np.sqrt((x**2).mean(-1, keepdims=True) + 1e-6) * w[name]

    def turned(x, position):
        angle = position * 10_000.0 ** (-np.arange(d // 2) / (d // 2))
        a, b = x[: d // 2], x[d // 2 :]
        return np.concatenate([a * np.cos(angle) - b * np.sin(angle), b * np.cos(angle) + a * np.sin(angle)])

    x = w["embedding"][ids]
    for layer in range(layers):
        at = f"layers.{layer}"
        y = norm(x, f"{at}.attention.norm")
        q, k, v = (y @ w[f"{at}.attention.{part}"].T + w[f"{at}.attention.{part}.bias"] for part in "qkv")
        mixed = np.zeros((len(ids), heads * d))
        for head in range(heads):
            own, group = slice(head * d, head * d + d), head * shared // heads
            other = slice(group * d, group * d + d)
            keys = np.stack([turned(k[t, other], t) for t in range(len(ids))])
            for t in range(len(ids)):
                score = keys[: t + 1] @ turned(q[t, own], t) / np.sqrt(d)
                share = np.exp(score - score.max())
                mixed[t, own] = share / share.sum() @ v[: t + 1, other]
        x = x + mixed @ w[f"{at}.attention.o"].T
        y = norm(x, f"{at}.mlp.norm")
        gate = y @ w[f"{at}.mlp.gate"].T
        x = x + (gate / (1 + np.exp(-gate)) * (y @ w[f"{at}.mlp.up"].T)) @ w[f"{at}.mlp.down"].T
    return x


@pytest.mark.parametrize("layers", [0, 1, 2])
def test_states_are_those_of_the_formulas(loaded, layers: int) -> None:
    config, tensors = loaded
    found = states_after(tensors, config, torch.tensor([IDS]), layers)[0] if layers else tensors["embedding"][IDS]
    np.testing.assert_allclose(found.numpy(), in_plain_numpy(tensors, IDS, layers), rtol=1e-4, atol=1e-4)


def test_logits_are_the_last_norm_and_the_tied_embedding(loaded) -> None:
    config, tensors = loaded
    x = in_plain_numpy(tensors, IDS, 2)
    x = x / np.sqrt((x**2).mean(-1, keepdims=True) + 1e-6) * tensors["norm"].numpy()
    expected = x @ tensors["embedding"].numpy().T
    np.testing.assert_allclose(logits(tensors, config, torch.tensor([IDS]))[0].numpy(), expected, rtol=1e-3, atol=1e-3)


def test_only_the_blocks_that_are_wanted_are_loaded(base, loaded) -> None:
    config, tensors = weights.load(base, 1)
    assert config["layers"] == 2
    assert {name for name in loaded[1] if not name.startswith("layers.1.")} == set(tensors)
    assert tensors["layers.0.attention.q"].dtype == torch.bfloat16
    assert tensors["layers.0.attention.norm"].dtype == torch.float32


def test_a_turn_by_a_position_keeps_length_and_depends_on_the_distance(loaded) -> None:
    cos, sin = rope(loaded[0], torch.arange(6))
    x = torch.randn(1, 1, 1, SIZES["head_dim"], generator=torch.Generator().manual_seed(1)).expand(1, 1, 6, -1)
    turned = rotate(x, cos, sin)[0, 0]
    torch.testing.assert_close(turned.norm(dim=-1), x[0, 0].norm(dim=-1))
    torch.testing.assert_close(turned[1] @ turned[3], turned[2] @ turned[4])


def test_additions_begin_at_zero_and_change_only_what_they_multiply(loaded) -> None:
    config, tensors = loaded
    lora = Lora(tensors, 2, 4)
    ids = torch.tensor([IDS])
    plain = states_after(tensors, config, ids, 2)
    torch.testing.assert_close(lower_states(tensors, lora, config, ids), plain)
    with torch.no_grad():
        for tensor in lora.tensors.values():
            tensor.normal_(std=0.1)
    added = dict(tensors)
    for name in (f"layers.{layer}.{part}" for layer in range(2) for part in PARTS):
        added[name] = tensors[name] + lora.named()[f"{name}.lora.b"] @ lora.named()[f"{name}.lora.a"]
    torch.testing.assert_close(
        lower_states(tensors, lora, config, ids), states_after(added, config, ids, 2), atol=1e-4, rtol=1e-4
    )


def test_gradients_are_the_same_whether_activations_are_kept_or_made_again(loaded) -> None:
    config, tensors = loaded
    lora = Lora(tensors, 2, 4)
    found = []
    for keep in (True, False):
        lora.zero_grad()
        lower_states(tensors, lora, config, torch.tensor([IDS]), keep=keep).square().mean().backward()
        found.append([tensor.grad.clone() for tensor in lora.tensors.values()])
    assert any(gradient.abs().max() > 0 for gradient in found[0])
    torch.testing.assert_close(found[0], found[1])


def test_a_larger_rank_goes_on_from_a_smaller_one(loaded) -> None:
    small, large = Lora(loaded[1], 2, 2), Lora(loaded[1], 2, 4)
    with torch.no_grad():
        for tensor in small.tensors.values():
            tensor.normal_()
    large.take(small.named())
    with torch.no_grad():
        large.named()["layers.0.mlp.up.lora.b"][:, 2:].zero_()
    name = "layers.0.mlp.up"
    product = large.named()[f"{name}.lora.b"] @ large.named()[f"{name}.lora.a"]
    torch.testing.assert_close(product, small.named()[f"{name}.lora.b"] @ small.named()[f"{name}.lora.a"])


def test_spans_are_pooled_over_their_own_tokens_alone() -> None:
    x = torch.randn(2, 9, 4, generator=torch.Generator().manual_seed(2))
    pools = span_pools(x, torch.tensor([9, 5]), torch.zeros(4), torch.zeros(4), torch.ones(4), 4)
    unit = x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6)
    torch.testing.assert_close(pools[0, 0], unit[0, 1:3].mean(0))
    torch.testing.assert_close(pools[1, 3], unit[1, 4])
    # Two tokens in four spans: the empty ones are the mean of both.
    short = span_pools(x[:1], torch.tensor([3]), torch.zeros(4), torch.zeros(4), torch.ones(4), 4)
    torch.testing.assert_close(short[0, 1], unit[0, 1:3].mean(0))


def test_states_are_cached_and_go_on_where_they_stopped(loaded, tmp_path, monkeypatch) -> None:
    config, tensors = loaded
    ids = [IDS, IDS[:3], IDS[2:], IDS[:5]]
    folders = {1: tmp_path / "one", 2: tmp_path / "two"}
    states.build(folders, ids, tensors, config, "cpu", 2)
    assert states.opened(folders[2], ids).done.tolist() == [True, True, False, False]
    run = []
    real = states.states_at
    monkeypatch.setattr(
        states, "states_at", lambda w, c, batch, layers: run.append(len(batch)) or real(w, c, batch, layers)
    )
    states.build(folders, ids, tensors, config, "cpu")
    assert sum(run) == 2
    cache = states.opened(folders[2], ids)
    for number, row in enumerate(ids):
        expected = states_after(tensors, config, torch.tensor([row]), 2)[0]
        np.testing.assert_allclose(cache.of(number).astype(np.float32), expected.numpy(), rtol=2e-3, atol=2e-3)
    assert json.loads((folders[1] / "index.json").read_text())["texts"] == 4
