"""What training reads: the corpus, its token ids, and the states of whatever part of it is done.

    python -m models.training.train.material --corpus DIR [--layer 8 …]

makes the states; it may be killed and started again. Texts are in the order of the work, package after package,
validation first, so that training can begin with the packages that are done.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np
import torch

from . import states, weights
from .text import QUESTION_TOKENS, SEGMENT_TOKENS, encode, segment_text

ORDER_SEED = 7


@dataclass(frozen=True)
class Material:
    segments: list[dict]
    questions: list[dict]
    segment_at: np.ndarray  # int64 [segments], the text that holds each segment's states
    question_at: np.ndarray  # int64 [questions]
    ids: list[list[int]]  # token ids by text

    def ready(self, cache: states.Cache) -> tuple[np.ndarray, np.ndarray]:
        """bool masks over segments and questions: states are there (a question's segments' too)."""
        have = cache.done[self.segment_at]
        asked = cache.done[self.question_at] & np.array([have[q["segments"]].all() for q in self.questions])
        return have, asked


def read(corpus: Path, base: Path) -> Material:
    segments = [json.loads(line) for line in (corpus / "segments.jsonl").read_text("utf-8").splitlines()]
    questions = [json.loads(line) for line in (corpus / "questions.jsonl").read_text("utf-8").splitlines()]
    packages: dict[tuple[str, str, str], tuple[list[int], list[int]]] = {}
    for segment in segments:
        key = (segment["split"], segment["package"], segment["language"])
        packages.setdefault(key, ([], []))[0].append(segment["id"])
    for number, question in enumerate(questions):
        first = segments[question["segments"][0]]
        packages[first["split"], first["package"], first["language"]][1].append(number)
    order = sorted(packages)
    Random(ORDER_SEED).shuffle(order)
    order.sort(key=lambda key: key[0] != "valid")
    texts: list[str] = []
    limits: list[int] = []
    segment_at, question_at = np.zeros(len(segments), np.int64), np.zeros(len(questions), np.int64)
    for key in order:
        for segment in packages[key][0]:
            segment_at[segment] = len(texts)
            texts.append(segment_text(segments[segment]))
            limits.append(SEGMENT_TOKENS)
        for question in packages[key][1]:
            question_at[question] = len(texts)
            texts.append(questions[question]["text"])
            limits.append(QUESTION_TOKENS)
    return Material(segments, questions, segment_at, question_at, encode(base, texts, limits))


def folder(corpus: Path, ids: list[list[int]], layer: int) -> Path:
    key = hashlib.sha256(json.dumps([ids, layer]).encode()).hexdigest()[:12]
    return corpus / f"states-{layer}-{key}"


def main(given: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="models.training.train.material", description=__doc__)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--base", type=Path, default=Path("models/base"))
    parser.add_argument("--layer", type=int, nargs="+", default=[4], help="several cost one pass up to the last")
    parser.add_argument("--texts", type=int, help="only the first so many")
    options = parser.parse_args(given)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    material = read(options.corpus, options.base)
    places = {layer: folder(options.corpus, material.ids, layer) for layer in options.layer}
    print(
        f"{len(material.ids)} texts, {sum(map(len, material.ids))} tokens, states in "
        f"{', '.join(map(str, places.values()))}",
        flush=True,
    )
    config, tensors = weights.load(options.base, max(options.layer), device=device)
    states.build(places, material.ids, tensors, config, device, options.texts)


if __name__ == "__main__":
    main()
