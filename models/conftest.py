"""What tests of models/build and models/training share."""

from __future__ import annotations

import importlib.util
import os
import subprocess
from pathlib import Path

import pytest

from models import mock_base

ROOT = Path(__file__).resolve().parents[1]
# Tests of what needs PyTorch lie in files of this name; where it is not installed, they are left out and said so.
NEEDS_TORCH = "test_torch_*.py"
HAS_TORCH = importlib.util.find_spec("torch") is not None
collect_ignore_glob = [] if HAS_TORCH else [f"*/{NEEDS_TORCH}", f"*/*/{NEEDS_TORCH}"]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not HAS_TORCH:
        terminalreporter.write_line(f"Left out: {NEEDS_TORCH} (no PyTorch; models/setup.sh --torch installs it).")


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return mock_base.write(tmp_path_factory.mktemp("base"))


@pytest.fixture
def node(monkeypatch: pytest.MonkeyPatch) -> None:
    """The project's Node, which runs TypeScript, comes first."""
    monkeypatch.setenv("PATH", f"{ROOT / 'node_modules' / '.bin'}{os.pathsep}{os.environ['PATH']}")


class Repository:
    """A git repository of a test's own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self.git("init", "--quiet")

    def git(self, *arguments: str) -> None:
        identity = ("-c", "user.name=Test", "-c", "user.email=test@example.com", "-c", "commit.gpgSign=false")
        subprocess.run(["git", *identity, *arguments], cwd=self.folder, check=True)

    def commit(self, message: str, files: dict[str, str]) -> None:
        for path, text in files.items():
            file = self.folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        self.git("add", ".")
        self.git("commit", "--quiet", "--message", message)


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "repository")
