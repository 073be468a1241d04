"""python -m models.training.papers.passkey.causes linear-1: why keys are missed, in seconds and short documents.

1. Weakness. A longer document has more filler for one key. Here the filler stays and the key's segments are written
   with a factor, so this tells whether the mass of a filler is withstood.
2. Borders. A cut of n has n of the key's 25 tokens before a segment's border: 0 to 24. The first mention's digits are
   tokens 5 to 9, the second's 15 to 19.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator

import numpy as np
import torch

from . import text
from .evaluate import ask, fillers, introduced, stream, with_keys
from .model import PasskeyModel
from .train import HOME, load

FACTORS = [1, 16, 64, 205, 2_050]  # of 5,120 tokens: 5 K, 82 K, 328 K, 1 M, 10 M
SEGMENTS, KEY_AT = 40, slice(5, 7)  # of the weak keys' documents


def by_factor(model: PasskeyModel, kind: str, documents: int) -> list[int]:
    """
    How many documents have their key found, for each of FACTORS; the same documents and keys for all. What only some
    passages of a long document do, this misses.
    """
    draw = np.random.default_rng([7, text.TESTED.index(kind)])
    filled = introduced(fillers(draw, kind, documents, SEGMENTS, model.shape.segment))
    keys = draw.integers(0, 10, (documents, text.DIGITS))
    filled[:, KEY_AT], _ = with_keys(draw, filled[:, KEY_AT], keys)
    found = []
    for factor in FACTORS:
        gains = torch.ones(1, SEGMENTS)
        gains[:, KEY_AT] = 1 / factor
        right, again = 0, np.random.default_rng(8)
        for one, key in zip(filled, keys, strict=True):
            with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
                segments = torch.from_numpy(one[None].astype(np.int64))
                _, memory = model(segments, model.empty(1), gains=gains)
            right += int(ask(model, memory, again, kind, key[None]).all())
        found.append(right)
    return found


def by_cut(model: PasskeyModel, kind: str, documents: int, segments: int = 10) -> Iterator[int]:
    """
    How many of the documents have their key found, for a cut of 0, 1, …, 24. They are of a few segments, since what a
    cut costs does not depend on the length.
    """
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
    parser.add_argument("--samples", type=int, default=24, help="of a factor or cut, and filler")
    parser.add_argument("--fillers", nargs="+", default=["cpp", "words"], choices=text.TESTED)
    given = parser.parse_args()
    torch.set_num_threads(1)
    for name in given.names:
        model = load(HOME / f"{name}.pt")
        for kind in given.fillers:
            found = dict(zip(FACTORS, by_factor(model, kind, given.samples), strict=True))
            print(name, kind, f"of {given.samples}, by 1 / factor:", found, flush=True)
            cuts = list(by_cut(model, kind, given.samples))
            print(name, kind, f"of {given.samples} for each cut from 0 on:", *cuts, flush=True)


if __name__ == "__main__":
    main()
