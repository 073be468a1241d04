"""python -m models.training.papers.passkey.evaluate linear-1: passkeys found, by length, filler and place of the key.

A length counts all tokens, the question's segment among them. Documents with the key at the start are streamed once and
asked at every length on the way, by questions that write nothing. Those with the key in the middle or at the end share
the stream before the key. What is measured is kept row by row, and a run that is started again goes on.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

from ..block import Memory
from . import text
from .model import PasskeyModel
from .task import question_segment
from .train import HOME, load

LENGTHS = [5_120, 20_480, 81_920, 327_680, 1_048_576, 10_485_760]
PLACES = ["start", "middle", "end"]
CHUNK = 4_096  # tokens of all documents in one call; more no longer fits the caches of a core
NEAR = 2  # segments in which the key is placed

Memories = list[Memory]
Found = tuple[int, np.ndarray, np.ndarray]  # tokens, which digits are right [B, 5], which keys cross a border [B]


def with_keys(
    draw: np.random.Generator, segments: np.ndarray, keys: np.ndarray, after: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Puts a key into each document [B, n, T], anywhere from token `after` on; also which cross a border [B]."""
    flat, crossing = segments.reshape(len(segments), -1).copy(), []
    for row, key in zip(flat, keys, strict=True):
        place = int(draw.integers(after, len(row) - text.KEY_LENGTH + 1))
        row[place : place + text.KEY_LENGTH] = text.key_sentence(key)
        crossing.append(place % segments.shape[2] > segments.shape[2] - text.KEY_LENGTH)
    return flat.reshape(segments.shape), np.array(crossing)


def fillers(draw: np.random.Generator, kind: str, documents: int, segments: int, tokens: int) -> np.ndarray:
    """[B, n, T]"""
    return np.stack([text.filler(kind, segments * tokens, draw, tested=True) for _ in range(documents)]).reshape(
        documents, segments, tokens
    )


