"""python -m models.training.train.pack --corpus DIR … --out DIR: corpora and lower blocks, small enough to carry to
another machine.

    out/data.npz            token ids of segments and questions, what answers what
    out/base-0, base-1, …   the base's lower blocks as shards of their own, and the embedding's rows that the texts use

The rarest tokens are left out of texts, so that ids fit in 16 bits and the embedding in a quarter of its size.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

from .text import QUESTION_TOKENS, SEGMENT_TOKENS, encode, segment_text

FIELDS = ("data", "scales", "zeros")


def main(given: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="models.training.train.pack", description=__doc__)
    parser.add_argument("--corpus", type=Path, nargs="+", required=True)
    parser.add_argument("--base", type=Path, default=Path("models/base"))
    parser.add_argument("--layer", type=int, default=4, help="blocks of the encoder")
    parser.add_argument("--vocabulary", type=int, default=36_000, help="tokens that are kept")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args(given)
    options.out.mkdir(parents=True, exist_ok=True)
    segments, questions = joined(options.corpus)
    ids = encode(options.base, [segment_text(s) for s in segments], [SEGMENT_TOKENS] * len(segments))
    asked = encode(options.base, [q["text"] for q in questions], [QUESTION_TOKENS] * len(questions))
    print(f"{len(segments)} segments, {len(questions)} questions")
    kept, number = vocabulary(np.concatenate([np.concatenate(ids), np.concatenate(asked)]), options.vocabulary)
    forms = sorted({q["form"] for q in questions})
    packages = {name: at for at, name in enumerate(dict.fromkeys((s["language"], s["package"]) for s in segments))}
    paths = {name: at for at, name in enumerate(dict.fromkeys((s["package"], s["path"]) for s in segments))}
    flat, length = flattened(ids, number)
    asked_flat, asked_length = flattened(asked, number)
    np.savez_compressed(
        options.out / "data.npz",
        segment_ids=flat,
        segment_length=length,
        segment_package=np.array([packages[s["language"], s["package"]] for s in segments], np.int32),
        segment_path=np.array([paths[s["package"], s["path"]] for s in segments], np.int32),
        segment_valid=np.array([s["split"] == "valid" for s in segments]),
        question_ids=asked_flat,
        question_length=asked_length,
        question_form=np.array([forms.index(q["form"]) for q in questions], np.int8),
        question_valid=np.array([q["split"] == "valid" for q in questions]),
        answers=np.concatenate([np.array(q["segments"], np.int32) for q in questions]),
        answer_count=np.array([len(q["segments"]) for q in questions], np.int8),
        forms=np.array(forms),
    )
    lower(options.base, options.out, options.layer, kept)


def joined(corpora: list[Path]) -> tuple[list[dict], list[dict]]:
    """All corpora as one: segment numbers go on from one to the next."""
    segments: list[dict] = []
    questions: list[dict] = []
    for corpus in corpora:
        first = len(segments)
        segments += [json.loads(line) for line in (corpus / "segments.jsonl").read_text("utf-8").splitlines()]
        for line in (corpus / "questions.jsonl").read_text("utf-8").splitlines():
            question = json.loads(line)
            questions.append(question | {"segments": [first + s for s in question["segments"]]})
    return segments, [q for q in questions if q["segments"]]


def vocabulary(ids: np.ndarray, most: int) -> tuple[np.ndarray, np.ndarray]:
    """The most frequent tokens, ascending, and the number of each token among them, -1 where it is left out."""
    count = np.bincount(ids)
    kept = np.sort(np.argsort(-count, kind="stable")[: min(most, int((count > 0).sum()))])
    number = np.full(len(count), -1)
    number[kept] = np.arange(len(kept))
    print(
        f"{len(ids)} tokens, {len(kept)} kinds kept, {1 - count[kept].sum() / len(ids):.3%} of tokens left out",
        flush=True,
    )
    return kept, number


def flattened(ids: list[list[int]], number: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """uint16 ids one text after the other, without tokens that have no number, and lengths; two tokens at least."""
    rows = [number[row] for row in ids]
    rows = [row[row >= 0] for row in rows]
    rows = [row if len(row) > 1 else np.zeros(2, np.int64) for row in rows]
    return np.concatenate(rows).astype(np.uint16), np.array([len(row) for row in rows], np.int32)


def lower(base: Path, out: Path, layer: int, kept: np.ndarray) -> None:
    """
    The blocks below `layer` in shards of six, a folder each, and in one more the kept rows of the embedding and the
    last norm.
    """
    manifest = json.loads((base / "manifest.json").read_text())
    shards = [{f"layers.{block}." for block in range(first, min(first + 6, layer))} for first in range(0, layer, 6)]
    for shard, prefixes in enumerate([*shards, {"norm"}]):
        folder = out / f"base-{shard}"
        folder.mkdir(exist_ok=True)
        raw, tensors = bytearray(), {}
        for name, entry in manifest["tensors"].items():
            if name.startswith(tuple(prefixes)):
                tensors[name] = moved(base, entry, raw)
        if shard == len(shards):
            tensors["embedding"] = rows(base, manifest["tensors"], kept, raw)
        (folder / "blocks.bin").write_bytes(raw)
        (folder / "manifest.json").write_text(json.dumps({"config": manifest["config"], "tensors": tensors}))


def moved(base: Path, entry: dict, raw: bytearray) -> dict:
    copy = dict(entry)
    for field in FIELDS:
        if field in entry:
            place = entry[field]
            with (base / place["file"]).open("rb") as file:
                file.seek(place["offset"])
                copy[field] = {"file": "blocks.bin", "offset": len(raw), "bytes": place["bytes"]}
                raw.extend(file.read(place["bytes"]))
    return copy


def rows(base: Path, tensors: dict, kept: np.ndarray, raw: bytearray) -> dict:
    """The kept rows of the embedding's parts, as one tensor."""
    parts = [tensors[name] for name in sorted(tensors) if name.startswith("embedding")]
    result = {"kind": parts[0]["kind"], "shape": [len(kept), parts[0]["shape"][1]], "block": parts[0]["block"]}
    for field in FIELDS:
        if field not in parts[0]:
            continue
        tables = []
        for part in parts:
            place = part[field]
            table = np.fromfile(base / place["file"], np.uint8, place["bytes"], offset=place["offset"])
            tables.append(table.reshape(part["shape"][0], -1))
        chosen = np.concatenate(tables)[kept]
        result[field] = {"file": "blocks.bin", "offset": len(raw), "bytes": chosen.nbytes}
        raw.extend(chosen.tobytes())
    return result


if __name__ == "__main__":
    main()
