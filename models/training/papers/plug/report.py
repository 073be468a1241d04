"""python -m models.training.papers.plug.report DIR …: what runs found, as the tables of the README."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from statistics import mean

READS = {
    "window": "the window alone",
    "foreign": "and another document's memory",
    "memory": "and its own memory",
    "full": "all that stands before",
}


def table(row: dict) -> str:
    """A line a read of one length: perplexity, its part of the window's, and the divergence from full attention."""
    lines = [
        "| reads | perplexity | of the window's | divergence from full attention |",
        "| --- | ---: | ---: | ---: |",
    ]
    for read, name in READS.items():
        if read in row:
            part, apart = row[read] / row["window"], row.get(f"{read} divergence")
            lines.append(f"| {name} | {row[read]:.2f} | {part:.3f} | {'' if apart is None else f'{apart:.3f}'} |")
    return "\n".join(lines)


def own(row: dict) -> str:
    """How much of the gain is the document's: by document, and what its own memory brings beyond another's, in nats."""
    added = row["added to the window's loss"]
    more = [foreign - memory for memory, foreign in zip(added["memory"], added["foreign"], strict=True)]
    better = sum(one > 0 for one in more)
    return (
        f"own memory better than another's in {better} of {len(more)} documents, by {mean(more):.4f} nats "
        f"({min(more):.4f} to {max(more):.4f}), of {-mean(added['memory']):.4f} that it brings"
    )


def course(curve: list[list[float]], parts: int = 5) -> str:
    """The running mean of the divergence in training at the ends of equal parts."""
    at = [round((len(curve) - 1) * part / parts) for part in range(parts + 1)]
    return ", ".join(f"{curve[one][1]:.3f} at step {curve[one][0]}" for one in sorted(set(at)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="+", type=Path, help="what `plug --out` wrote to")
    for run in parser.parse_args().runs:
        result = json.loads((run / "result.json").read_text())
        print(f"{run.name}: {result['steps']} steps, {result['shape']}, {result['numbers']:,} numbers a memory")
        print(f"divergence in training: {course(json.loads((run / 'curve.json').read_text()))}")
        for name in ("before", "after"):
            for row in result[name]:
                print(f"\n{name}, {row['tokens']:,} tokens, {row['documents']} documents: {own(row)}\n\n{table(row)}")


if __name__ == "__main__":
    main()
