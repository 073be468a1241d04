"""Whole commands over small repositories: segments, and questions that point to the right ones."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path

import pytest

from models.training.corpus import commits, names, packages
from models.training.corpus.registries import unpacked

READER = '''"""Files."""

import os


def read_lines(path, least=0):
    """Gives every line of a file that has at least some characters."""
    found = []
    with open(path) as file:
        # Windows ends a line with two characters, and both of them have to go.
        for line in file:
            line = line.rstrip("\\r\\n")
            if len(line) >= least:
                found.append(line)
    return found


class ColourCache:
    """Keeps the colours of words between two drawings of the page."""

    def __init__(self, size):
        self.size = size
        self.items = {}

    def forget_oldest(self, count):
        """Drops the entries that nobody has asked for since the longest time."""
        for key in sorted(self.items, key=self.items.get)[:count]:
            del self.items[key]
        return len(self.items)
'''
CHANGES = (
    "# Changes\n\n## 1.1\n\n- Fixed `forget_oldest` so that it never drops an entry that is still drawn on the page\n"
)


def rows(folder: Path, name: str) -> list[dict]:
    return [json.loads(line) for line in (folder / f"{name}.jsonl").read_text("utf-8").splitlines()]


def test_packages_become_segments_and_questions(tmp_path, repository, node, base, monkeypatch) -> None:
    monkeypatch.setenv("ASK_CODEBASE_CACHE", str(tmp_path / "cache"))
    repository.commit("Start", {"src/reader.py": READER, "CHANGELOG.md": CHANGES, "LICENSE": "MIT License"})
    clone = f"someone/reader={repository.folder / '.git'}"
    out = tmp_path / "out"
    packages.main(["--out", str(out), "--git-only", "--git", clone, "--base", str(base)])
    segments, questions = rows(out, "segments"), rows(out, "questions")
    assert {segment["path"] for segment in segments} == {"src/reader.py"}
    assert [segment["id"] for segment in segments] == list(range(len(segments)))
    assert {"change", "doc"} <= {question["form"] for question in questions}
    [change] = [question for question in questions if question["form"] == "change"]
    assert any("def forget_oldest" in segments[s]["text"] for s in change["segments"])
    before = (out / "questions.jsonl").read_bytes()
    packages.main(["--out", str(out), "--git-only", "--git", clone, "--base", str(base)])
    assert (out / "questions.jsonl").read_bytes() == before


@pytest.mark.parametrize(("name", "licence"), [("psf/requests", "MIT License"), ("someone/reader", "GPL-3.0")])
def test_what_must_not_train_does_not(name, licence, tmp_path, repository, node, base, monkeypatch) -> None:
    monkeypatch.setenv("ASK_CODEBASE_CACHE", str(tmp_path / "cache"))
    repository.commit("Start", {"src/reader.py": READER, "LICENSE": licence})
    out = tmp_path / "out"
    packages.main(
        ["--out", str(out), "--git-only", "--git", f"{name}={repository.folder / '.git'}", "--base", str(base)]
    )
    assert rows(out, "segments") == []


def test_commits_ask_for_the_old_code_that_they_changed(tmp_path, repository, node, base) -> None:
    repository.commit("Start", {"src/reader.py": READER})
    repository.commit(
        "Keep blank lines when the caller asks for them\n\nFixes #12",
        {"src/reader.py": READER.replace("len(line) >= least", "len(line) >= max(least, 0)")},
    )
    repository.commit("Bump version", {"src/reader.py": READER})
    out = tmp_path / "out"
    commits.main(["--out", str(out), "--base", str(base), f"someone/reader={repository.folder}"])
    [question], segments = rows(out, "questions"), rows(out, "segments")
    assert question["text"] == "Keep blank lines when the caller asks for them"
    assert question["form"] == "commit"
    meant = [segments[s] for s in question["segments"]]
    assert any("if len(line) >= least:" in segment["text"] for segment in meant)
    for segment in segments:
        lines = READER.split("\n")[segment["start"] - 1 : segment["end"]]
        assert segment["text"].strip() == "\n".join(lines).strip()


def packed(folder: Path) -> Path:
    pack = folder / "repos" / "someone__reader@0123456789abcdef0123456789abcdef01234567.tar.xz"
    pack.parent.mkdir(parents=True)
    with tarfile.open(pack, "w:xz") as archive:
        for path, text in {"src/reader.py": READER, "tests/test_reader.py": "def read_lines_test(): pass\n"}.items():
            entry = tarfile.TarInfo(path)
            entry.size = len(text.encode())
            archive.addfile(entry, io.BytesIO(text.encode()))
    return folder


def test_evaluation_questions_name_what_is_defined_once(tmp_path) -> None:
    names.main(["--data", str(packed(tmp_path / "data")), "--out", str(tmp_path / "out")])
    found = rows(tmp_path / "out", "repoqa")
    assert {row["files"][0] for row in found} == {"src/reader.py"}
    lines = READER.split("\n")
    for row in found:
        assert any(word in row["question"] for word in ("read_lines", "ColourCache", "forget_oldest", "__init__"))
        assert lines[row["def_lines"][0] - 1].lstrip().startswith(("def ", "class "))


def test_descriptions_are_asked_of_copies_without_them(tmp_path) -> None:
    names.main(["--data", str(packed(tmp_path / "data")), "--out", str(tmp_path / "out"), "--ask", "descriptions"])
    found = rows(tmp_path / "out", "repoqa")
    assert "Gives every line of a file that has at least some characters." in [row["question"] for row in found]
    [pack] = (tmp_path / "out" / "repos").iterdir()
    with tarfile.open(pack) as archive:
        text = archive.extractfile("src/reader.py").read().decode()
    assert len(text.split("\n")) == len(READER.split("\n"))
    for row in found:
        assert row["question"] not in text


def test_folders_are_read_in_order_without_links(tmp_path) -> None:
    for path in ("b.py", "a.py", "node_modules/c.py", "d.txt"):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(path)
    (tmp_path / "e.py").symlink_to(tmp_path / "a.py")
    assert list(unpacked(tmp_path, (".py",))) == [("a.py", b"a.py"), ("b.py", b"b.py")]
