"""The passkey task and its model, small: what lies where, streams cut anywhere, runs that are killed."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from models.training.papers.block import Features
from models.training.papers.bounded.__main__ import size
from models.training.papers.passkey import causes, evaluate, report, text, train
from models.training.papers.passkey.model import PasskeyModel, Shape
from models.training.papers.passkey.task import losses, make_batch

SMALL = Shape(layers=2, width=32, heads=2, segment=48, buckets=64, features=Features("elu1", gain=4))
RULES = ["linear", "delta"]


def model(shape: Shape = SMALL) -> PasskeyModel:
    torch.manual_seed(1)
    return PasskeyModel(shape).eval()


def test_digits_lie_where_the_task_says():
    key = np.array([7, 1, 4, 2, 9])
    sentence = text.key_sentence(key)
    assert text.tokenizer().decode(sentence.tolist()) == " The pass key is 71429. Remember it. 71429 is the pass key."
    assert len(sentence) == text.KEY_LENGTH
    draw = np.random.default_rng(3)
    batch = make_batch(draw, 8, 3, 48, 2, 0.5)
    flat = batch.segments.flatten(1)
    for row, echoes, digits in zip(flat, batch.echoes, batch.digits, strict=True):
        # The token after each echo is the digit that it is to predict.
        assert [text.tokenizer().decode([token]) for token in row[echoes + 1].tolist()] == [
            str(one) for one in digits.tolist()
        ]
    for row in range(8):
        for asked in range(2):
            shown = text.tokenizer().decode(batch.questions[row, asked].tolist())
            key = "".join(map(str, batch.digits[row].tolist()))
            assert shown.endswith(f"What is the pass key? The pass key is {key[:-1]}")
            assert (f"is {key}. Remember" in shown) == bool(batch.is_local[row, asked])


def test_keys_that_cross_a_border_are_counted():
    draw = np.random.default_rng(6)
    empty = np.zeros((200, 2, 48), np.int64)
    placed, crosses = evaluate.with_keys(draw, empty, np.full((200, 5), 7))
    # A key that crosses has a part in either segment.
    for document, crossing in zip(placed, crosses, strict=True):
        assert (document.any(1).sum() == 2) == crossing
    assert 0 < crosses.sum() < 200


def test_samples_may_be_added_to_what_was_found():
    rows = [{"filler": "cpp", "place": "end", "tokens": 5_120, "samples": 17}]
    rows += [{"filler": "cpp", "place": "end", "tokens": 20_480, "samples": count} for count in (3, 2)]
    rows += [{"filler": "cpp", "place": "start", "tokens": 20_480, "samples": 17}]
    assert evaluate.missing(rows, "cpp", "end", 81_920, 17) == [(12, [20_480]), (17, [81_920])]
    assert evaluate.missing(rows, "cpp", "end", 20_480, 5) == []


def test_held_out_words_are_in_no_filler_of_training():
    draw = np.random.default_rng(4)
    for kind in ("words", "few", "prose", "numbers"):
        assert not text.is_held_out(text.filler(kind, 2_000, draw)).any(), kind
    assert text.is_held_out(text.filler("words", 2_000, draw, tested=True)).all()


@pytest.mark.parametrize("rule", RULES)
def test_a_stream_may_be_cut_anywhere(rule):
    one = model(replace(SMALL, rule=rule))
    segments = torch.randint(0, 1_000, (2, 7, 48))
    with torch.inference_mode():
        whole, last = one(segments, one.empty(2))
        first, memory = one(segments[:, :3], one.empty(2))
        second, after = one(segments[:, 3:], memory)
        asked, _ = one(segments[:, :5], one.empty(2), segments[:, 5:6], torch.full((2, 1), 5))
        again, _ = one(segments[:, :3], one.empty(2))
        kept = one.remember(segments[:, 3:], memory)
    torch.testing.assert_close(torch.cat([first, second], 1), whole, rtol=1e-4, atol=1e-4)
    for cut, full in zip(after, last, strict=True):
        torch.testing.assert_close(cut.matrix, full.matrix, rtol=1e-4, atol=1e-4)
    for only, full in zip(kept, last, strict=True):
        torch.testing.assert_close(only.matrix, full.matrix, rtol=1e-4, atol=1e-4)
        torch.testing.assert_close(only.norm, full.norm, rtol=1e-4, atol=1e-4)
    # A question reads what the segment in its place would read, and a new document reads nothing of the old.
    torch.testing.assert_close(asked[:, 5], whole[:, 5], rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(again, first)
    assert (second[:, 0] - one(segments[:, 3:4], one.empty(2))[0][:, 0]).abs().max() > 1e-3


@pytest.mark.parametrize("rule", RULES)
def test_gains_change_what_is_written_alone(rule):
    one = model(replace(SMALL, rule=rule))
    batch = make_batch(np.random.default_rng(5), 2, 3, 48, 2, 0.0)
    with torch.inference_mode():
        plain, same = (losses(one, batch, gains)[0] for gains in (None, torch.ones(2, 3)))
        _, scaled = one(batch.segments, one.empty(2), gains=torch.full((2, 3), 3.0))
        _, memory = one(batch.segments[:, :1], one.empty(2))
        _, tripled = one(batch.segments[:, :1], one.empty(2), gains=torch.full((2, 1), 3.0))
    torch.testing.assert_close(plain, same)
    torch.testing.assert_close(tripled[0].norm, 3 * memory[0].norm)
    assert scaled[0].norm.isfinite().all()


def test_memory_does_not_grow():
    one = model()
    with torch.inference_mode():
        _, few = one(torch.randint(0, 1_000, (1, 1, 48)), one.empty(1))
        _, many = one(torch.randint(0, 1_000, (1, 64, 48)), one.empty(1))
    assert size(few) == size(many) == 4 * SMALL.numbers()
    assert 4 * Shape().numbers() == 50_688


def test_a_run_that_is_killed_goes_on_as_if_it_had_not_been(tmp_path, monkeypatch):
    monkeypatch.setattr(train, "STEP_TOKENS", 1_000)
    options = {"last": 2, "peak": 1e-3, "gain": 20.0}
    train.train("whole", 1, SMALL, steps=4, folder=tmp_path, **options)
    train.train("parts", 1, SMALL, steps=2, folder=tmp_path, **options)
    progress = train.train("parts", 1, SMALL, steps=4, folder=tmp_path, **options)
    assert progress.step == 4
    whole, parts = train.load(tmp_path / "whole.pt"), train.load(tmp_path / "parts.pt")
    for one, other in zip(whole.parameters(), parts.parameters(), strict=True):
        assert torch.equal(one, other)
    assert not torch.equal(whole.digits.weight, model().digits.weight)


def test_every_place_and_length_is_asked():
    one = model()
    rows = [
        row
        for place in evaluate.PLACES
        for row in evaluate.evaluate(one, "unseen", place, [48 * 8, 48 * 32], documents=2, seed=1)
    ]
    assert [(row["place"], row["tokens"]) for row in rows] == [
        (place, length) for place in evaluate.PLACES for length in (384, 1536)
    ]
    assert all(row["samples"] == 2 and 0 <= row["exact"] <= 2 for row in rows)
    assert all(0 <= row["exact of crossing"] <= row["crossing"] <= 2 for row in rows)
    assert "| 1,536 |" in report.table(rows)
    assert "(" in report.crossing(rows)
    assert report.curve(rows).count("<polyline") == 1


def test_the_trained_model_finds_passkeys_at_four_times_its_length():
    one, draw = train.load(report.WEIGHTS), np.random.default_rng(7)
    for kind in ("unseen", "words"):
        for tokens, right, crossing in evaluate.at_start(one, kind, [5_120, 20_480], 4, draw):
            assert right[~crossing].all(), (kind, tokens)
    # The control: a memory that is emptied before the question answers nothing.
    keys = draw.integers(0, 10, (16, 5))
    assert evaluate.ask(one, one.empty(16), draw, "unseen", keys).all(-1).sum() == 0


def test_a_key_is_cut_where_it_is_asked_for():
    one, seen = model(), []
    remember = one.remember
    one.remember = lambda segments, memory: seen.append(segments) or remember(segments, memory)
    found = list(causes.by_cut(one, "words", documents=2, segments=3))
    assert len(found) == text.KEY_LENGTH
    assert all(0 <= count <= 2 for count in found)
    mark = text.ids(" pass key")[0]
    for cut, segments in enumerate(seen):
        for document in segments:
            at = int((document.flatten() == mark).nonzero()[-2]) - 1  # of the sentence; the last is its second mention
            assert (at + cut) % 48 == 0, cut


def test_the_last_stage_passes_later_than_the_others():
    progress = train.Progress(stage=len(train.STAGES) - 2, exact=0.75)
    progress.note(0.75, 1, counts=True)
    assert (progress.stage, progress.reached) == (len(train.STAGES) - 1, -1)
    for _ in range(60):
        progress.note(0.85, 1, counts=True)
    assert progress.reached == -1  # the rate must not fall yet
    for _ in range(60):
        progress.note(0.95, 1, counts=True)
    assert progress.reached > 60


def test_a_filler_may_be_empty():
    draw = np.random.default_rng(2)
    for kind in text.TRAINED:  # "mixed" may cut at its start
        assert len(text.filler(kind, 0, draw)) == 0, kind
        assert len(text.filler(kind, 1, draw)) == 1, kind


def test_gains_stand_for_a_long_document():
    draw = np.random.default_rng(8)
    holds = np.zeros((400, 40), bool)
    holds[:, 7] = holds[:200, 8] = True  # cut keys have the same factor on both sides
    gains = train.draw_gains(draw, holds, 60.0)
    is_far = (gains[:, :7] == 1).all(1)
    assert 120 < is_far.sum() < 280
    far = gains[is_far]
    assert (far[:, 9:] == 1).all()
    assert ((far[:, 7] <= 1) & (far[:, 7] >= 1 / train.FARTHEST)).all()
    assert far[:, 7].min() < 0.01 < 0.3 < far[:, 7].max()
    cut = gains[:200][is_far[:200]]
    assert (cut[:, 7] == cut[:, 8]).all()
    assert (gains[~is_far] <= 60).all() and (gains[~is_far] >= 1 / 60).all()


def test_a_batch_says_which_segments_hold_its_key():
    batch = make_batch(np.random.default_rng(9), 40, 3, 48, 2, 0.0)
    start = torch.from_numpy(text.key_sentence(np.zeros(5, int))[1:5].astype(np.int64))  # "pass key is"
    assert set(batch.holds.sum(1).tolist()) == {1, 2}
    for document, holds in zip(batch.segments, batch.holds, strict=True):
        flat = document.flatten()
        (at,) = [at for at in range(len(flat) - 4) if torch.equal(flat[at : at + 4], start)]
        assert holds[(at - 1) // 48]
        assert holds[(at - 2 + text.KEY_LENGTH) // 48]


def test_the_trained_model_finds_weak_keys_and_none_that_are_not_written(monkeypatch):
    monkeypatch.setattr(causes, "FACTORS", [1, 16, 1e9])
    written, weakly, hardly = causes.by_factor(train.load(report.WEIGHTS), "words", 3)
    assert (written, weakly) == (3, 3)
    assert hardly == 0
