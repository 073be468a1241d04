"""Training from a corpus to an adapter, on the mock base: the very commands."""

from __future__ import annotations

import hashlib
import itertools
import json
from types import SimpleNamespace

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from models.training.train import adapter, contrast, descent, fit_head, material, pack, parity, start, weights
from models.training.train.curve import draw
from models.training.train.descent import Descent
from models.training.train.head import RecallHead, SpanPool
from models.training.train.lora import Lora

from . import mock_corpus

HEAD = [
    "--layer",
    "2",
    "--spans",
    "2",
    "--key-size",
    "16",
    "--token-steps",
    "8",
    "--token-batch",
    "16",
    "--batch",
    "32",
]


@pytest.fixture(scope="module")
def fitted(tmp_path_factory, base):
    """A corpus, its states, and the adapter that was trained on them."""
    folder = tmp_path_factory.mktemp("fitted")
    corpus = mock_corpus.write(folder / "corpus")
    material.main(["--corpus", str(corpus), "--base", str(base), "--layer", "2"])
    places = [
        "--corpus",
        str(corpus),
        "--base",
        str(base),
        "--out",
        str(folder / "adapter"),
        "--log",
        str(folder / "LOG.md"),
    ]
    fit_head.main([*places, *HEAD, "--epochs", "8"])
    return folder


def test_a_head_learns_to_find_what_shares_a_word(fitted) -> None:
    found = json.loads((fitted / "adapter" / "adapter.json").read_text())
    trained = found["training"]
    assert trained["questions"] == 2 * mock_corpus.EACH * (mock_corpus.PACKAGES - 1)
    # By chance one of sixteen is first: .06, and mean reciprocal rank .21.
    assert trained["valid"]["all"]["mrr"] > 0.5
    assert len((fitted / "LOG.md").read_text().splitlines()) == 1


def test_an_adapter_names_its_base_and_its_own_bytes(fitted, base) -> None:
    found = json.loads((fitted / "adapter" / "adapter.json").read_text())
    raw = (fitted / "adapter" / "adapter.bin").read_bytes()
    assert found["file"] == {"bytes": len(raw), "sha256": hashlib.sha256(raw).hexdigest()}
    assert found["base"] == hashlib.sha256((base / "manifest.json").read_bytes()).hexdigest()
    assert (found["layer"], found["tokens"], found["keySize"]) == (2, 2, 16)
    assert all(entry["data"]["offset"] % 64 == 0 for entry in found["tensors"].values())


