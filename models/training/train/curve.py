"""A run's loss as a picture: SVG, because it is text and a diff shows it."""

from __future__ import annotations

from pathlib import Path

WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 640, 280, 44, 34, 16
POINTS = 400  # as many as the picture has room for
LINES = 5


def draw(curve: list[list[float]], title: str, file: Path) -> None:
    """`curve` is a list of [step, loss], steps ascending."""
    if len(curve) < 2:
        return
    shown = curve[:: max(1, len(curve) // POINTS)]
    last, top = curve[-1][0], max(loss for _, loss in shown)
    across = lambda step: LEFT + (WIDTH - LEFT - 12) * step / last
    up = lambda loss: HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * loss / top
    marks = []
    for at in range(LINES + 1):
        y, x = up(top * at / LINES), across(last * at / LINES)
        marks.append(f'<path d="M{LEFT} {y:.1f}H{WIDTH - 12}" stroke="#8884"/>')
        marks.append(f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{top * at / LINES:.2f}</text>')
        marks.append(f'<text x="{x:.1f}" y="{HEIGHT - 12}" text-anchor="middle">{round(last * at / LINES)}</text>')
    points = " ".join(f"{across(step):.1f},{up(loss):.1f}" for step, loss in shown)
    file.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" '
        f'font-size="11" fill="#777">\n'
        f"<title>{title}</title>\n"
        + "\n".join(marks)
        + f'\n<polyline points="{points}" fill="none" stroke="#3b82c4" stroke-width="1.5"/>\n</svg>\n'
    )
