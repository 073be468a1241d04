"""python -m models.training.papers.bounded linear-1: bytes of the memory and time of a segment, up to 8 M tokens.

One document with its passkey at the start. At each doubling, segments are run one a call and timed by the processor's
clock, and the passkey is asked for. Between the marks segments run many a call; the state is the same.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

from ..passkey import text
from ..passkey.evaluate import Memories, ask, fillers, introduced, stream, with_keys
from ..passkey.model import PasskeyModel
from ..passkey.train import HOME, load
from ..picture import picture

RESULT = Path(__file__).parent / "result.jsonl"
TIMED = 24  # segments that are timed at a mark
FIRST = 1_024


def size(memory: Memories) -> int:
    """Bytes of M and z of all blocks."""
    return sum(part.numel() * part.element_size() for one in memory for part in (one.matrix, one.norm))


def timed(model: PasskeyModel, memory: Memories, segments: np.ndarray) -> tuple[float, Memories]:
    """The median time of a segment [n, T], in milliseconds of one core, and the memories after them."""
    times = []
    for segment in torch.from_numpy(segments.astype(np.int64)):
        start = time.process_time()
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
            _, memory = model(segment[None, None], memory)
        times.append((time.process_time() - start) * 1e3)
    return statistics.median(times), memory


def grow(model: PasskeyModel, kind: str, longest: int, seed: int) -> Iterator[dict]:
    """A row a doubling, from 1,024 tokens on."""
    draw, tokens = np.random.default_rng(seed), model.shape.segment
    key = draw.integers(0, 10, (1, text.DIGITS))
    segments = introduced(fillers(draw, kind, 1, longest // tokens, tokens))
    segments[:, :2], _ = with_keys(draw, segments[:, :2], key, len(text.ids(text.INTRODUCTION)))
    timed(model, model.empty(1), segments[0, :TIMED])  # the first calls set things up
    at, mark, memory = 0, FIRST, model.empty(1)
    while mark <= longest:
        until = max(at, mark // tokens - TIMED)
        if until > at:
            ((_, memory),) = stream(model, memory, segments[:, at:until], {until - at})
        at = mark // tokens
        milliseconds, memory = timed(model, memory, segments[0, until:at])
        right = ask(model, memory, draw, kind, key)
        yield {
            "tokens": mark,
            "bytes": size(memory),
            "milliseconds": round(milliseconds, 3),
            "digits right": int(right.sum()),
        }
        mark *= 2


def curve(rows: list[dict]) -> str:
    """Milliseconds a segment, and kilobytes of all memories, by what has been read."""
    columns = [f"{row['tokens'] // 1024:,}K" if at % 2 else "" for at, row in enumerate(rows)]
    lines = {
        "ms a segment": [[row["milliseconds"]] for row in rows],
        "10 kB of M and z": [[row["bytes"] / 10_000] for row in rows],
    }
    return picture("by tokens read", columns, lines, (0, 8))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", help="of a run, as the passkey's train names it")
    parser.add_argument("--filler", default="cpp", choices=text.TESTED)
    parser.add_argument("--longest", type=int, default=FIRST * 2**13, help="tokens; 8,388,608 when left out")
    given = parser.parse_args()
    torch.set_num_threads(1)
    rows = []
    for row in grow(load(HOME / f"{given.name}.pt"), given.filler, given.longest, seed=1):
        rows.append({"model": given.name, "filler": given.filler, **row})
        print(json.dumps(row), flush=True)
        RESULT.write_text("".join(json.dumps(one) + "\n" for one in rows))
    (RESULT.parent / "curve.svg").write_text(curve(rows))


if __name__ == "__main__":
    main()
