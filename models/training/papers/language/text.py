"""Long documents for language modelling, of code and of books, over a vocabulary that a small model can hold.

A document is a folder of a Python package, its files one after the other, or a book of the King James Bible (Debian's
bible-kjv). Documents are split into train, valid and test by their names, so that no file is in two. The vocabulary is
the shipped tokenizer's most frequent tokens and all bytes; a rarer token is spelled in bytes. So perplexity is
comparable between runs of one vocabulary alone, bits a byte always.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import site
import subprocess
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from ..passkey.text import WORDS, tokenizer

SHORTEST = 8_192  # tokens of a document


@dataclass(frozen=True)
class Source:
    """The packages whose folders are documents, none for books, and how many different tokens a model sees."""

    packages: tuple[str, ...]
    vocabulary: int

    @property
    def name(self) -> str:
        return f"{'-'.join(self.packages) or 'books'}-{self.vocabulary}"


LARGE = Source(("sympy", "networkx", "torch", "numpy"), 8_192)
SMALL = Source(("networkx", "numpy"), 1_024)
BOOKS, SMALL_BOOKS = Source((), 8_192), Source((), 1_024)


@dataclass(frozen=True)
class Document:
    name: str
    tokens: np.ndarray  # int64, below the vocabulary
    bytes: int


def part_of(name: str) -> str:
    """Eight folders in ten train, one validates, one tests."""
    place = hashlib.sha256(name.encode()).digest()[0] % 10
    return "valid" if place == 8 else "test" if place == 9 else "train"


def folders(packages: tuple[str, ...]) -> dict[str, str]:
    """The Python of each folder of the packages."""
    root = Path(site.getsitepackages()[0])
    found: dict[str, list[str]] = {}
    for package in packages:
        for file in sorted((root / package).rglob("*.py")):
            found.setdefault(str(file.parent.relative_to(root)), []).append(file.read_text("utf-8", "replace"))
    return {name: "\n\n".join(texts) for name, texts in found.items()}


def printed_books() -> str:
    """The whole Bible as Debian's reader prints it. Ends the program with a plain sentence where it is missing."""
    reader = shutil.which("bible")
    if reader is None:
        raise SystemExit("The books come from Debian's bible-kjv. Install that package, or ask for --text code.")
    wide = "-l100000"  # no verse is broken
    return subprocess.run([reader, wide, "gen1:1-rev22:21"], capture_output=True, check=True, encoding="utf-8").stdout


def books(printed: str) -> dict[str, str]:
    """Verses by book, without their numbers: a line `Genesis 1` heads a chapter, a verse is `  1 In the beginning`."""
    found: dict[str, list[str]] = {}
    verses: list[str] = []
    for line in printed.splitlines():
        if heading := re.fullmatch(r"(\d? ?[A-Z][A-Za-z ]*) \d+", line):
            verses = found.setdefault(heading[1], [])
        elif line.strip():
            verses.append(line.strip().partition(" ")[2])
    return {name: "\n".join(lines) for name, lines in found.items()}


def documents(source: Source = LARGE) -> dict[str, list[Document]]:
    """Documents of at least SHORTEST tokens by part: train, valid, test. Kept after the first time, a minute."""
    saved = Path.home() / ".cache" / "ask-codebase" / "papers" / f"language-{source.name}.npz"
    if saved.exists():
        with np.load(saved) as kept:
            found = [Document(name, kept[name][1:].astype(np.int64), int(kept[name][0])) for name in kept.files]
        return {part: [one for one in found if part_of(one.name) == part] for part in ("train", "valid", "test")}
    parts = encode(source)
    saved.parent.mkdir(parents=True, exist_ok=True)
    every = [one for part in parts.values() for one in part]
    rows = {one.name: np.concatenate([[one.bytes], one.tokens]).astype(np.int32) for one in every}
    np.savez_compressed(saved.with_suffix(".part.npz"), **rows)
    saved.with_suffix(".part.npz").replace(saved)
    return parts


def encode(source: Source) -> dict[str, list[Document]]:
    texts = folders(source.packages) if source.packages else books(printed_books())
    encoded = tokenizer().encode_batch_fast(list(texts.values()), add_special_tokens=False)
    whole = {name: np.array(one.ids, np.int64) for name, one in zip(texts, encoded, strict=True)}
    table = spelling([tokens for name, tokens in whole.items() if part_of(name) == "train"], source.vocabulary)
    parts: dict[str, list[Document]] = {"train": [], "valid": [], "test": []}
    for name, tokens in whole.items():
        if len(tokens) < SHORTEST // 2:
            continue  # spelling in bytes at most doubles code
        spelled = np.concatenate([table[token] for token in tokens[tokens < WORDS].tolist()])
        if len(spelled) >= SHORTEST:
            parts[part_of(name)].append(Document(name, spelled, len(texts[name].encode())))
    return parts


def spelling(texts: list[np.ndarray], vocabulary: int) -> list[np.ndarray]:
    """For each token of the tokenizer its ids here: one of the most frequent ones, or the bytes."""
    counts: Counter[int] = Counter()
    for tokens in texts:
        counts.update(tokens.tolist())
    frequent = [token for token, _ in counts.most_common() if 256 <= token < WORDS][: vocabulary - 256]
    place = {token: 256 + at for at, token in enumerate(frequent)}
    table = []
    for token in range(WORDS):
        # The first 256 tokens of the tokenizer are the bytes themselves.
        alone = place.get(token, token if token < 256 else None)
        table.append(np.array([alone] if alone is not None else bytes_of(token), np.int64))
    return table


@lru_cache(1)
def byte_tokens() -> dict[str, int]:
    """The letter that stands for a byte in the tokenizer's vocabulary, and its id."""
    return {tokenizer().id_to_token(token): token for token in range(256)}


def bytes_of(token: int) -> list[int]:
    return [byte_tokens()[letter] for letter in tokenizer().id_to_token(token) or ""]
