"""A pack in small archives: all of it arrives, none is above its limit."""

from __future__ import annotations

import tarfile

import numpy as np
import pytest

from models.training.train import carry


def test_a_pack_arrives_whole_in_archives_below_the_limit(tmp_path) -> None:
    pack = tmp_path / "pack"
    (pack / "base-0").mkdir(parents=True)
    sizes = {"data.npz": 700_000, "base-0/blocks.bin": 900_000, "base-0/manifest.json": 10, "rest.bin": 400_000}
    for name, size in sizes.items():
        (pack / name).write_bytes(np.random.default_rng(size).bytes(size))
    start = tmp_path / "adapter"
    start.mkdir()
    (start / "adapter.bin").write_bytes(b"weights")
    files = carry.named(pack, start)
    archives = carry.write(files, tmp_path / "out", limit=1 << 20)
    assert len(archives) > 1
    assert all(file.stat().st_size <= 1 << 20 for file in archives)
    there = tmp_path / "there"
    for file in archives:
        with tarfile.open(file) as archive:
            archive.extractall(there, filter="data")
    for name, file in files.items():
        assert (there / name).read_bytes() == file.read_bytes(), name
    assert (there / "models/training/train/contrast.py").exists()
    assert (there / "start/adapter.bin").read_bytes() == b"weights"


def test_a_file_that_no_archive_holds_is_named(tmp_path) -> None:
    (tmp_path / "large.bin").write_bytes(bytes(3 << 20))
    with pytest.raises(SystemExit, match=r"large\.bin has 3 MiB"):
        carry.write({"pack/large.bin": tmp_path / "large.bin"}, tmp_path / "out", limit=1 << 20)
