"""python -m models.training.train.fit_head --corpus DIR: trains the recall head on the states that are there and writes
an adapter.

statistics -> projections in closed form -> which tokens count, by gradient descent over tokens -> projections in closed
form over the pools that this gives -> projections by gradient descent over pools, with many segments to tell apart ->
table -> adapter
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from . import adapter, material, pool, start, states
from .head import Half, RecallHead

WARM = 30  # steps until the full rate
SAME = 0.5  # share of a batch that is drawn package by package: a repository is full of near neighbours
OF_ONE = 32  # questions of one package in a batch, at most


@dataclass(frozen=True)
class Split:
    """
    Training's view of the material: questions as rows, with the columns (positions in `segments`) that answer each.
    """

    segments: np.ndarray  # segment ids
    questions: np.ndarray  # question numbers
    answers: list[list[int]]
    package: np.ndarray  # of each segment, as a number

    @property
    def asked_in(self) -> np.ndarray:
        return self.package[[answer[0] for answer in self.answers]]


def main(given: list[str] | None = None) -> None:
    options = arguments(given)
    torch.manual_seed(options.seed)
    found = material.read(options.corpus, options.base)
    cache = states.opened(material.folder(options.corpus, found.ids, options.layer), found.ids)
    train = split_of(found, cache, "train", options.forms, options.limit)
    print(f"{len(train.segments)} segments, {len(train.questions)} questions", flush=True)
    head = RecallHead(cache.rows.shape[1], options.spans, options.key_size)
    measure_statistics(head, cache, found, train, options.seed)
    began = time.time()
    for round_ in range(options.rounds + 1):
        segments, questions = pools(head, cache, found, train)
        begin(head, segments, questions, train)
        if round_ < options.rounds:
            fit_tokens(head, cache, found, train, options, round_)
    fit_pools(head, segments, questions, train, options)
    print(f"trained in {time.time() - began:.0f} s", flush=True)
    valid = split_of(found, cache, "valid")
    table = pool.evaluate(head, *pools(head, cache, found, valid), found, valid)
    adapter.write(head, options.out, options.base, options.layer, len(train.questions), table)
    adapter.log(options, table, len(train.segments), len(train.questions))


def arguments(given: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="models.training.train.fit_head", description=__doc__)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--base", type=Path, default=Path("models/base"))
    parser.add_argument("--out", type=Path, default=Path("models/candidate"))
    parser.add_argument("--log", type=Path, default=adapter.LOG)
    parser.add_argument("--layer", type=int, default=4, help="blocks of the encoder")
    parser.add_argument("--spans", type=int, default=8, help="memory tokens a segment, P")
    parser.add_argument("--key-size", type=int, default=256)
    parser.add_argument(
        "--rounds",
        type=int,
        default=1,
        help="of learning the token weights, the projections in closed form between them",
    )
    parser.add_argument("--token-steps", type=int, default=300, help="in each round")
    parser.add_argument("--token-batch", type=int, default=96)
    parser.add_argument("--token-rate", type=float, default=1.2e-3)
    parser.add_argument("--epochs", type=float, default=2, help="passes over the questions, on pools")
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--against", type=int, default=2048, help="segments that a batch's questions choose from")
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--dropout", type=float, default=0.1)
    parser.add_argument("--weight-decay", type=float, default=0.05)
    parser.add_argument("--forms", nargs="*", help="only these kinds of questions")
    parser.add_argument("--limit", type=int, help="only so many segments")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args(given)


def split_of(
    found: material.Material, cache: states.Cache, split: str, forms: list[str] | None = None, limit: int | None = None
) -> Split:
    have, asked = found.ready(cache)
    segments = np.array([s["id"] for s in found.segments if s["split"] == split and have[s["id"]]][:limit])
    column = {int(segment): at for at, segment in enumerate(segments)}
    questions, answers = [], []
    for number, question in enumerate(found.questions):
        mine = question["split"] == split and asked[number] and all(s in column for s in question["segments"])
        if mine and (not forms or question["form"] in forms):
            questions.append(number)
            answers.append([column[s] for s in question["segments"]])
    names = [(found.segments[s]["language"], found.segments[s]["package"]) for s in segments]
    number = {name: at for at, name in enumerate(dict.fromkeys(names))}
    return Split(segments, np.array(questions), answers, np.array([number[name] for name in names]))


def rows(cache: states.Cache, texts: np.ndarray) -> tuple[torch.Tensor, list[int]]:
    """States of some texts, one after the other, without their first tokens: attention sinks with a massive norm."""
    found = [cache.of(int(text))[1:] for text in texts]
    return torch.from_numpy(np.concatenate(found).astype(np.float32)), [len(row) for row in found]


def measure_statistics(head: RecallHead, cache, found, train: Split, seed: int) -> None:
    rng = np.random.default_rng(seed)
    texts = np.concatenate(
        [
            rng.choice(found.segment_at[train.segments], min(1_200, len(train.segments)), replace=False),
            rng.choice(found.question_at[train.questions], min(2_400, len(train.questions)), replace=False),
        ]
    )
    sample, _ = rows(cache, texts)
    sample *= torch.rsqrt(sample.pow(2).mean(-1, keepdim=True) + 1e-6)
    head.mean.copy_(sample.mean(0))
    head.deviation.copy_(sample.std(0) + 1e-6)


@torch.inference_mode()
def pooled(head: RecallHead, half: Half, cache, texts: np.ndarray, run: int = 64) -> torch.Tensor:
    """[texts, P, D]"""
    parts = [head.pool(half, *rows(cache, texts[at : at + run])) for at in range(0, len(texts), run)]
    return torch.cat(parts)


def pools(head: RecallHead, cache, found, train: Split) -> tuple[torch.Tensor, torch.Tensor]:
    segments = pooled(head, head.segment, cache, found.segment_at[train.segments])
    return segments, pooled(head, head.question, cache, found.question_at[train.questions], 512)


@torch.no_grad()
def begin(head: RecallHead, segments: torch.Tensor, questions: torch.Tensor, train: Split) -> None:
    partners = segments[[answer[0] for answer in train.answers]].mean(1)
    asked, meant = start.projections(
        questions[:, 0], partners, segments.flatten(0, 1), head.segment.project.out_features
    )
    head.question.project.weight.copy_(asked)
    head.segment.project.weight.copy_(meant)


class Drawn:
    """Batches of questions: half package by package, half from everywhere."""

    def __init__(self, train: Split, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.train, of = train, train.asked_in
        self.by_package = [own for p in np.unique(of) if len(own := np.flatnonzero(of == p)) >= 8]

    def __call__(self, size: int) -> np.ndarray:
        chosen: list[int] = []
        while len(chosen) < SAME * size:
            own = self.by_package[self.rng.integers(len(self.by_package))]
            chosen.extend(self.rng.choice(own, min(OF_ONE, len(own), size - len(chosen)), replace=False))
        return np.array([*chosen, *self.rng.choice(len(self.train.questions), size - len(chosen), replace=False)])

    def columns(self, batch: np.ndarray, count: int) -> np.ndarray:
        """The segments that answer a batch, and others up to `count`: first of the same packages, then any."""
        own = np.unique([s for q in batch for s in self.train.answers[q]])
        near = np.setdiff1d(np.flatnonzero(np.isin(self.train.package, self.train.package[own])), own)
        near = self.rng.permutation(near)[: max(0, (count - len(own)) // 2)]
        rest = np.setdiff1d(np.arange(len(self.train.segments)), np.concatenate([own, near]))
        return np.concatenate([own, near, self.rng.permutation(rest)[: max(0, count - len(own) - len(near))]])


def loss_of(
    head: RecallHead, scores: torch.Tensor, batch: np.ndarray, columns: np.ndarray, train: Split
) -> torch.Tensor:
    """How little of the read's weight the segments that answer have: minus the log of their share."""
    at = {int(column): index for index, column in enumerate(columns)}
    right = torch.zeros(scores.shape, dtype=torch.bool)
    for row, question in enumerate(batch):
        right[row, [at[s] for s in train.answers[question]]] = True
    return (scores.logsumexp(-1) - scores.masked_fill(~right, -1e4).logsumexp(-1)).mean()


