from __future__ import annotations

import hashlib
import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from models.build import shards
from models.mock_base import MockSource


def test_files_are_as_the_manifest_says_and_the_same_each_time(base: Path, tmp_path: Path) -> None:
    shards.write_model(MockSource(), tmp_path)
    manifest = json.loads((base / "manifest.json").read_text())
    assert (tmp_path / "manifest.json").read_bytes() == (base / "manifest.json").read_bytes()
    for name, entry in manifest["files"].items():
        raw = (base / name).read_bytes()
        assert raw == (tmp_path / name).read_bytes()
        assert entry == {"bytes": len(raw), "sha256": hashlib.sha256(raw).hexdigest()}
    assert not list(tmp_path.glob("*.partial"))


def test_every_tensor_lies_on_a_boundary_and_overlaps_no_other(base: Path) -> None:
    manifest = json.loads((base / "manifest.json").read_text())
    spans: dict[str, list[tuple[int, int]]] = {}
    for entry in manifest["tensors"].values():
        for place in (entry[part] for part in ("data", "scales", "zeros") if part in entry):
            assert place["offset"] % shards.ALIGNMENT == 0
            spans.setdefault(place["file"], []).append((place["offset"], place["offset"] + place["bytes"]))
    for own in spans.values():
        own.sort()
        assert all(end <= start for (_, end), (start, _) in pairwise(own))


def test_vectors_are_kept_to_the_bit_and_the_embedding_is_in_two(base: Path) -> None:
    manifest = json.loads((base / "manifest.json").read_text())
    place = manifest["tensors"]["norm"]["data"]
    found = np.fromfile(base / place["file"], "<f4", place["bytes"] // 4, offset=place["offset"])
    np.testing.assert_array_equal(found, MockSource().tensor("norm"))
    rows = [manifest["tensors"][f"embedding.{part}"]["shape"][0] for part in range(shards.EMBEDDING_PARTS)]
    assert sum(rows) == manifest["config"]["vocab"]


def test_bits_follow_the_tensors_name(base: Path) -> None:
    tensors = json.loads((base / "manifest.json").read_text())["tensors"]
    assert {
        name.split(".", 2)[2] for name, entry in tensors.items() if entry["kind"] == "int8" and "layers" in name
    } == {
        "attention.k",
        "attention.v",
    }
    assert tensors["layers.1.mlp.down"]["kind"] == "int4"


def test_a_full_file_is_followed_by_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shards, "BODY_LIMIT", 20_000)
    shards.write_model(MockSource(), tmp_path)
    bodies = sorted(file.name for file in tmp_path.glob("body-*.bin"))
    assert bodies[:2] == ["body-00.bin", "body-01.bin"]
    assert len(bodies) > 2
