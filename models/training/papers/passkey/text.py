"""The passkey task of arXiv 2404.07143, section 4.2, over the shipped tokenizer's ids, with many fillers.

Fillers of training: repeated sentences, words, the Python of sympy, prose, numbers among these. Fillers that training
never shows: other sentences, the Python of numpy, the C++ of PyTorch's headers, and words that are held out.
"""

from __future__ import annotations

import pydoc_data.topics
import site
from functools import lru_cache
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

BASE = Path(__file__).parents[3] / "base" / "tokenizer.json"
WORDS = 151_643  # ids below it are ordinary tokens
DIGITS = 5
# The digits of both mentions; how they lie in `key_sentence` and `QUESTION` is checked by the tests.
FIRST, SECOND, KEY_LENGTH = 5, 15, 25

INTRODUCTION = (
    "There is an important info hidden inside a lot of irrelevant text. Find it and memorize them."
    " I will quiz you about the important information there."
)
PAPER = [" The grass is green.", " The sky is blue.", " The sun is yellow.", " Here we go.", " There and back again."]
UNSEEN = [
    " A red fox runs by.",
    " Nobody opened the old door.",
    " Rain fell on seven hills.",
    " We ate late.",
    " It was a long winter.",
]
TRAINED = ["paper", "shuffled", "sentences", "words", "few", "python", "prose", "numbers", "mixed"]
TESTED = ["paper", "unseen", "python", "cpp", "words"]


@lru_cache(1)
def tokenizer() -> Tokenizer:
    return Tokenizer.from_file(str(BASE))


def ids(text: str) -> np.ndarray:
    return np.array(tokenizer().encode(text, add_special_tokens=False).ids, np.int32)


@lru_cache(1)
def digit_ids() -> np.ndarray:
    return np.concatenate([ids(str(digit)) for digit in range(10)])


@lru_cache(1)
def question() -> np.ndarray:
    """The question and the start of its answer; five digits follow."""
    return ids(" What is the pass key? The pass key is ")


@lru_cache(1)
def key_template() -> np.ndarray:
    return ids(" The pass key is 00000. Remember it. 00000 is the pass key.")


def key_sentence(digits: np.ndarray) -> np.ndarray:
    sentence = key_template().copy()
    sentence[FIRST : FIRST + DIGITS] = sentence[SECOND : SECOND + DIGITS] = digit_ids()[digits]
    return sentence


def is_held_out(tokens: np.ndarray) -> np.ndarray:
    """One word in ten that training never shows; never a word of the task."""
    held = (tokens.astype(np.uint64) * np.uint64(2_654_435_761) >> np.uint64(7)) % np.uint64(10) == 3
    return held & ~np.isin(tokens, np.concatenate([question(), key_template(), digit_ids(), ids(INTRODUCTION)]))


@lru_cache(1)
def word_pools() -> tuple[np.ndarray, np.ndarray]:
    """Words of training, and words that are held out."""
    every = np.arange(WORDS, dtype=np.int32)
    held = is_held_out(every)
    return every[~held], every[held]


def files(kind: str) -> list[Path]:
    packages = Path(site.getsitepackages()[0])
    folder, pattern = {
        "python": (packages / "sympy", "*.py"),
        "python unseen": (packages / "numpy", "*.py"),
        "cpp": (packages / "torch" / "include", "*.h"),
    }[kind]
    return sorted(folder.rglob(pattern))


@lru_cache(8)
def stream(kind: str) -> np.ndarray:
    """All of a package's code as ids; held-out words of training's streams are replaced by other words."""
    saved = Path.home() / ".cache" / "ask-codebase" / "papers" / f"text-{kind.replace(' ', '-')}.npy"
    if saved.exists():
        return np.load(saved)
    if kind == "prose":
        texts = list(pydoc_data.topics.topics.values())
    else:
        texts = [file.read_text("utf-8", "replace") for file in files(kind)]
        np.random.default_rng(5).shuffle(texts)  # type: ignore[arg-type]
    encoded = tokenizer().encode_batch_fast(texts, add_special_tokens=False)
    tokens = np.concatenate([np.array(one.ids, np.int32) for one in encoded])
    tokens = tokens[tokens < WORDS]
    if kind in ("python", "prose"):
        held = is_held_out(tokens)
        tokens[held] = np.random.default_rng(6).choice(word_pools()[0], int(held.sum()))
    saved.parent.mkdir(parents=True, exist_ok=True)
    part = saved.with_suffix(".part.npy")
    np.save(part, tokens)
    part.replace(saved)
    return tokens


def filler(kind: str, length: int, draw: np.random.Generator, *, tested: bool = False) -> np.ndarray:
    """`length` ids of a kind: of TRAINED, or with `tested` of TESTED."""
    if kind in ("paper", "unseen"):
        return cycle([ids(sentence) for sentence in (PAPER if kind == "paper" else UNSEEN)], length)
    if kind == "shuffled":
        return shuffled([ids(sentence) for sentence in PAPER], length, draw)
    if kind == "sentences":
        text = stream("prose" if draw.random() < 0.5 else "python")
        starts = draw.integers(0, len(text) - 24, draw.integers(2, 12))
        parts = [text[at : at + draw.integers(4, 24)] for at in starts]
        return cycle(parts, length) if draw.random() < 0.5 else shuffled(parts, length, draw)
    if kind == "words":
        return draw.choice(word_pools()[1 if tested else 0], length)
    if kind == "few":
        return draw.choice(draw.choice(word_pools()[0], draw.integers(5, 200)), length)
    if length == 0:
        return np.zeros(0, np.int32)
    if kind == "numbers":
        return numbered(filler(str(draw.choice(["words", "few", "python", "prose"])), length, draw), draw)
    if kind == "mixed":
        cut = int(draw.integers(0, length + 1))
        kinds = draw.choice(TRAINED[:-1], 2)
        return np.concatenate([filler(kinds[0], cut, draw), filler(kinds[1], length - cut, draw)])
    name = "python unseen" if tested and kind == "python" else kind
    text = stream(name)
    start = int(draw.integers(0, len(text)))
    return np.resize(np.roll(text, -start) if length > len(text) else take(text, start, length), length)


def numbered(words: np.ndarray, draw: np.random.Generator) -> np.ndarray:
    """
    Runs of one to six random digits over a third to a fiftieth of the tokens: a key is most easily taken for another
    number. Half of the documents have few different runs, as code has.
    """
    filled, count = words.copy(), max(1, int(len(words) / np.exp(draw.uniform(np.log(10), np.log(150)))))
    runs = [draw.choice(digit_ids(), int(draw.integers(1, 7))) for _ in range(8 if draw.random() < 0.5 else count)]
    for at, run in zip(draw.integers(0, len(words), count), draw.integers(0, len(runs), count), strict=True):
        filled[at : at + len(runs[run])] = runs[run][: len(words) - at]
    return filled


def take(text: np.ndarray, start: int, length: int) -> np.ndarray:
    """`length` ids from `start` on, round the end."""
    return np.concatenate([text[start : start + length], text[: max(0, start + length - len(text))]])


def cycle(parts: list[np.ndarray], length: int) -> np.ndarray:
    return np.resize(np.concatenate(parts), length)


def shuffled(parts: list[np.ndarray], length: int, draw: np.random.Generator) -> np.ndarray:
    order = draw.integers(0, len(parts), length // min(len(part) for part in parts) + 1)
    return np.concatenate([parts[at] for at in order])[:length]