def optimiser(parameters: list[torch.nn.Parameter], rate: float, decay: float, steps: int):
    adam = torch.optim.AdamW(parameters, lr=rate, weight_decay=decay)
    rise_and_fall = lambda step: min(1.0, (step + 1) / WARM) * max(0.0, 1 - step / steps)
    return adam, torch.optim.lr_scheduler.LambdaLR(adam, rise_and_fall)


def fit_tokens(head: RecallHead, cache, found, train: Split, options: argparse.Namespace, round_: int) -> None:
    """
    Learns the queries: which tokens of a segment and of a question count. The other segments of the batch are what to
    tell apart. The projections move along and are thrown away after it; held, they made the queries learn worse.
    """
    draw = Drawn(train, options.seed + 10 * round_)
    adam, schedule = optimiser(list(head.parameters()), options.token_rate, 0.0, options.token_steps)
    began, running = time.time(), 0.0
    for step in range(options.token_steps):
        batch = draw(options.token_batch)
        columns = draw.columns(batch, 0)
        segments = head.pool(head.segment, *rows(cache, found.segment_at[train.segments[columns]]))
        questions = head.pool(head.question, *rows(cache, found.question_at[train.questions[batch]]))
        keys = head.keys(F.dropout(segments, options.dropout))
        scores = head.scores(head.asks(F.dropout(questions, options.dropout)), keys)
        running = descend(head, adam, schedule, loss_of(head, scores, batch, columns, train), running)
        if step % 50 == 0:
            print(
                f"tokens: step {step} loss {running:.3f} tau {head.log_tau.exp().item():.1f} "
                f"{time.time() - began:.0f} s",
                flush=True,
            )


def fit_pools(
    head: RecallHead, segments: torch.Tensor, questions: torch.Tensor, train: Split, options: argparse.Namespace
) -> None:
    """Learns the projections, the queries held: every segment is P vectors now, so many can be told apart at once."""
    draw = Drawn(train, options.seed + 1)
    steps = max(1, int(options.epochs * len(train.questions) / options.batch))
    learned = [head.segment.project.weight, head.question.project.weight, head.log_tau]
    adam, schedule = optimiser(learned, options.rate, options.weight_decay, steps)
    began, running = time.time(), 0.0
    for step in range(steps):
        batch = draw(options.batch)
        columns = draw.columns(batch, options.against)
        kept = (
            torch.rand(len(columns), 1, segments.shape[2]) >= options.dropout
        )  # a channel is dropped in all spans of a segment
        keys = head.keys(segments[columns] * kept / (1 - options.dropout))
        scores = head.scores(head.asks(F.dropout(questions[batch], options.dropout)), keys)
        running = descend(head, adam, schedule, loss_of(head, scores, batch, columns, train), running)
        if step % 50 == 0:
            print(
                f"pools: step {step} of {steps} loss {running:.3f} tau {head.log_tau.exp().item():.1f} "
                f"{time.time() - began:.0f} s",
                flush=True,
            )


def descend(head: RecallHead, adam, schedule, loss: torch.Tensor, running: float) -> float:
    head.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_([p for group in adam.param_groups for p in group["params"]], 1.0)
    adam.step()
    schedule.step()
    return 0.95 * running + 0.05 * loss.item() if running else loss.item()


if __name__ == "__main__":
    main()
