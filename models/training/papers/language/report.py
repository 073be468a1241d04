"""python -m models.training.papers.language.report code-64 4x8x2000 [16x2x2000]: the table of a setting, and the order.

A setting is windows of so many segments, so many windows a step, so many steps. Kinds are compared seed by seed: one
seed draws the same windows for every kind. With a second setting, each kind is compared with itself, too.
"""

from __future__ import annotations

import argparse
import json
import math
from itertools import combinations
from statistics import mean, stdev

from ..picture import picture
from .table import table
from .train import RESULT

STUDENT = {2: 12.71, 3: 4.30, 4: 3.18, 5: 2.78, 6: 2.57}  # 97.5 % of Student's t with one fewer degrees of freedom


def ratio(left: dict[int, float], right: dict[int, float]) -> str:
    """
    Perplexities by seed -> their ratio: geometric mean, 95 % interval by Student's t, and in how many seeds the left is
    lower.
    """
    logs = [math.log(left[seed] / right[seed]) for seed in sorted(left.keys() & right.keys())]
    lower = f"{sum(one < 0 for one in logs)} of {len(logs)}"
    if len(logs) not in STUDENT:
        return f"{math.exp(mean(logs)):.3f}, lower in {lower}"
    apart = STUDENT[len(logs)] * stdev(logs) / math.sqrt(len(logs))
    bounds = (math.exp(mean(logs) - apart), math.exp(mean(logs) + apart))
    return f"{math.exp(mean(logs)):.3f} [{bounds[0]:.3f}, {bounds[1]:.3f}], lower in {lower}"


def by_kind(rows: list[dict], place: str | None = None) -> dict[str, dict[int, float]]:
    """kind -> seed -> perplexity over all, or from a place in the document on."""
    kinds: dict[str, dict[int, float]] = {}
    for row in rows:
        value = row["perplexity"] if place is None else row["perplexity by place"][place]
        kinds.setdefault(row["kind"], {})[row["seed"]] = value
    return dict(sorted(kinds.items(), key=lambda one: mean(one[1].values())))


def order(rows: list[dict]) -> str:
    """A line a pair of kinds, the lower one first: over all, and in the last place that the documents reach."""
    last = max((place for row in rows for place in row["perplexity by place"]), key=int)
    every, far = by_kind(rows), by_kind(rows, last)
    lines = [f"| first, second | all | beyond {int(last):,} |", "| --- | ---: | ---: |"]
    for one, other in combinations(every, 2):
        cells = (ratio(kinds[one], kinds[other]) for kinds in (every, far))
        lines.append(f"| `{one}`, `{other}` | {' | '.join(cells)} |")
    return "\n".join(lines)


def longer(short: list[dict], long: list[dict]) -> str:
    """A line a kind: what the second setting's perplexity is of the first's."""
    first, second = by_kind(short), by_kind(long)
    lines = ["| kind | first | second | second / first |", "| --- | ---: | ---: | ---: |"]
    for kind in second:
        if kind not in first:
            continue
        means = (f"{mean(one[kind].values()):.2f}" for one in (first, second))
        lines.append(f"| `{kind}` | {' | '.join(means)} | {ratio(second[kind], first[kind])} |")
    return "\n".join(lines)


def curve(rows: list[dict], title: str) -> str:
    """Perplexity against that of `local` with the same seed, by the place in the document, a line a kind."""
    places = sorted({place for row in rows for place in row["perplexity by place"]}, key=int)
    alone = {row["seed"]: row["perplexity by place"] for row in rows if row["kind"] == "local"}
    lines = {
        kind: [
            [
                row["perplexity by place"][place] / alone[row["seed"]][place]
                for row in rows
                if row["kind"] == kind and place in row["perplexity by place"] and row["seed"] in alone
            ]
            for place in places
        ]
        for kind in by_kind(rows)
    }
    values = [value for columns in lines.values() for seeds in columns for value in seeds]
    bounds = (min(0.9, *values), max(1.1, *values))
    return picture(title, [f"from {int(place):,}" for place in places], lines, bounds, "{:.3f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("text", help="the text and the width: code-64, books-64, code-256")
    parser.add_argument("settings", nargs="+", help="4x8x2000: segments of a window, windows of a step, steps")
    parser.add_argument("--curve", action="store_true", help="draw the last setting beside the README")
    given = parser.parse_args()
    rows = [json.loads(line) for line in RESULT.read_text().splitlines()]
    groups = [
        [row for row in rows if row["run"].startswith(f"{given.text}-{row['kind']}-{setting}-")]
        for setting in given.settings
    ]
    for setting, group in zip(given.settings, groups, strict=True):
        print(f"{setting}\n\n{table(group)}\n\n{order(group)}\n" if group else f"No run of {setting} is in {RESULT}.")
    if len(groups) > 1 and all(groups):
        print(f"{given.settings[-1]} against {given.settings[0]}\n\n{longer(groups[0], groups[-1])}")
    if given.curve and groups[-1]:
        title = f"perplexity against a segment alone, by place: {given.text}, {given.settings[-1]}"
        (RESULT.parent / "curve.svg").write_text(curve(groups[-1], title))


if __name__ == "__main__":
    main()
