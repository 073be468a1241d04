"""python -m models.build SOURCE [--out models/base]: weights of a base model as shards that the engine reads.

SOURCE is a .gguf file or a safetensors folder (Qwen2 or Llama type). See models/README.md for where to get one.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from .shards import write_model
from .source import open_source


def main(given: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="models.build", description=__doc__)
    parser.add_argument("source", type=Path, help="a .gguf file or a folder with config.json and *.safetensors")
    parser.add_argument("--out", type=Path, default=Path("models/base"))
    options = parser.parse_args(given)
    write_model(open_source(options.source), options.out)


if __name__ == "__main__":
    main()
