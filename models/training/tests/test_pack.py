from __future__ import annotations

import json

import numpy as np
import pytest

from models.build.quantize import Quantized
from models.training.train import pack
from models.training.train.text import SEGMENT_TOKENS, encode, segment_text, tokenizer

from . import mock_corpus


def test_a_segment_is_shown_below_its_path() -> None:
    assert segment_text({"path": "a/b.py", "text": "x = 1"}) == "# a/b.py\nx = 1"


def test_texts_are_cut_at_their_limit_and_have_two_tokens_at_least(base) -> None:
    long, one, empty = encode(base, ["word " * 500, "a", ""], [SEGMENT_TOKENS] * 3)
    assert len(long) == SEGMENT_TOKENS
    assert len(one) >= 2
    assert len(empty) == 2


def test_rare_tokens_are_left_out_and_the_rest_is_numbered_anew() -> None:
    kept, number = pack.vocabulary(np.array([5, 5, 5, 2, 2, 9]), 2)
    assert kept.tolist() == [2, 5]
    flat, length = pack.flattened([[5, 9, 2], [9]], number)
    assert flat.tolist() == [1, 0, 0, 0]
    assert length.tolist() == [2, 2]


@pytest.fixture(scope="module")
def packed(tmp_path_factory, base):
    folder = tmp_path_factory.mktemp("packed")
    corpora = [mock_corpus.write(folder / "one", 1), mock_corpus.write(folder / "two", 2)]
    given = ["--corpus", *map(str, corpora), "--base", str(base), "--layer", "2", "--out", str(folder / "pack")]
    pack.main([*given, "--vocabulary", "40"])
    return folder / "pack", corpora


def test_a_pack_holds_all_corpora_and_what_answers_what(packed, base) -> None:
    folder, corpora = packed
    data = np.load(folder / "data.npz")
    segments, questions = pack.joined(corpora)
    assert len(data["segment_length"]) == len(segments) == 2 * mock_corpus.PACKAGES * mock_corpus.EACH
    assert data["answers"].tolist() == [s for question in questions for s in question["segments"]]
    assert data["question_valid"].sum() == sum(question["split"] == "valid" for question in questions)
    assert data["segment_ids"].dtype == np.uint16
    first = data["segment_ids"][: data["segment_length"][0]]
    # Ids count the kept tokens: back to those of the base, they are the segment's text but for what is rare.
    whole = encode(base, [segment_text(segments[0])], [SEGMENT_TOKENS])[0]
    used = np.bincount(np.concatenate([encode(base, [segment_text(s)], [SEGMENT_TOKENS])[0] for s in segments]))
    assert len(first) <= len(whole)
    assert len(used) <= tokenizer(base).get_vocab_size()


def stored(folder, entry) -> np.ndarray:
    def part(field, dtype):
        place = entry[field]
        found = np.fromfile(
            folder / place["file"], dtype, place["bytes"] // np.dtype(dtype).itemsize, offset=place["offset"]
        )
        return found.reshape(entry["shape"][0], -1)

    data = part("data", np.uint8).reshape(entry["shape"][0], entry["shape"][1] // entry["block"], -1)
    zeros = part("zeros", np.uint8) if "zeros" in entry else None
    return Quantized(int(entry["kind"].removeprefix("int")), data, part("scales", np.float16), zeros).dequantize()


def test_the_packed_base_has_the_same_numbers(packed, base) -> None:
    folder, _ = packed
    whole = json.loads((base / "manifest.json").read_text())["tensors"]
    parts = [(place, json.loads((place / "manifest.json").read_text())) for place in sorted(folder.glob("base-*"))]
    tensors = {name: (place, entry) for place, manifest in parts for name, entry in manifest["tensors"].items()}
    assert set(tensors) == {name for name in whole if not name.startswith("embedding")} | {"embedding"}
    name = "layers.1.mlp.down"
    np.testing.assert_array_equal(stored(*tensors[name]), stored(base, whole[name]))
    place, entry = tensors["embedding"]
    rows = np.concatenate([stored(base, whole[f"embedding.{half}"]) for half in (0, 1)])
    kept = stored(place, entry)
    assert len(kept) == 40
    assert all((rows == row).all(1).any() for row in kept)
