"""python -m models.training.train.teacher --pack DIR: the keys that an adapter gives the texts of a pack, for a smaller
encoder to learn from (train/distill.py).

    PACK/teacher-NAME/keys.f16               [segments, P, d_k]
    PACK/teacher-NAME/asks.f16               [questions, d_k]
    PACK/teacher-NAME/segment-scores.f16     a number a token: the score that pooling gives it before the softmax
    PACK/teacher-NAME/question-scores.f16

NAME is the adapter's. Packages are read whole: those that are held out first, then the others in a random order, so
that training may begin with those that are done. The command may be killed and started again.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from . import adapter, weights
from .contrast import Data, Texts
from .decoder import rms, states
from .head import Half, RecallHead
from .lora import span_pools
from .states import batches

SAVE = 60  # seconds between two saves
ORDER_SEED = 7
BUDGET = 1_024  # tokens that run at once


@dataclass(frozen=True)
class Side:
    """What the teacher says of the segments, or of the questions."""

    keys: np.ndarray  # float16 [texts, P, d_k]
    scores: np.ndarray  # float16 [tokens of all texts]
    done: np.ndarray  # bool [texts]


@dataclass(frozen=True)
class Teacher:
    head: RecallHead
    segments: Side
    questions: Side


def folder(pack: Path, shipped: Path) -> Path:
    name = json.loads((shipped / "adapter.json").read_text())["file"]["sha256"][:12]
    return pack / f"teacher-{name}"


def opened(pack: Path, shipped: Path, data: Data, mode: str = "r") -> Teacher:
    """What is there of the teacher's keys; with the mode "r+" they are made where there are none."""
    place = folder(pack, shipped)
    manifest = json.loads((pack / "base-0" / "manifest.json").read_text())
    head = adapter.load(shipped, manifest["config"]["hidden"])
    size = head.segment.project.out_features
    if mode == "r+":
        place.mkdir(exist_ok=True)

    def side(name: str, file: str, texts: Texts, spans: int) -> Side:
        count = len(texts.length)
        marker = place / f"{name}-done.npy"
        done = np.load(marker) if marker.exists() else np.zeros(count, bool)
        array = lambda path, shape: np.memmap(path, np.float16, mode if path.exists() else "w+", shape=shape)
        return Side(
            array(place / file, (count, spans, size)),
            array(place / f"{name}-scores.f16", (int(texts.length.sum()),)),
            done,
        )

    segments = side("segment", "keys.f16", data.segments, head.segment.spans)
    return Teacher(head, segments, side("question", "asks.f16", data.questions, 1))


def save(place: Path, teacher: Teacher) -> None:
    """Keeps what is done, beside what another run has done meanwhile: one may read what is held out."""
    for name, side in (("segment", teacher.segments), ("question", teacher.questions)):
        side.keys.flush()
        side.scores.flush()
        marker = place / f"{name}-done.npy"
        known = np.load(marker) if marker.exists() else False
        half = marker.with_suffix(f".{os.getpid()}.npy")
        np.save(half, side.done | known)
        half.replace(marker)


def order(data: Data, only: str | None) -> list[int]:
    """Packages as they are read."""
    held_out = set(data.package[data.segment_valid].tolist())
    packages = np.random.default_rng(ORDER_SEED).permutation(np.unique(data.package)).tolist()
    wanted = [package for package in packages if only is None or (package in held_out) == (only == "held-out")]
    return sorted(wanted, key=lambda package: package not in held_out)


@dataclass(frozen=True)
class Encoder:
    """The base's lower blocks with an adapter's additions, and its head."""

    tensors: dict[str, torch.Tensor]
    config: dict
    layer: int
    head: RecallHead

    @torch.inference_mode()
    def fill(self, side: Side, half: Half, texts: Texts, chosen: np.ndarray) -> Iterator[int]:
        """Fills the rows of `side` that are `chosen`; yields the tokens of every batch."""
        for batch in batches(sorted(chosen, key=lambda text: texts.length[text]), texts.length, BUDGET):
            first, length = texts.first[batch], texts.length[batch]
            padded = np.zeros((len(batch), int(length.max())), np.int64)
            for row, begin in enumerate(first):
                padded[row, : length[row]] = texts.ids[begin : begin + length[row]]
            found = states(self.tensors, self.config, torch.from_numpy(padded), self.layer)  # [B, T, D]
            pooling = (half.query, self.head.mean, self.head.deviation)
            pools = span_pools(found, torch.from_numpy(length.astype(np.int64)), *pooling, half.spans)  # [B, P, D]
            side.keys[batch] = torch.nn.functional.normalize(half.project(pools), dim=-1).numpy()
            scores = (rms(found[:, 1:]) @ (half.query / self.head.deviation)).numpy()  # [B, T - 1]
            for row, begin in enumerate(first):
                side.scores[begin + 1 : begin + length[row]] = scores[row, : length[row] - 1]
            side.done[batch] = True
            yield int(length.sum())


def main(given: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="models.training.train.teacher", description=__doc__)
    parser.add_argument("--pack", type=Path, required=True, help="made by models.training.train.pack")
    parser.add_argument("--adapter", type=Path, default=Path("models/adapter"))
    parser.add_argument("--tokens", type=int, default=10**12, help="stop after so many: the rest waits")
    parser.add_argument("--only", choices=("held-out", "training"), help="packages of one kind")
    options = parser.parse_args(given)
    data = Data(options.pack / "data.npz")
    teacher = opened(options.pack, options.adapter, data, "r+")
    config, tensors = weights.load_parts(options.pack, "cpu", torch.bfloat16)
    tensors |= {name: tensor.bfloat16() for name, tensor in adapter.low_rank(options.adapter).items()}
    layer = adapter.layers(options.adapter)
    encoder = Encoder(tensors, config, layer, teacher.head)
    began, saved, seen = time.time(), time.time(), 0
    for tokens in filled(encoder, teacher, data, options.only):
        seen += tokens
        if time.time() - saved > SAVE:
            saved = time.time()
            save(folder(options.pack, options.adapter), teacher)
            done = f"{teacher.segments.done.sum()}/{len(data.segments.length)} segments"
            print(f"{done}, {seen / (time.time() - began):.0f} tokens/s", flush=True)
        if seen >= options.tokens:
            break
    save(folder(options.pack, options.adapter), teacher)
    print(f"{seen} tokens in {time.time() - began:.0f} s", flush=True)


def filled(encoder: Encoder, teacher: Teacher, data: Data, only: str | None) -> Iterator[int]:
    """Reads what is left, package after package; yields the tokens of every batch."""
    head = encoder.head
    for package in order(data, only):
        segments = np.flatnonzero((data.package == package) & ~teacher.segments.done)
        yield from encoder.fill(teacher.segments, head.segment, data.segments, segments)
        questions = np.flatnonzero((data.asked_in == package) & ~teacher.questions.done)
        yield from encoder.fill(teacher.questions, head.question, data.questions, questions)


if __name__ == "__main__":
    main()
