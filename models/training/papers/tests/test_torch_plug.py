"""Memories in the blocks of the mock base: begin as the base, learn from full attention, keep what is counted."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
import torch

from models.training.papers.plug import __main__ as plug, report
from models.training.papers.plug.model import Plugged, Shape, teacher
from models.training.research.sample import Sources
from models.training.train import weights
from models.training.train.pack import lower

SEGMENT = 16


@pytest.fixture(scope="module")
def pack(tmp_path_factory, base) -> Path:
    """A pack whose documents say again what stood far before: each file repeats its package's own run of tokens."""
    folder = tmp_path_factory.mktemp("pack")
    config = json.loads((base / "manifest.json").read_text())["config"]
    draw = np.random.default_rng(1)
    rows, owner, split = [], [], []
    for package in range(10):
        own = draw.integers(0, config["vocab"], 12)
        split.append("valid" if package >= 7 else "train")
        for _ in range(8):
            rows.append(np.concatenate([draw.integers(0, config["vocab"], 12), own]))
            owner.append(package)
    np.savez_compressed(
        folder / "sources.npz",
        ids=np.concatenate(rows).astype(np.uint16),
        length=np.array([len(row) for row in rows], np.int32),
        header=np.full(len(rows), 2, np.int32),
        owner=np.array(owner, np.int32),
        names=np.array([str(at) for at in range(10)]),
        split=np.array(split),
    )
    lower(base, folder, config["layers"], np.arange(config["vocab"]))
    return folder


def plugged(pack: Path, features: str = "dpfp1") -> tuple[Plugged, torch.Tensor]:
    torch.manual_seed(2)
    config, tensors = weights.load_parts(pack, "cpu")
    net = Plugged(tensors, config, Shape((0, 1), SEGMENT, features))
    return net, torch.randint(0, config["vocab"], (2, 4 * SEGMENT), generator=torch.Generator().manual_seed(3))


def opened(net: Plugged) -> Plugged:
    for one in net.memories.values():
        torch.nn.init.constant_(one.gate.bias, 2.0)
    return net


@torch.no_grad()
def test_a_first_segment_is_the_base_and_a_closed_gate_is_the_window(pack):
    net, ids = plugged(pack)
    whole = teacher(net.base, net.config, ids[:, :SEGMENT])
    states, _ = opened(net)(ids, net.empty(2))
    torch.testing.assert_close(states[:, :SEGMENT], whole, atol=1e-4, rtol=1e-4)
    window, _ = net(ids, net.empty(2), is_open=False)
    alone = teacher(net.base, net.config, ids[:, SEGMENT : 2 * SEGMENT])
    torch.testing.assert_close(window[:, SEGMENT : 2 * SEGMENT], alone, atol=1e-4, rtol=1e-4)
    assert (states[:, SEGMENT:] - window[:, SEGMENT:]).abs().max() > 1e-2


@torch.no_grad()
def test_a_document_in_several_calls_is_the_document_at_once(pack):
    net, ids = plugged(pack)
    whole, after = opened(net)(ids, net.empty(2))
    first, middle = net(ids[:, : 2 * SEGMENT], net.empty(2))
    second, last = net(ids[:, 2 * SEGMENT :], middle)
    torch.testing.assert_close(torch.cat([first, second], 1), whole, atol=1e-4, rtol=1e-4)
    for name, one in after.items():
        torch.testing.assert_close(last[name].matrix, one.matrix)
    kept = sum(one.matrix[0].numel() + one.norm[0].numel() for one in after.values())
    assert kept == net.shape.numbers(net.config)


def test_only_the_memories_are_trained(pack):
    net, ids = plugged(pack, "elu1")
    assert {name.split(".")[0] for name, _ in net.named_parameters()} == {"memories"}
    states, _ = opened(net)(ids, net.empty(2))
    goal = teacher(net.base, net.config, ids).flatten(0, 1)
    plug.divergence(net.base["embedding"], states.flatten(0, 1), goal).backward()
    for name, parameter in net.memories.named_parameters():
        assert parameter.grad is not None and parameter.grad.abs().max() > 0, name


