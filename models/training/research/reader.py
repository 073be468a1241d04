"""The frozen base over a pack's texts: states of the lower blocks, tokens of a memory, what the rest of the decoder
makes of them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F

from ..train.decoder import Tensors, states
from .block_read import BlockRead, Memory, Tuned, upper
from .sample import HEADER, SEGMENT, Sources

LAYER = 8  # states that keys and queries are made of: as deep as the program read a repository then


@dataclass(frozen=True)
class Texts:
    """
    Rows of one length: ids [B, T], states of the lower blocks [B, T, D], how long each is, and how much of that is
    header.
    """

    ids: torch.Tensor
    states: torch.Tensor
    length: torch.Tensor
    header: torch.Tensor


@dataclass(frozen=True)
class Written:
    """Tokens of a memory, in order: states before them and their own [N, D], and which they are [N]."""

    before: torch.Tensor
    states: torch.Tensor
    ids: torch.Tensor


class Reader:
    """The frozen base over a pack's texts."""

    def __init__(self, base: Tensors, config: dict, sources: Sources, device: str, batch: int) -> None:
        self.base, self.config, self.sources, self.device, self.batch = base, config, sources, device, batch
        self.tuned: Tuned | None = None

    def texts(self, rows: list[tuple[np.ndarray, int]], width: int) -> Texts:
        ids = np.zeros((len(rows), width), np.int64)
        for at, (row, _) in enumerate(rows):
            ids[at, : len(row)] = row
        on = torch.from_numpy(ids).to(self.device)
        length = torch.tensor([len(row) for row, _ in rows], device=self.device)
        return Texts(
            on,
            states(self.base, self.config, on, LAYER),
            length,
            torch.tensor([head for _, head in rows], device=self.device),
        )

    def written(self, segments: list[np.ndarray]) -> Written:
        """Every token but a segment's first two: the first one's state says nothing (attention ends there)."""
        before, own, ids = [], [], []
        for first in range(0, len(segments), self.batch):
            part = self.texts([(row, 0) for row in segments[first : first + self.batch]], SEGMENT + HEADER)
            real = torch.arange(part.ids.shape[1] - 2, device=self.device)[None] + 2 < part.length[:, None]
            before.append(part.states[:, 1:-1][real])
            own.append(part.states[:, 2:][real])
            ids.append(part.ids[:, 2:][real])
        return Written(torch.cat(before), torch.cat(own), torch.cat(ids))

    def write(self, read: BlockRead, w: Written) -> Memory:
        return read.write(w.before, w.states, F.embedding(w.ids, self.base["embedding"]), SEGMENT)

    def hidden(self, texts: Texts, read: BlockRead | None = None, memory: Memory | None = None) -> torch.Tensor:
        got = None if read is None or memory is None else read.read(texts.states.flatten(0, 1), memory)
        return upper(self.base, self.config, texts.states, LAYER, self.tuned, read, got)

    def said(self, x: torch.Tensor) -> torch.Tensor:
        return F.linear(x, self.base["embedding"])


def counted(texts: Texts) -> torch.Tensor:
    """[B, T]: positions whose next token is of the file's own text."""
    at = torch.arange(texts.ids.shape[1], device=texts.ids.device)[None]
    return (at + 1 >= texts.header[:, None]) & (at + 1 < texts.length[:, None]) & (at >= 1)


def following(texts: Texts) -> torch.Tensor:
    """The next token of every counted position."""
    return texts.ids.roll(-1, 1)[counted(texts)]


def nll(reader: Reader, texts: Texts, hidden: torch.Tensor) -> torch.Tensor:
    """Nats of every counted position."""
    rows = hidden[counted(texts)].split(4096)
    parts = [
        F.cross_entropy(reader.said(r).float(), g, reduction="none")
        for r, g in zip(rows, following(texts).split(4096), strict=True)
    ]
    return torch.cat(parts)
