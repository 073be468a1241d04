"""python -m models.training.papers.passkey.weak linear-1: passkeys found whose segments are written weakly.

A longer document has more filler for one key. Here the filler stays and the key's segments are written with a factor,
so seconds tell whether the mass of a filler is withstood. What only some passages of a long document do, it misses.
"""

from __future__ import annotations

import argparse

import numpy as np
import torch

from . import text
from .evaluate import ask, fillers, introduced, with_keys
from .model import PasskeyModel
from .train import HOME, load

FACTORS = [1, 16, 64, 205, 2_050]  # of 5,120 tokens: 5 K, 82 K, 328 K, 1 M, 10 M
SEGMENTS, KEY_AT = 40, slice(5, 7)


def by_factor(model: PasskeyModel, kind: str, documents: int) -> list[int]:
    """How many documents have their key found, for each of FACTORS; the same documents and keys for all."""
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="+", help="of runs, as train names them")
    parser.add_argument("--samples", type=int, default=24, help="of a filler")
    parser.add_argument("--fillers", nargs="+", default=["cpp", "words"], choices=text.TESTED)
    given = parser.parse_args()
    torch.set_num_threads(1)
    for name in given.names:
        model = load(HOME / f"{name}.pt")
        for kind in given.fillers:
            found = dict(zip(FACTORS, by_factor(model, kind, given.samples), strict=True))
            print(name, kind, f"of {given.samples}, by 1 / factor:", found, flush=True)


if __name__ == "__main__":
    main()