def test_the_command_learns_and_goes_on(pack, tmp_path):
    out = tmp_path / "out"
    size = [
        "--memories",
        "1",
        "--segment",
        str(SEGMENT),
        "--length",
        "128",
        "--lengths",
        "64",
        "128",
        "--documents",
        "4",
        "--texts",
        "5",
    ]
    limit = ["--minutes", "0.5", "--rate", "1e-2", "--gate-rate", "5e-2", "--full", "128", "--features", "dpfp1"]
    plug.main(["--pack", str(pack), "--out", str(out), *size, *limit, "--steps", "30"])
    found = json.loads((out / "result.json").read_text())
    assert [row["tokens"] for row in found["after"]] == [64, 128]
    for row in found["after"]:
        assert row["memory divergence"] < row["window divergence"]
        assert row["memory divergence"] < row["foreign divergence"]  # what it brings is of its own document
        assert row["documents"] == 5
        added = row["added to the window's loss"]["memory"]
        assert sum(added) / 5 == pytest.approx(math.log(row["memory"] / row["window"]), abs=1e-3)
    net, _ = plugged(pack)
    net = Plugged(net.base, net.config, Shape((1,), SEGMENT, "dpfp1"))
    assert plug.restore(net, out)
    again = plug.evaluate(
        net, Sources(pack / "sources.npz"), plug.arguments(["--pack", ".", "--out", ".", *size, *limit]), "cpu"
    )
    assert again == found["after"]


def test_a_run_that_is_killed_goes_on_at_its_step(pack, tmp_path, capsys):
    """Adam's means, the place on the rate's curve and the documents go on, too: as if it had not been killed."""
    size = ["--memories", "1", "--segment", str(SEGMENT), "--length", "64", "--documents", "2", "--lengths", "9999999"]
    common = ["--pack", str(pack), "--minutes", "60", "--features", "dpfp1", *size]
    plug.main([*common, "--out", str(tmp_path / "parts"), "--steps", "2"])
    plug.main([*common, "--out", str(tmp_path / "parts"), "--steps", "5"])
    plug.main([*common, "--out", str(tmp_path / "whole"), "--steps", "5"])
    parts, whole = (torch.load(tmp_path / name / "plug.pt", weights_only=True) for name in ("parts", "whole"))
    assert "goes on after 2 steps" in capsys.readouterr().out
    assert [step for step, _ in parts["curve"]] == [1, 2, 3, 4, 5]
    assert {int(one["step"]) for one in parts["adam"]["state"].values()} == {5}
    # The rate depends on the time that has passed, so the two are only near.
    for (_, one), (_, other) in zip(parts["curve"], whole["curve"], strict=True):
        assert one == pytest.approx(other, rel=1e-2)
    torch.save({**parts, "seconds": 3_601.0}, tmp_path / "parts" / "plug.pt")
    plug.main([*common, "--out", str(tmp_path / "parts"), "--steps", "6"])
    late = torch.load(tmp_path / "parts" / "plug.pt", weights_only=True)
    assert len(late["curve"]) == 5  # its hour had passed


def test_a_report_tells_what_is_the_documents_own():
    added = {"memory": [-0.10, -0.06], "foreign": [-0.07, -0.08]}
    row = {
        "window": 10.0,
        "window divergence": 0.9,
        "memory": 9.2,
        "memory divergence": 0.8,
        "foreign": 9.3,
        "full": 5.0,
    }
    row |= {"added to the window's loss": added}
    assert report.own(row) == (
        "own memory better than another's in 1 of 2 documents, by 0.0050 nats (-0.0200 to 0.0300), "
        "of 0.0800 that it brings"
    )
    assert report.table(row).splitlines()[2:] == [
        "| the window alone | 10.00 | 1.000 | 0.900 |",
        "| and another document's memory | 9.30 | 0.930 |  |",
        "| and its own memory | 9.20 | 0.920 | 0.800 |",
        "| all that stands before | 5.00 | 0.500 |  |",
    ]
    curve = [[step, 1 / step] for step in range(1, 12)]
    assert report.course(curve, 2) == "1.000 at step 1, 0.167 at step 6, 0.091 at step 11"
