"""python -m models.training.papers.passkey.borders linear-1: passkeys found, by where a segment's border cuts them.

Documents of a few segments, since what a cut costs does not depend on the length. A cut of n has n of the key's 25
tokens before the border: 0 to 24. The first mention's digits are tokens 5 to 9, the second's 15 to 19.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator

import numpy as np
import torch

from . import text
from .evaluate import ask, fillers, introduced, stream
from .model import PasskeyModel
from .train import HOME, load


def by_cut(model: PasskeyModel, kind: str, documents: int, segments: int) -> Iterator[int]:
    """How many of the documents have their key found, for a cut of 0, 1, …, 24."""
    tokens = model.shape.segment
    for cut in range(text.KEY_LENGTH):
        draw = np.random.default_rng([cut, text.TESTED.index(kind)])
        keys = draw.integers(0, 10, (documents, text.DIGITS))
        filled = introduced(fillers(draw, kind, documents, segments, tokens))
        for row, key in zip(filled.reshape(documents, -1), keys, strict=True):
            place = int(draw.integers(1, segments)) * tokens - cut
            row[place : place + text.KEY_LENGTH] = text.key_sentence(key)
        for _, memory in stream(model, model.empty(documents), filled, {segments}):
            yield int(ask(model, memory, draw, kind, keys).all(-1).sum())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="+", help="of runs, as train names them")
    parser.add_argument("--samples", type=int, default=24, help="of a cut and filler")
    parser.add_argument("--segments", type=int, default=10, help="of a document")
    parser.add_argument("--fillers", nargs="+", default=["cpp", "words"], choices=text.TESTED)
    given = parser.parse_args()
    torch.set_num_threads(1)
    for name in given.names:
        model = load(HOME / f"{name}.pt")
        for kind in given.fillers:
            found = list(by_cut(model, kind, given.samples, given.segments))
            print(name, kind, f"of {given.samples} for each cut from 0 on:", *found, flush=True)


if __name__ == "__main__":
    main()
