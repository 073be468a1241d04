"""What the base is shown for a segment and for a question; the engine shows it the same."""

from __future__ import annotations

from pathlib import Path

QUESTION_TOKENS = 256


def tokenizer(base: Path):
    from tokenizers import Tokenizer

    return Tokenizer.from_file(str(base / "tokenizer.json"))


def segment_ids(base: Path, pairs: list[dict], limit: int) -> list[list[int]]:
    """`# path` on a line of its own, then the code; cut at `limit` tokens."""
    texts = [f"# {pair['path']}\n{pair['code']}" for pair in pairs]
    return [encoded.ids[:limit] for encoded in tokenizer(base).encode_batch(texts, add_special_tokens=False)]


def question_ids(base: Path, pairs: list[dict]) -> list[list[int]]:
    texts = [pair["query"] for pair in pairs]
    return [encoded.ids[:QUESTION_TOKENS] for encoded in tokenizer(base).encode_batch(texts, add_special_tokens=False)]
