"""What the runs found, as a table: perplexity beside the numbers that are kept, mean and range over seeds."""

from __future__ import annotations

from statistics import mean


def table(rows: list[dict]) -> str:
    """A line a kind, best first; a column more for each place in the document that some run has reached."""
    kinds = {kind: [row for row in rows if row["kind"] == kind] for kind in dict.fromkeys(row["kind"] for row in rows)}
    places = sorted({int(place) for row in rows for place in row["perplexity by place"]})
    lines = [
        "| kind | numbers kept | `memorizing` keeps | parameters | seeds | perplexity | against `local`, by seed | "
        + " | ".join(f"from {place:,}" for place in places)
        + " |",
        "| --- |" + " ---: |" * (6 + len(places)),
    ]
    largest = kinds["memorizing"][0]["numbers"] if "memorizing" in kinds else None
    alone = {row["seed"]: row["perplexity"] for row in kinds.get("local", [])}
    for kind, own in sorted(kinds.items(), key=lambda one: mean(row["perplexity"] for row in one[1])):
        values = [row["perplexity"] for row in own]
        ratios = [row["perplexity"] / alone[row["seed"]] for row in own if row["seed"] in alone]
        by_place = [[row["perplexity by place"].get(str(place)) for row in own] for place in places]
        cells = [
            f"`{kind}`",
            f"{own[0]['numbers']:,}",
            f"{largest / own[0]['numbers']:,.0f} times" if largest and own[0]["numbers"] else "",
            f"{own[0]['parameters']:,}",
            str(len(own)),
            f"{mean(values):.2f} ({min(values):.2f} to {max(values):.2f})",
            f"{mean(ratios):.3f} ({min(ratios):.3f} to {max(ratios):.3f})" if ratios else "",
            *(f"{mean(reached):.2f}" if (reached := [one for one in column if one]) else "" for column in by_place),
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)