def stream(
    model: PasskeyModel, memory: Memories, segments: np.ndarray, stops: set[int]
) -> Iterator[tuple[int, Memories]]:
    """Runs documents [B, n, T] through the model; yields the memories after each number of segments in `stops`."""
    count, total, tokens = segments.shape
    step, at = max(1, CHUNK // (count * tokens)), 0
    while at < total:
        end = min([at + step, total, *(stop for stop in stops if stop > at)])
        part = torch.from_numpy(segments[:, at:end].astype(np.int64))
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
            memory = model.remember(part, memory)
        at = end
        if at in stops:
            yield at, memory


def ask(model: PasskeyModel, memory: Memories, draw: np.random.Generator, kind: str, keys: np.ndarray) -> np.ndarray:
    """Which digits are right [B, 5], each after the right ones: where all are, greedy decoding finds the key."""
    segments = np.stack([question_segment(draw, kind, key, model.shape.segment, False, tested=True) for key in keys])[
        :, None
    ]
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        states, _ = model(torch.from_numpy(segments), memory)
        guesses = model.digits(states[:, 0, -text.DIGITS :]).argmax(-1)
    return guesses.numpy() == keys


def expanded(memory: Memories, documents: int) -> Memories:
    return [one.rows(torch.zeros(documents, dtype=torch.int64)) for one in memory]


def introduced(segments: np.ndarray) -> np.ndarray:
    start = text.ids(text.INTRODUCTION)
    segments.reshape(len(segments), -1)[:, : len(start)] = start
    return segments


def at_start(
    model: PasskeyModel, kind: str, lengths: list[int], documents: int, draw: np.random.Generator
) -> Iterator[Found]:
    tokens = model.shape.segment
    keys = draw.integers(0, 10, (documents, text.DIGITS))
    segments = introduced(fillers(draw, kind, documents, max(lengths) // tokens - 1, tokens))
    segments[:, :NEAR], crossing = with_keys(draw, segments[:, :NEAR], keys, len(text.ids(text.INTRODUCTION)))
    stops = {length // tokens - 1 for length in lengths}
    for at, memory in stream(model, model.empty(documents), segments, stops):
        yield (at + 1) * tokens, ask(model, memory, draw, kind, keys), crossing


def later(
    model: PasskeyModel, place: str, kind: str, lengths: list[int], documents: int, draw: np.random.Generator
) -> Iterator[Found]:
    """As `at_start`, with the key in the middle or at the end: one stream before it, then each document on its own."""
    tokens = model.shape.segment
    share = 0.5 if place == "middle" else 1.0
    places = {length: max(1, int((length // tokens - 1) * share) - NEAR) for length in lengths}
    before = introduced(fillers(draw, kind, 1, max(places.values()), tokens))
    states = dict(stream(model, model.empty(1), before, set(places.values())))
    for length, place_at in places.items():
        keys = draw.integers(0, 10, (documents, text.DIGITS))
        rest = fillers(draw, kind, documents, length // tokens - 1 - place_at, tokens)
        rest[:, :NEAR], crossing = with_keys(draw, rest[:, :NEAR], keys)
        for _, memory in stream(model, expanded(states[place_at], documents), rest, {rest.shape[1]}):
            yield length, ask(model, memory, draw, kind, keys), crossing


def evaluate(model: PasskeyModel, kind: str, place: str, lengths: list[int], documents: int, seed: int) -> list[dict]:
    draw = np.random.default_rng([seed, text.TESTED.index(kind), PLACES.index(place)])
    found = (
        at_start(model, kind, lengths, documents, draw)
        if place == "start"
        else later(model, place, kind, lengths, documents, draw)
    )
    return [row(kind, place, *one) for one in found]


def row(kind: str, place: str, length: int, right: np.ndarray, crossing: np.ndarray) -> dict:
    exact = right.all(-1)
    return {
        "filler": kind,
        "place": place,
        "tokens": length,
        "samples": len(right),
        "exact": int(exact.sum()),
        "digits": round(float(right.mean()), 4),
        "crossing": int(crossing.sum()),
        "exact of crossing": int(exact[crossing].sum()),
    }


def found_path(name: str) -> Path:
    """Where the rows of a run lie; a run that was trained on has a file of its own."""
    steps = torch.load(HOME / f"{name}.pt", weights_only=True)["progress"]["step"]
    return HOME / f"{name}.{steps}.found.jsonl"


def kept(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="+", help="of runs, as train names them")
    parser.add_argument("--samples", type=int, default=51, help="a length and filler, a third at each place")
    parser.add_argument("--longest", type=int, default=1_048_576, help="tokens; 10,485,760 is asked for by name")
    parser.add_argument("--fillers", nargs="+", default=text.TESTED, choices=text.TESTED)
    given = parser.parse_args()
    torch.set_num_threads(1)
    wanted = max(1, given.samples // len(PLACES))
    for kind in given.fillers:
        for name in given.names:
            model, path = load(HOME / f"{name}.pt"), found_path(name)
            for place in PLACES:
                for documents, lengths in missing(kept(path), kind, place, given.longest, wanted):
                    rows = evaluate(model, kind, place, lengths, documents, seed=len(kept(path)) + 1)
                    with path.open("a") as file:
                        file.writelines(json.dumps(one) + "\n" for one in rows)
                    for one in rows:
                        print(name, json.dumps(one), flush=True)


def missing(rows: list[dict], kind: str, place: str, longest: int, wanted: int) -> list[tuple[int, list[int]]]:
    """How many documents are to be asked yet, and at which lengths; more samples may be asked for later."""
    have = {length: 0 for length in LENGTHS if length <= longest}
    for row in rows:
        if (row["filler"], row["place"]) == (kind, place) and row["tokens"] in have:
            have[row["tokens"]] += row["samples"]
    counts = sorted({wanted - count for count in have.values() if count < wanted})
    return [(count, [length for length, own in have.items() if wanted - own == count]) for count in counts]


if __name__ == "__main__":
    main()
