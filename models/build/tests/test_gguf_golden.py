"""What the engine's GGUF reader is held to is what llama.cpp's package says today."""

import json
from pathlib import Path

from .gguf_golden import golden

FILE = Path(__file__).resolve().parents[3] / "test" / "golden" / "gguf-blocks.json"


def test_golden_blocks_are_what_the_package_makes_of_them() -> None:
    assert json.loads(FILE.read_text()) == golden()
