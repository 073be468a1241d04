"""Segments of files, by the program's own code: a node that runs TypeScript is needed."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

SEED = "2026-11"


def cut(texts: list[dict], base: Path) -> dict[str, list[dict]]:
    """Every file's segments by file id, by the program's own code."""
    script = Path(__file__).with_name("segments.ts")
    stdin = "".join(json.dumps(text) + "\n" for text in texts)
    done = subprocess.run(["node", str(script), str(base)], input=stdin, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(done.stderr[-600:])
    return {row["id"]: row["segments"] for row in map(json.loads, done.stdout.splitlines())}
