"""A corpus in which a question and its answer share a rare word, so that a head can learn to find it."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

PACKAGES, EACH = 6, 16


def write(folder: Path, seed: int = 1) -> Path:
    """PACKAGES packages, the last one for validation, of EACH segments with two questions each."""
    rng = Random(seed)
    folder.mkdir(parents=True, exist_ok=True)
    segments, questions = [], []
    for package in range(PACKAGES):
        split = "valid" if package == PACKAGES - 1 else "train"
        for number in range(EACH):
            word = "".join(rng.choices("bcdfghjklmnpqrstvwxz", k=10))
            text = f"def {word}(a, b):\n    return {word}.run(a) + b\n" * 2
            segments.append(
                {
                    "id": len(segments),
                    "package": f"package-{package}",
                    "registry": "git",
                    "language": "python",
                    "path": f"src/{number // 2}.py",
                    "start": 1,
                    "end": 4,
                    "text": text,
                    "split": split,
                }
            )
            for form, question in (("name", f"where is {word}"), ("doc", f"Runs {word} {word} over both.")):
                questions.append({"text": question, "form": form, "segments": [segments[-1]["id"]], "split": split})
    for name, rows in (("segments", segments), ("questions", questions)):
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return folder
