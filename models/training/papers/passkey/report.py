"""python -m models.training.papers.passkey.report linear-1: result.jsonl, table, curve.svg of what was evaluated.

The first run's weights are kept beside them, in bfloat16, for the tests.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import torch

from ..picture import picture
from . import text
from .evaluate import found_path, kept
from .train import HOME

FOLDER = Path(__file__).parent
WEIGHTS = FOLDER / "weights.pt"
NAMES = {
    "paper": "the paper's sentences",
    "unseen": "unseen sentences",
    "python": "unseen Python",
    "cpp": "C++",
    "words": "never-seen words",
}


def cells(rows: list[dict]) -> dict[tuple[str, int], tuple[int, int]]:
    """Exact answers and samples of all places and models, by filler and length."""
    sums: dict[tuple[str, int], tuple[int, int]] = {}
    for row in rows:
        key = row["filler"], row["tokens"]
        exact, samples = sums.get(key, (0, 0))
        sums[key] = exact + row["exact"], samples + row["samples"]
    return sums


def table(rows: list[dict]) -> str:
    """Percent exact with the number of samples: a line a length, a column a filler."""
    sums = cells(rows)
    kinds = [kind for kind in text.TESTED if any(kind == filler for filler, _ in sums)]
    lines = ["| tokens | " + " | ".join(NAMES[kind] for kind in kinds) + " |", "|" + " ---: |" * (len(kinds) + 1)]
    for length in sorted({length for _, length in sums}):
        shown = [percent(*sums[kind, length]) if (kind, length) in sums else "" for kind in kinds]
        lines.append(f"| {length:,} | " + " | ".join(shown) + " |")
    return "\n".join(lines)


def crossing(rows: list[dict]) -> str:
    """How keys that cross a border of segments did, and the others."""
    many, found = (sum(row[name] for row in rows) for name in ("crossing", "exact of crossing"))
    samples, exact = (sum(row[name] for row in rows) for name in ("samples", "exact"))
    return f"across a border {percent(found, many)}, inside a segment {percent(exact - found, samples - many)}"


def percent(exact: int, samples: int) -> str:
    return f"{100 * exact / max(1, samples):.0f} ({exact}/{samples})"


def curve(rows: list[dict]) -> str:
    """Percent exact by length, a line a filler, its band the seeds'."""
    seeds = [
        cells([row for row in rows if row.get("run") == run]) for run in dict.fromkeys(row.get("run") for row in rows)
    ]
    lengths = sorted({row["tokens"] for row in rows})

    def values(kind: str, length: int) -> list[float]:
        found = [own[kind, length] for own in seeds if (kind, length) in own]
        return [100 * exact / samples for exact, samples in found]

    lines = {
        NAMES[kind]: [values(kind, length) for length in lengths]
        for kind in text.TESTED
        if any(kind == row["filler"] for row in rows)
    }
    return picture("percent exact", [f"{length // 1024}K" for length in lengths], lines, (0, 100), "{:.0f} %")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="+", help="of runs, as train names them")
    names = parser.parse_args().names
    rows, runs = [], []
    for name in names:
        saved = torch.load(HOME / f"{name}.pt", weights_only=True)
        runs.append({"run": name, **saved["progress"]})
        if name == names[0]:
            small = {part: weights.bfloat16() for part, weights in saved["model"].items()}
            torch.save({"shape": saved["shape"], "model": small}, WEIGHTS)
        rows += [{"run": name, **row} for row in kept(found_path(name))]
    (FOLDER / "result.jsonl").write_text("".join(json.dumps(row) + "\n" for row in [*runs, *rows]))
    (FOLDER / "curve.svg").write_text(curve(rows))
    print(table(rows), crossing(rows), sep="\n\n")


if __name__ == "__main__":
    main()
