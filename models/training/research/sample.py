"""A pack's files: windows that are predicted, and segments that a memory is made of."""

from __future__ import annotations

from pathlib import Path

import numpy as np

SEGMENT = 300  # tokens of a file that are read at a time, behind its header
HEADER = 40
SIZES = {"10K": 10_000, "100K": 100_000, "1M": 1_000_000}


class Sources:
    def __init__(self, path: Path) -> None:
        file = np.load(path)
        self.ids, self.length, self.header, self.owner = (file[name] for name in ("ids", "length", "header", "owner"))
        self.first = np.concatenate([[0], np.cumsum(self.length.astype(np.int64))[:-1]])
        self.names, self.split = [str(name) for name in file["names"]], file["split"]
        self.files = [np.flatnonzero(self.owner == at) for at in range(len(self.names))]

    def of(self, split: str) -> list[int]:
        return [at for at, own in enumerate(self.split) if own == split]

    def parts(self, file: int) -> tuple[np.ndarray, np.ndarray]:
        row = self.ids[self.first[file] : self.first[file] + self.length[file]].astype(np.int64)
        return row[: self.header[file]][:HEADER], row[self.header[file] :]

    def segments(self, files: np.ndarray, budget: int) -> list[np.ndarray]:
        """Segments of the files, one after the other, up to `budget` tokens."""
        found, held = [], 0
        for file in files:
            head, body = self.parts(int(file))
            for first in range(0, len(body), SEGMENT):
                if held >= budget:
                    return found
                found.append(np.concatenate([head, body[first : first + SEGMENT]]))
                held += len(found[-1])
        return found

    def window(self, file: int, tokens: int, at: float) -> tuple[np.ndarray, int]:
        """A run of the file behind its header, and how long that is; at 0 its beginning, at 1 its end."""
        head, body = self.parts(file)
        first = int(at * max(0, len(body) - tokens))
        return np.concatenate([head, body[first : first + tokens]]), len(head)

    def held_out(
        self, package: int, windows: int, tokens: int, budget: int
    ) -> tuple[list[tuple[np.ndarray, int]], list[np.ndarray]]:
        """
        Windows from the middle of some of a package's files, and segments of its other files, always the same ones.
        """
        files = np.random.default_rng(package).permutation(self.files[package])
        own = [f for f in files if self.length[f] > tokens][: min(windows, max(2, len(files) // 4))]
        return [self.window(int(f), tokens, 0.5) for f in own], self.segments(files[~np.isin(files, own)], budget)
