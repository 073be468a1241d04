"""The block: gradients by finite differences, segments in several calls, all segments at once, documents apart."""

import json

import pytest
import torch

from models.training.papers import golden
from models.training.papers.block import Memory, prefixes, retrieve, segment, written

CASES = [(features, rule) for features in golden.FEATURES.values() for rule in golden.RULES]


def parts(tokens: int, seed: int) -> list[torch.Tensor]:
    draw = torch.Generator().manual_seed(seed)
    sizes = [golden.HEADS, golden.GROUPS, golden.GROUPS, golden.HEADS]
    return [torch.randn(1, heads, tokens, golden.HEAD, generator=draw, dtype=torch.float64) for heads in sizes]


def empty(features) -> Memory:
    return Memory.empty(1, golden.GROUPS, features.width(golden.HEAD), golden.HEAD, torch.float64)


GATE = torch.tensor(golden.GATES, dtype=torch.float64)


@pytest.mark.parametrize(("features", "rule"), CASES)
def test_gradients_are_those_of_finite_differences(features, rule):
    given = golden.inputs().all()
    for part in given:
        part.requires_grad_()

    def attended(*moved):
        return golden.run(golden.Inputs(*moved), features, rule)[0]

    assert torch.autograd.gradcheck(attended, given, eps=1e-6, atol=1e-6, fast_mode=True)


@pytest.mark.parametrize(("features", "rule"), CASES)
def test_a_segment_in_several_calls_is_the_segment(features, rule):
    first, second = parts(5, 1), parts(7, 2)
    _, read = segment(*first, GATE, empty(features), empty(features), features, rule)
    whole, after = segment(*second, GATE, read, read, features, rule)
    write, rows = read, []
    for start, end in [(0, 2), (2, 3), (3, 7)]:
        row, write = segment(*(part[:, :, start:end] for part in second), GATE, read, write, features, rule)
        rows.append(row)
    torch.testing.assert_close(torch.cat(rows, 2), whole)
    torch.testing.assert_close(write.matrix, after.matrix)
    torch.testing.assert_close(write.norm, after.norm)
    # The control: a call that reads what its own segment has written is another function.
    _, half = segment(*(part[:, :, :3] for part in second), GATE, read, read, features, rule)
    wrong, _ = segment(*(part[:, :, 3:] for part in second), GATE, half, half, features, rule)
    assert (wrong - whole[:, :, 3:]).abs().max() > 1e-2


@pytest.mark.parametrize("features", golden.FEATURES.values())
def test_all_segments_at_once_are_the_segments_one_by_one(features):
    documents = [parts(6, seed) for seed in range(4)]
    start = Memory(
        *(part.abs() for part in (torch.randn_like(empty(features).matrix), torch.randn_like(empty(features).norm)))
    )
    news = [written("linear", features(key), value, start) for _, key, value, _ in documents]
    every = prefixes(
        Memory(torch.stack([one.matrix for one in news], 1), torch.stack([one.norm for one in news], 1)), start
    )
    memory = start
    for at, (query, key, value, local) in enumerate(documents):
        torch.testing.assert_close(every.matrix[:, at], memory.matrix)
        torch.testing.assert_close(every.norm[:, at], memory.norm)
        _, memory = segment(query, key, value, local, GATE, memory, memory, features, "linear")
    torch.testing.assert_close(every.matrix[:, -1], memory.matrix)


@pytest.mark.parametrize(("features", "rule"), CASES)
def test_an_empty_memory_answers_nothing(features, rule):
    query, key, value, local = parts(5, 3)
    attended, after = segment(
        query, key, value, local, torch.full_like(GATE, 50), empty(features), empty(features), features, rule
    )
    assert attended.abs().max() < 1e-12
    # Delta writes what is missing: a token that is written again changes nothing.
    one = features(key[:, :, :1]), value[:, :, :1]
    once = written(rule, *one, empty(features))
    if rule == "delta":
        assert written(rule, *one, once).matrix.abs().max() < 1e-4 * once.matrix.abs().max()
        torch.testing.assert_close(retrieve(one[0], once), one[1], rtol=1e-4, atol=1e-4)
    assert after.norm.min() >= 0


def test_what_the_kernels_are_held_to_is_what_the_block_says():
    stored = json.loads(golden.FILE.read_text())
    for name, cases in golden.golden().items():
        for said, now in zip(stored[name], cases, strict=True):
            assert said["rule"] == now["rule"]
            torch.testing.assert_close(torch.tensor(said["attended"]), torch.tensor(now["attended"]))
            assert said["slopes"] == pytest.approx(now["slopes"], rel=1e-8)