def test_an_adapter_comes_back_as_it_was_written(tmp_path, base) -> None:
    torch.manual_seed(3)
    _, tensors = weights.load(base, dtype=torch.float32)
    head, lora = RecallHead(64, 4, 16), Lora(tensors, 2, 3)
    with torch.no_grad():
        for tensor in (head.segment.query, head.question.query, head.mean, head.deviation, *lora.tensors.values()):
            tensor.copy_(torch.randn(tensor.shape).half())
        head.segment.project.weight.copy_(head.segment.project.weight.half())
        head.question.project.weight.copy_(head.question.project.weight.half())
    adapter.write(head, tmp_path, base, 2, 0, {}, lora)
    again = adapter.load(tmp_path, 64)
    for name, tensor in head.state_dict().items():
        torch.testing.assert_close(again.state_dict()[name], tensor, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(adapter.low_rank(tmp_path), {name: t.detach() for name, t in lora.named().items()})
    assert json.loads((tmp_path / "adapter.json").read_text())["lora"] == {"rank": 3}


def test_material_is_resumed_and_its_cache_is_named_by_its_tokens(fitted, base) -> None:
    found = material.read(fitted / "corpus", base)
    [folder] = (fitted / "corpus").glob("states-*")
    assert material.folder(fitted / "corpus", found.ids, 2) == folder
    assert material.folder(fitted / "corpus", [*found.ids[:-1], [1, 2]], 2) != folder
    first = found.segment_at[[s["id"] for s in found.segments if s["split"] == "valid"]]
    assert first.max() < found.segment_at[[s["id"] for s in found.segments if s["split"] == "train"]].min()


def test_low_rank_additions_lower_the_loss_and_travel_in_the_adapter(fitted, base, tmp_path, monkeypatch) -> None:
    # The rate follows the clock: here a step takes a second.
    seconds = itertools.count()
    monkeypatch.setattr(descent, "time", SimpleNamespace(time=lambda: next(seconds)))
    pack.main(
        ["--corpus", str(fitted / "corpus"), "--base", str(base), "--layer", "2", "--out", str(tmp_path / "pack")]
    )
    places = ["--pack", str(tmp_path / "pack"), "--start", str(fitted / "adapter"), "--base-manifest", str(base)]
    size = ["--layer", "2", "--rank", "4", "--questions", "24", "--of-one", "8", "--others", "24", "--every", "100"]
    limit = ["--steps", "25", "--minutes", "0.6", "--rate", "3e-3", "--dropout", "0"]
    out = tmp_path / "out"
    contrast.main([*places, *size, *limit, "--out", str(out), "--log", str(tmp_path / "LOG.md")])
    curve = json.loads((out / "curve.json").read_text())
    assert curve[-1][1] < curve[0][1]
    assert (out / "curve.svg").read_text().startswith("<svg")
    assert (out / "row.md").read_text() == (tmp_path / "LOG.md").read_text()
    additions = adapter.low_rank(out)
    assert len(additions) == 2 * 7 * 2
    assert all(additions[name].any() for name in additions if name.endswith(".b"))


def test_an_encoder_of_fewer_blocks_begins_with_a_head_that_was_fitted_to_them(fitted, base, tmp_path) -> None:
    """What one GPU is asked for: contrast.py from fit_head --layer N, with as many blocks; two steps of it."""
    places = ["--corpus", str(fitted / "corpus"), "--base", str(base)]
    material.main([*places, "--layer", "1"])
    head = ["1" if before == "--layer" else one for before, one in zip(["", *HEAD], HEAD, strict=False)]
    fit_head.main([*places, *head, "--out", str(tmp_path / "head"), "--log", str(tmp_path / "LOG.md"), "--epochs", "2"])
    pack.main([*places, "--layer", "1", "--out", str(tmp_path / "pack")])
    size = ["--rank", "2", "--questions", "16", "--of-one", "8", "--others", "8", "--steps", "2"]
    given = ["--pack", str(tmp_path / "pack"), "--start", str(tmp_path / "head"), "--base-manifest", str(base)]
    out = tmp_path / "out"
    contrast.main([*given, *size, "--minutes", "1", "--out", str(out), "--log", str(tmp_path / "LOG.md")])
    assert json.loads((out / "adapter.json").read_text())["layer"] == 1
    assert len(adapter.low_rank(out)) == 2 * 7


def test_golden_keys_are_made_anew_from_what_is_shipped(fitted, base, tmp_path) -> None:
    golden = tmp_path / "parity.json"
    golden.write_text(json.dumps({"texts": ["def f(): pass"], "questions": ["Where is f?"], "windows": [[1]]}))
    parity.main(["--base", str(base), "--adapter", str(fitted / "adapter"), "--out", str(golden)])
    found = json.loads(golden.read_text())
    assert found["windows"] == [[1]]
    [keys], [asked] = np.array(found["segmentKeys"]), np.array(found["questionKeys"])
    assert keys.shape == (32,)
    np.testing.assert_allclose(np.linalg.norm(keys.reshape(2, 16), axis=1), 1, atol=1e-3)
    np.testing.assert_allclose(np.linalg.norm(asked), 1, atol=1e-3)


def test_pooling_without_padding_has_the_gradient_of_a_softmax() -> None:
    generator = torch.Generator().manual_seed(4)
    rows = torch.randn(7, 3, generator=generator)
    scores = torch.randn(7, generator=generator, requires_grad=True)
    owner = torch.tensor([0, 0, 0, 2, 2, 2, 2])
    pooled = SpanPool.apply(rows, scores, owner, 3)
    expected = torch.stack([scores[:3].softmax(0) @ rows[:3], torch.zeros(3), scores[3:].softmax(0) @ rows[3:]])
    torch.testing.assert_close(pooled, expected)
    seed = torch.randn(3, 3, generator=generator)
    torch.testing.assert_close(
        torch.autograd.grad((pooled * seed).sum(), scores), torch.autograd.grad((expected * seed).sum(), scores)
    )


def test_a_segments_share_is_the_softmax_over_all_its_keys() -> None:
    torch.manual_seed(5)
    head = RecallHead(8, 2, 4)
    keys = F.normalize(torch.randn(3, 2, 4), dim=-1)
    asks = F.normalize(torch.randn(5, 4), dim=-1)
    share = head.scores(asks, keys).softmax(-1)
    each = (head.log_tau.exp() * asks @ keys.flatten(0, 1).T).softmax(-1)
    torch.testing.assert_close(share, each.view(5, 3, 2).sum(-1))


def test_projections_in_closed_form_bring_questions_to_their_answers() -> None:
    generator = torch.Generator().manual_seed(6)
    common = torch.randn(400, 6, generator=generator)
    left, right = torch.randn(6, 32, generator=generator), torch.randn(6, 32, generator=generator)
    noise = lambda: 0.5 * torch.randn(400, 32, generator=generator)
    questions, segments = common @ left + noise(), common @ right + noise()
    asked, meant = start.projections(questions, segments, segments, 6)
    cosine = F.normalize(questions @ asked.T, dim=-1) @ F.normalize(segments @ meant.T, dim=-1).T
    assert (cosine.argmax(1) == torch.arange(400)).float().mean() > 0.8
    torch.testing.assert_close((questions @ asked.T).norm(dim=-1).mean(), torch.tensor(start.LENGTH), rtol=0.05, atol=0)


def test_the_rate_rises_falls_and_ends_with_the_time(monkeypatch) -> None:
    now = [0.0]
    monkeypatch.setattr(descent, "time", SimpleNamespace(time=lambda: now[0]))
    weight = torch.nn.Parameter(torch.ones(2))
    run = Descent([{"params": [weight], "top": 1.0}], 1.0, 0.1, 0.0)
    rates = []
    for now[0] in (0.0, 3.0, 6.0, 30.0, 59.0):
        assert run.goes_on()
        rates.append(run.adam.param_groups[0]["lr"])
        run.step(weight.square().sum())
    assert rates[0] < rates[1] < rates[2] > rates[3] > rates[4]
    assert weight.max() < 1
    now[0] = 60.0
    assert not run.goes_on()


def test_a_curve_of_two_points_is_drawn_and_one_is_not(tmp_path) -> None:
    draw([[1, 2.0]], "Loss", tmp_path / "none.svg")
    draw([[1, 2.0], [2, 1.0]], "Loss", tmp_path / "curve.svg")
    assert [file.name for file in tmp_path.iterdir()] == ["curve.svg"]
    assert "polyline" in (tmp_path / "curve.svg").read_text()
