"""Language models of all six kinds, small: what they may see, what they keep, runs that are killed."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from models.training.papers.language import report, train as language
from models.training.papers.language.model import KINDS, LanguageModel, Shape
from models.training.papers.language.table import table
from models.training.papers.language.text import Document, books
from models.training.papers.language.train import Plan, evaluate, stream, train

SMALL = Shape("local", layers=2, width=32, heads=2, segment=16, vocabulary=64, cache=16, keys=256, nearest=4, tokens=2)


def model(kind) -> LanguageModel:
    torch.manual_seed(1)
    one = LanguageModel(replace(SMALL, kind=kind))
    for block in one.blocks:
        torch.nn.init.normal_(block.attention.project.weight, std=0.3)  # large enough for a change to be seen
    return one.eval()


def logits(one: LanguageModel, ids: torch.Tensor) -> torch.Tensor:
    before, rows = one.start(), []
    with torch.inference_mode():
        for part in ids.split(SMALL.segment, 1):
            row, before = one(part, before)
            rows.append(row)
    return torch.cat(rows, 1)


@pytest.mark.parametrize("kind", KINDS)
def test_a_token_sees_what_is_before_it_alone(kind):
    one = model(kind)
    ids = torch.randint(0, 64, (1, 64), generator=torch.Generator().manual_seed(2))
    changed = ids.clone()
    changed[0, 20] = (ids[0, 20] + 1) % 64
    difference = (logits(one, ids) - logits(one, changed)).abs().amax(-1)[0]
    assert difference[:20].max() < 1e-5
    assert difference[20:32].max() > 1e-3  # its own segment
    later = difference[32:48].max()
    assert (later < 1e-6) if kind == "local" else (later > 1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_kept_is_what_is_counted(kind):
    one = model(kind)
    before = one.start()
    with torch.inference_mode():
        for _ in range(40):
            _, before = one(torch.randint(0, 64, (1, 16)), before)
    kept = [part for state in before.blocks for part in (state.cache, state.keys, state.values)] + [before.tokens]
    kept += [part for state in before.blocks if state.memory for part in (state.memory.matrix, state.memory.norm)]
    assert sum(part.numel() for part in kept if part is not None) == one.shape.numbers()


@pytest.mark.parametrize("kind", ["linear", "delta", "rmt"])
def test_gradients_flow_from_a_segment_to_the_one_before(kind):
    one, seen = model(kind), []
    one.embedding.register_forward_hook(lambda _module, _inputs, output: seen.append(output))
    losses = list(stream(one, torch.arange(33)[None], "cpu"))
    (gradient,) = torch.autograd.grad(losses[1].sum(), seen[0])  # [1, 16, D] of the first segment
    assert gradient.abs().max() > 0


def test_a_run_that_is_killed_goes_on_and_learns(tmp_path):
    text = Document("a", np.tile(np.arange(24), 40).astype(np.int64), 4_000)
    plan = Plan(replace(SMALL, kind="linear"), seed=1, steps=30, unroll=2, batch=2, peak=1e-2)
    train(plan, [text], tmp_path / "whole")
    train(plan, [text], tmp_path / "parts", until=7)
    parts = train(plan, [text], tmp_path / "parts")
    whole = train(plan, [text], tmp_path / "whole")  # done: loads what was saved
    for one, other in zip(whole.parameters(), parts.parameters(), strict=True):
        assert torch.equal(one, other)
    found = evaluate(whole.eval(), [text], "cpu", 500)
    assert found["perplexity"] < 32  # 64 is a guess
    assert found["tokens"] == 499


def test_compressive_memories_lower_the_perplexity_of_documents_with_words_of_their_own(tmp_path):
    """The claim, small: a segment alone has to guess anew which four of 64 words its document has."""
    draw = np.random.default_rng(5)
    texts = [
        Document(str(at), draw.choice(64, 4, replace=False)[draw.integers(0, 4, 192)].astype(np.int64), 768)
        for at in range(68)
    ]

    def perplexity(kind) -> float:
        plan = Plan(replace(SMALL, kind=kind), seed=1, steps=60, unroll=4, batch=8, peak=1e-2)
        return evaluate(train(plan, texts[8:], tmp_path).eval(), texts[:8], "cpu", 192)["perplexity"]

    alone = perplexity("local")
    assert perplexity("linear") < 0.9 * alone
    assert perplexity("delta") < 0.9 * alone


def test_documents_of_one_batch_do_not_touch_each_other(monkeypatch):
    monkeypatch.setattr(language, "PLACES", [32])
    texts = [Document(str(n), torch.randint(0, 64, (n,)).numpy(), 3 * n) for n in (40, 100, 17, 64, 33)]
    one = model("linear")
    monkeypatch.setattr(language, "TESTED", 1)
    alone = evaluate(one, texts, "cpu", 90)
    monkeypatch.setattr(language, "TESTED", 3)
    together = evaluate(one, texts, "cpu", 90)
    assert alone["tokens"] == together["tokens"] == 39 + 89 + 16 + 63 + 32
    for name in ("perplexity", "bits a byte"):
        assert abs(alone[name] - together[name]) < 0.02 * alone[name]
    assert alone["perplexity by place"].keys() == together["perplexity by place"].keys() == {"0", "32"}


def test_the_table_compares_each_seed_with_its_own_control():
    def row(kind: str, seed: int, perplexity: float, numbers: int = 4_224) -> dict:
        places = {"0": perplexity + 1, "2048": perplexity}
        return {
            "kind": kind,
            "seed": seed,
            "numbers": numbers,
            "parameters": 165_000,
            "perplexity": perplexity,
            "perplexity by place": places,
        }

    rows = [row("local", 1, 20.0, 0), row("local", 2, 40.0, 0), row("linear", 1, 19.0), row("linear", 2, 36.0)]
    rows.append(row("memorizing", 1, 38.0, 422_400))
    best, control, last = table(rows).splitlines()[2:]
    expected = "4,224 | 100 times | 165,000 | 2 | 27.50 (19.00 to 36.00) | 0.925 (0.900 to 0.950) | 28.50 | 27.50 |"
    assert best == f"| `linear` | {expected}"
    assert control.startswith("| `local` | 0 |  |")
    assert last.startswith("| `memorizing` | 422,400 | 1 times |")


def test_verses_are_told_apart_from_headings():
    first = "\nGenesis 1\n\n  1 In the beginning\n  2 And the earth\n\nGenesis 2\n\n  1 Thus\n"
    printed = f"{first}\n1 John 1\n\n 10 That which\n"
    assert books(printed) == {"Genesis": "In the beginning\nAnd the earth\nThus", "1 John": "That which"}


def test_the_order_is_told_with_its_error_and_by_seed():
    same = {1: 10.0, 2: 10.0, 3: 10.0}
    assert report.ratio({1: 9.0, 2: 9.0, 3: 9.0}, same) == "0.900 [0.900, 0.900], lower in 3 of 3"
    # Logarithms -0.1, 0 and 0.1: 4.30 * 0.1 / sqrt(3) = 0.248.
    apart = {seed: 10 * math.exp(0.1 * (seed - 2)) for seed in same}
    assert report.ratio(apart, same) == "1.000 [0.780, 1.282], lower in 1 of 3"
    assert report.ratio({1: 9.0, 4: 1.0}, same) == "0.900, lower in 1 of 1"

    def row(kind: str, seed: int, perplexity: float) -> dict:
        return {
            "kind": kind,
            "seed": seed,
            "perplexity": perplexity,
            "perplexity by place": {"0": 50.0, "8192": 2 * perplexity},
        }

    short = [row("local", seed, 20.0) for seed in same] + [row("delta", seed, 18.0) for seed in same]
    best = report.order(short).splitlines()
    assert best[0] == "| first, second | all | beyond 8,192 |"
    assert best[2].startswith("| `delta`, `local` | 0.900 [0.900, 0.900], lower in 3 of 3 | 0.900 ")
    lines = report.longer(short, [row("delta", seed, 9.0) for seed in same]).splitlines()
    assert lines[2:] == ["| `delta` | 18.00 | 9.00 | 0.500 [0.500, 0.500], lower in 3 of 3 |"]
