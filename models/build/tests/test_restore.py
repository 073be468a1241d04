from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

from models.build import restore
from models.mock_base import write


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """A base and a cache that holds the same; the cache is as good as a rebuilt base."""
    base, cache = write(tmp_path / "base"), write(tmp_path / "cache" / "base")
    monkeypatch.setattr(restore, "BASE", base)
    monkeypatch.setattr(restore, "CACHE", tmp_path / "cache")
    monkeypatch.setattr(restore, "build", lambda folder: pytest.fail("nothing needs to be built"))
    return base, cache


def test_a_missing_and_a_damaged_file_come_back_and_nothing_else_is_touched(places, capsys) -> None:
    base, _ = places
    whole = {file.name: file.read_bytes() for file in base.iterdir()}
    (base / "body-00.bin").unlink()
    with (base / "embedding-1.bin").open("r+b") as file:
        file.seek(100)
        file.write(b"?")
    before = (base / "embedding-0.bin").stat().st_mtime_ns
    restore.main()
    assert {file.name: file.read_bytes() for file in base.iterdir()} == whole
    assert (base / "embedding-0.bin").stat().st_mtime_ns == before
    assert capsys.readouterr().out.splitlines() == [
        "To be restored: embedding-1.bin, body-00.bin",
        "models/base is whole.",
    ]


def test_what_came_out_differently_is_not_taken(places, monkeypatch: pytest.MonkeyPatch) -> None:
    base, cache = places
    (base / "body-00.bin").unlink()
    (cache / "body-00.bin").write_bytes(b"other")
    monkeypatch.setattr(restore, "build", lambda folder: None)
    with pytest.raises(SystemExit, match=r"body-00\.bin came out differently"):
        restore.main()
    assert not (base / "body-00.bin").exists()


def test_a_plain_python_is_enough() -> None:
    tree = ast.parse(Path(restore.__file__).read_text())
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    modules = {alias.name for node in imports if isinstance(node, ast.Import) for alias in node.names}
    modules |= {node.module or "." for node in imports if isinstance(node, ast.ImportFrom)}
    assert modules <= sys.stdlib_module_names
