"""A smaller encoder learns the keys of a larger one, on the mock base: the very commands."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from models.training.train import adapter, contrast, distill, pack, student_head, teacher, weights
from models.training.train.head import RecallHead
from models.training.train.lora import Lora

from . import mock_corpus

SMALL = ["--rank", "4", "--sample", "40", "--packages", "2", "--segments", "12", "--bank", "16"]


@pytest.fixture(scope="module")
def taught(tmp_path_factory, base):
    """A pack, an adapter of two blocks with random numbers, and its keys."""
    folder = tmp_path_factory.mktemp("taught")
    corpus = mock_corpus.write(folder / "corpus")
    pack.main(["--corpus", str(corpus), "--base", str(base), "--layer", "2", "--out", str(folder / "pack")])
    torch.manual_seed(2)
    _, tensors = weights.load(base, dtype=torch.float32)
    head, lora = RecallHead(64, 2, 16), Lora(tensors, 2, 2)
    with torch.no_grad():
        for half in (head.segment, head.question):
            half.query.normal_(0, 0.3)
        for name, tensor in lora.named().items():
            if name.endswith(".b"):
                tensor.normal_(0, 0.05)
    adapter.write(head, folder / "adapter", base, 2, 0, {}, lora)
    teacher.main(["--pack", str(folder / "pack"), "--adapter", str(folder / "adapter")])
    return folder


def known(taught):
    data = contrast.Data(taught / "pack" / "data.npz")
    return data, teacher.opened(taught / "pack", taught / "adapter", data)


def places(taught, base, out) -> list[str]:
    found = ["--pack", str(taught / "pack"), "--teacher", str(taught / "adapter"), "--base-manifest", str(base)]
    return [*found, "--out", str(out), "--log", str(out.with_suffix(".md")), "--every", "2"]


def test_the_teachers_keys_are_those_of_its_adapter(taught) -> None:
    data, found = known(taught)
    assert found.segments.done.all()
    assert found.questions.done.all()
    config, base = weights.load_parts(taught / "pack", "cpu", torch.bfloat16)
    net = contrast.Net(base, config, adapter.load(taught / "adapter", config["hidden"]), 2, 2, 512)
    net.lora.take(adapter.low_rank(taught / "adapter"))
    chosen = np.array([3, 40, 77])
    with torch.no_grad():
        keys = net.head.keys(net.pools(data.segments, chosen, net.head.segment))
        asks = net.head.asks(net.pools(data.questions, chosen, net.head.question))
    np.testing.assert_allclose(found.segments.keys[chosen], keys, atol=0.03)
    np.testing.assert_allclose(found.questions.keys[chosen, 0], asks, atol=0.03)


def test_a_teacher_that_was_stopped_reads_only_what_is_left(taught, tmp_path, capsys) -> None:
    other = tmp_path / "other"
    other.mkdir()
    for file in (taught / "pack").iterdir():
        if not file.name.startswith("teacher-"):
            (other / file.name).symlink_to(file)
    given = ["--pack", str(other), "--adapter", str(taught / "adapter")]
    teacher.main([*given, "--tokens", "1"])
    data = contrast.Data(other / "data.npz")
    first = teacher.opened(other, taught / "adapter", data)
    # The package that is held out comes first.
    assert data.segment_valid[first.segments.done].all()
    assert 0 < first.segments.done.sum() < len(data.segments.length)
    teacher.main(given)
    _, whole = known(taught)
    again = teacher.opened(other, taught / "adapter", data)
    np.testing.assert_allclose(again.segments.keys, whole.segments.keys, atol=0.03)
    read = [int(line.split()[0]) for line in capsys.readouterr().out.splitlines() if " tokens in " in line]
    assert sum(read) == int(data.segments.length.sum() + data.questions.length.sum())


def test_in_closed_form_a_head_on_the_teachers_own_blocks_gives_its_keys(taught) -> None:
    data, found = known(taught)
    config, base = weights.load_parts(taught / "pack", "cpu", torch.bfloat16)
    net = contrast.Net(base, config, RecallHead(64, 2, 16), 2, 2, 512)
    net.lora.take(adapter.low_rank(taught / "adapter"))
    options = distill.arguments(["--pack", "-", "--sample", "80"])
    student_head.start(net, data, found, options)
    chosen = np.flatnonzero(data.segment_valid)
    keys = net.head.keys(net.pools(data.segments, chosen, net.head.segment))
    assert student_head.distance(keys, torch.from_numpy(found.segments.keys[chosen].astype(np.float32))) < 0.05


def test_one_block_comes_near_to_two_and_goes_on_where_it_was_stopped(taught, base, tmp_path, monkeypatch) -> None:
    given = [*SMALL, "--layer", "1", "--steps", "24", "--rate", "3e-3", "--labels", "0"]
    distill.main([*places(taught, base, tmp_path / "whole"), *given])
    data, found = known(taught)

    def apart(folder) -> float:
        config, tensors = weights.load_parts(taught / "pack", "cpu", torch.bfloat16)
        net = contrast.Net(tensors, config, adapter.load(folder, config["hidden"]), 1, 4, 512)
        net.lora.take(adapter.low_rank(folder))
        chosen = np.flatnonzero(~data.segment_valid)
        with torch.no_grad():
            keys = net.head.keys(net.pools(data.segments, chosen, net.head.segment))
        return student_head.distance(keys, torch.from_numpy(found.segments.keys[chosen].astype(np.float32))).item()

    # Of what it learns from: words of the mock corpus are random, so others have nothing in common with them.
    assert apart(tmp_path / "whole") < 0.9 * apart(tmp_path / "whole" / "head")
    manifest = json.loads((tmp_path / "whole" / "adapter.json").read_text())
    assert (manifest["layer"], manifest["tokens"], manifest["keySize"]) == (1, 2, 16)
    assert (tmp_path / "whole" / "row.md").read_text() == (tmp_path / "whole.md").read_text()

    # Killed in the middle, the same command gives the same adapter.
    calls = [0]
    usual = distill.losses

    def killed(*args):
        calls[0] += 1
        if calls[0] == 10:
            raise KeyboardInterrupt
        return usual(*args)

    monkeypatch.setattr(distill, "SAVE", 0)
    monkeypatch.setattr(distill, "losses", killed)
    with pytest.raises(KeyboardInterrupt):
        distill.main([*places(taught, base, tmp_path / "killed"), *given])
    monkeypatch.setattr(distill, "losses", usual)
    distill.main([*places(taught, base, tmp_path / "killed"), *given])
    first, second = ((tmp_path / name / "adapter.bin").read_bytes() for name in ("whole", "killed"))
    assert first == second
