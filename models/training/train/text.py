"""What the base is shown for a segment and for a question; the engine shows it the same."""

from __future__ import annotations

from pathlib import Path

SEGMENT_TOKENS = 320  # with its header, as the engine cuts it
QUESTION_TOKENS = 256


def tokenizer(base: Path):
    from tokenizers import Tokenizer

    return Tokenizer.from_file(str(base / "tokenizer.json"))


def segment_text(segment: dict) -> str:
    """`# path` on a line of its own, then the text."""
    return f"# {segment['path']}\n{segment['text']}"


def encode(base: Path, texts: list[str], limits: list[int]) -> list[list[int]]:
    """Token ids of each text, cut at its limit; two at least, because the first is left out later."""
    encoded = tokenizer(base).encode_batch(texts, add_special_tokens=False)
    return [
        (one.ids if len(one.ids) > 1 else one.ids + one.ids + [220, 220])[:limit]
        for one, limit in zip(encoded, limits, strict=True)
    ]
