"""What the curves beside the READMEs are drawn by."""

import re

from models.training.papers.bounded.__main__ import curve as bounded
from models.training.papers.capacity.__main__ import COUNTS, ROWS, curve as capacity
from models.training.papers.language.report import curve as language
from models.training.papers.picture import HIGH, LEFT, TOP, WIDE, picture


def points(svg: str, kind: str) -> list[list[tuple[float, float]]]:
    found = re.findall(rf'<{kind} points="([^"]*)"', svg)
    return [[(float(x), float(y)) for x, y in (pair.split(",") for pair in one.split())] for one in found]


def test_a_line_goes_through_the_means_and_its_band_through_the_seeds():
    svg = picture("a & b", ["1", "2", "3"], {"one": [[0.0, 10.0], [], [10.0]]}, (0, 10))
    assert points(svg, "polyline") == [[(LEFT, TOP + HIGH / 2), (LEFT + WIDE, TOP)]]
    assert points(svg, "polygon") == [[(LEFT, TOP), (LEFT + WIDE, TOP), (LEFT + WIDE, TOP), (LEFT, TOP + HIGH)]]
    assert "a &amp; b" in svg


def test_what_lies_outside_is_drawn_at_the_border():
    svg = picture("", ["1", "2"], {"one": [[-5.0], [15.0]]}, (0, 10))
    assert points(svg, "polyline") == [[(LEFT, TOP + HIGH), (LEFT + WIDE, TOP)]]


def test_every_claim_draws_its_rows():
    errors = {str(count): 50.0 for count in COUNTS}
    assert len(points(capacity([{"row": ROWS[0].name, "error %": errors}]), "polyline")) == 1
    marks = [{"tokens": 1_024 * at, "bytes": 9, "milliseconds": 1.0} for at in (1, 2)]
    assert len(points(bounded(marks), "polyline")) == 2

    def row(kind: str, perplexity: float) -> dict:
        places = {"0": perplexity, "64": perplexity}
        return {"kind": kind, "seed": 1, "perplexity": perplexity, "perplexity by place": places}

    lower, local = points(language([row("local", 20.0), row("delta", 18.0)], ""), "polyline")
    assert lower[0][1] == TOP + HIGH  # the best is drawn first: 0.9 of the other
    assert abs(local[0][1] - (TOP + HIGH / 2)) < 0.1
