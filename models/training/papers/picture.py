"""Lines over a few columns as a picture: SVG, because it is text and a diff shows it."""

from __future__ import annotations

from html import escape

COLORS = [
    "#2a6fdb",
    "#d9480f",
    "#2b8a3e",
    "#862e9c",
    "#5c5f66",
    "#c2255c",
    "#0b7285",
    "#e67700",
    "#364fc7",
    "#5c940d",
    "#212529",
]
LEFT, TOP, WIDE, HIGH = 56, 34, 480, 220
MARKS = 5  # values that are written at the left


def picture(
    title: str,
    columns: list[str],
    lines: dict[str, list[list[float]]],
    bounds: tuple[float, float],
    form: str = "{:.0f}",
) -> str:
    """
    A line a name through the means of its columns, `lines[name][column]` being the values of all seeds, none where a
    column was not reached. The band behind a line is the range over seeds; `bounds` are the lowest and the highest
    value that is drawn.
    """
    low, high = bounds
    across = [LEFT + WIDE * at / max(1, len(columns) - 1) for at in range(len(columns))]

    def up(value: float) -> float:
        return TOP + HIGH * (1 - (min(max(value, low), high) - low) / (high - low))

    parts = [f'<text x="{LEFT}" y="16">{escape(title)}</text>']
    for mark in range(MARKS):
        value = low + (high - low) * mark / (MARKS - 1)
        parts.append(f'<path d="M{LEFT} {up(value):.1f}H{LEFT + WIDE}" stroke="#8884"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{up(value) + 4:.1f}" text-anchor="end">{form.format(value)}</text>')
    for x, column in zip(across, columns, strict=True):
        parts.append(f'<text x="{x:.1f}" y="{TOP + HIGH + 20}" text-anchor="middle">{escape(column)}</text>')
    for at, (name, values) in enumerate(lines.items()):
        color = COLORS[at % len(COLORS)]
        reached = [(x, seeds) for x, seeds in zip(across, values, strict=True) if seeds]
        around = [(x, max(seeds)) for x, seeds in reached] + [(x, min(seeds)) for x, seeds in reversed(reached)]
        band = " ".join(f"{x:.1f},{up(value):.1f}" for x, value in around)
        line = " ".join(f"{x:.1f},{up(sum(seeds) / len(seeds)):.1f}" for x, seeds in reached)
        parts.append(f'<polygon points="{band}" fill="{color}" fill-opacity="0.12"/>')
        parts.append(f'<polyline points="{line}" fill="none" stroke="{color}" stroke-width="2"/>')
        parts.append(f'<text x="{LEFT + WIDE + 12}" y="{TOP + 14 + 18 * at}" fill="{color}">{escape(name)}</text>')
    style = 'font-family="sans-serif" font-size="12" fill="#777"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 740 290" {style}>' + "\n".join(parts) + "</svg>\n"
