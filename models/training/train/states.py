"""Residual states of questions and segments, cached on disk: the frozen base runs once, every training run reads them.

A cache is a folder: `tokens.f16` [total, D] (all texts one after the other), `index.json` (texts, their first row and
length, the layer, the base's name). It grows in chunks and is resumed where it stopped, so it may be killed at any
time.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from .decoder import states_at

# On a CPU a batch's activations should stay in its second-level cache: with 256 tokens a batch one core of a Zen 5
# server did 1,280 tokens/s, with 4,096 it did 590.
BATCH_TOKENS = {"cpu": 256, "cuda": 262_144}
RUN = 512  # texts that are sorted by length together: short enough that the order of the texts is the order of the work


@dataclass(frozen=True)
class Cache:
    rows: np.ndarray  # float16 [total, D]
    first: np.ndarray  # int64 [texts]
    length: np.ndarray  # int64 [texts]
    done: np.ndarray  # bool [texts]

    def of(self, text: int) -> np.ndarray:
        """float16 [T, D], the states of one text."""
        return self.rows[self.first[text] : self.first[text] + self.length[text]]


def build(
    folders: dict[int, Path], ids: list[list[int]], weights, config: dict, device: str, most: int | None = None
) -> None:
    """
    States of every list of token ids, or of the first `most` of them, after as many blocks as `folders` names, in one
    pass. A folder holds one cache; texts that are in all of them are not run again.
    """
    layers = sorted(folders)
    width = config["hidden"]
    length = np.array([len(row) for row in ids], np.int64)
    first = np.concatenate([[0], np.cumsum(length)[:-1]])
    rows, done = {}, np.ones(len(ids), bool)
    for layer, folder in folders.items():
        folder.mkdir(parents=True, exist_ok=True)
        path, marker = folder / "tokens.f16", folder / "done.npy"
        rows[layer] = np.memmap(path, np.float16, "r+" if path.exists() else "w+", shape=(int(length.sum()), width))
        done &= np.load(marker) if marker.exists() else False

    def save() -> None:
        for layer, folder in folders.items():
            rows[layer].flush()
            np.save(folder / "done.npy", done)

    todo = [int(i) for i in np.flatnonzero(~done[:most])]
    runs = (sorted(todo[at : at + RUN], key=lambda i: length[i]) for at in range(0, len(todo), RUN))
    began, seen, saved = time.time(), 0, time.time()
    for batch in (batch for run in runs for batch in batches(run, length, BATCH_TOKENS[device])):
        longest = int(length[batch].max())
        padded = torch.zeros(len(batch), longest, dtype=torch.long)
        for row, text in enumerate(batch):
            padded[row, : length[text]] = torch.tensor(ids[text])
        # Padding lies to the right of a causal model: it changes nothing before it.
        for layer, out in zip(layers, states_at(weights, config, padded.to(device), layers), strict=True):
            half = out.to(torch.float16).cpu().numpy()
            for row, text in enumerate(batch):
                rows[layer][first[text] : first[text] + length[text]] = half[row, : length[text]]
        done[batch] = True
        seen += int(length[batch].sum())
        if time.time() - saved > 60:
            saved = time.time()
            save()
            left = int(length[:most][~done[:most]].sum()) * (time.time() - began) / seen
            print(
                f"states: {done.sum()}/{len(ids)} texts, {seen / (time.time() - began):.0f} tokens/s, {left / 60:.0f} "
                f"min left",
                flush=True,
            )
    save()
    for layer, folder in folders.items():
        (folder / "index.json").write_text(
            json.dumps({"layer": layer, "texts": len(ids), "tokens": int(length.sum())}) + "\n"
        )


def opened(folder: Path, ids: list[list[int]]) -> Cache:
    """What is there of a cache, finished or not, read only."""
    width = (folder / "tokens.f16").stat().st_size // 2 // sum(map(len, ids))
    length = np.array([len(row) for row in ids], np.int64)
    first = np.concatenate([[0], np.cumsum(length)[:-1]])
    rows = np.memmap(folder / "tokens.f16", np.float16, "r", shape=(int(length.sum()), width))
    return Cache(rows, first, length, np.load(folder / "done.npy"))


def batches(order: list[int], length: np.ndarray, budget: int):
    """Runs of texts of like length whose padded size stays under `budget` tokens."""
    batch: list[int] = []
    for text in order:
        if batch and (len(batch) + 1) * length[text] > budget:
            yield batch
            batch = []
        batch.append(text)
    if batch:
        yield batch
