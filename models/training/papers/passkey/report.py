"""python -m models.training.papers.passkey.report linear-1: result.jsonl, table, curve.svg of what was evaluated.

The first run's weights are kept beside them, in bfloat16, for the tests.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import torch

from . import text
from .evaluate import found_path, kept
from .train import HOME

FOLDER = Path(__file__).parent
WEIGHTS = FOLDER / "weights.pt"
COLORS = ["#2a6fdb", "#d9480f", "#2b8a3e", "#862e9c", "#5c5f66"]
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
    """Percent exact over the logarithm of the length, a line a filler."""
    sums = cells(rows)
    lengths = sorted({length for _, length in sums})
    left, top, wide, high = 50, 20, 480, 220
    x = {length: left + wide * at / max(1, len(lengths) - 1) for at, length in enumerate(lengths)}
    parts = []
    for value in (0, 25, 50, 75, 100):
        y = top + high * (1 - value / 100)
        parts.append(
            f'<path d="M{left} {y:.1f}H{left + wide}" stroke="#ccc"/><text x="10" y="{y + 4:.1f}">{value} %</text>'
        )
    parts += [f'<text x="{at - 16:.1f}" y="{top + high + 20}">{length // 1024}K</text>' for length, at in x.items()]
    for at, kind in enumerate(kind for kind in text.TESTED if any(kind == filler for filler, _ in sums)):
        points = [
            (x[length], top + high * (1 - sums[kind, length][0] / sums[kind, length][1]))
            for length in lengths
            if (kind, length) in sums
        ]
        line = " ".join(f"{a:.1f},{b:.1f}" for a, b in points)
        parts.append(f'<polyline points="{line}" fill="none" stroke="{COLORS[at]}" stroke-width="2"/>')
        parts.append(f'<text x="{left + wide + 12}" y="{top + 14 + 18 * at}" fill="{COLORS[at]}">{NAMES[kind]}</text>')
    style = 'font-family="sans-serif" font-size="12"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 720 270" {style}>' + "\n".join(parts) + "</svg>\n"


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
