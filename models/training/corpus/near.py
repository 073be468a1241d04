"""Near copies of a text, by MinHash over shingles (Broder 1997), so that no code counts twice."""

from __future__ import annotations

import re

from datasketch import MinHash, MinHashLSH

NEAR = 0.8  # Jaccard similarity over shingles from which two codes count as one
SHINGLE = 5  # code tokens in a shingle
PERMUTATIONS = 64


class Near:
    """Refuses near copies of a text that was seen before."""

    def __init__(self) -> None:
        self.near = MinHashLSH(threshold=NEAR, num_perm=PERMUTATIONS)
        self.empty = MinHash(num_perm=PERMUTATIONS)  # copied for each text: its permutations are drawn once
        self.count = 0

    def add(self, text: str) -> bool:
        tokens = re.findall(r"\w+|[^\w\s]", text)
        sketch = self.empty.copy()
        starts = range(max(1, len(tokens) - SHINGLE + 1))
        sketch.update_batch({" ".join(tokens[i : i + SHINGLE]).encode() for i in starts})
        if self.near.query(sketch):
            return False
        self.near.insert(self.count, sketch)
        self.count += 1
        return True
