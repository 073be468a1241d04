"""python -m models.training.train.contrast --pack DIR --minutes 8 --out DIR: low-rank additions and head together, end
to end.

Every step takes questions of a few packages and of many, runs the lower blocks over them, over the segments that answer
them and over others of the same packages, and pulls a question to its segments against all other segments of the step
(InfoNCE, arXiv 1807.03748, over memory tokens). A commit's question does not push away other segments of a file that it
changed. The length of the run is given in minutes, because that is what a lent machine has; the rate falls with the
time that is left. The same command runs on a CPU (slowly).
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from . import adapter, weights
from .curve import draw as draw_curve
from .descent import Descent
from .head import RecallHead
from .lora import Lora, lower_states, span_pools

ROUND = (
    32  # lengths are padded to a multiple of it: kernels are chosen, and memory is laid out, anew for every new shape
)
SAVE = 120  # seconds between two saves of what is learned so far
RESERVED, TOKEN_BYTES = (
    24 << 30,
    600_000,
)  # of the GPU's memory: for one batch that is not kept, and what eight blocks keep of a token
WARM = 0.04  # of the time, until the full rate

Encode = Callable[[np.ndarray, np.ndarray], tuple[torch.Tensor, torch.Tensor]]  # segments, questions -> keys of both


@dataclass(frozen=True)
class Texts:
    ids: np.ndarray
    first: np.ndarray
    length: np.ndarray

    @staticmethod
    def of(ids: np.ndarray, length: np.ndarray) -> Texts:
        return Texts(ids, np.concatenate([[0], np.cumsum(length)[:-1]]), length)


class Data:
    """A pack: segments, questions, and which segments answer each question."""

    def __init__(self, path: Path) -> None:
        file = np.load(path)
        self.segments = Texts.of(file["segment_ids"], file["segment_length"])
        self.questions = Texts.of(file["question_ids"], file["question_length"])
        self.package, self.path = file["segment_package"], file["segment_path"]
        self.form, self.forms = file["question_form"], [str(form) for form in file["forms"]]
        self.valid, self.segment_valid = file["question_valid"], file["segment_valid"]
        self.answers = np.split(file["answers"], np.cumsum(file["answer_count"])[:-1])
        self.asked_in = self.package[[answer[0] for answer in self.answers]]


class Net(torch.nn.Module):
    def __init__(self, base: dict, config: dict, head: RecallHead, layers: int, rank: int, budget: int) -> None:
        super().__init__()
        self.base, self.config, self.head, self.budget = base, config, head, budget
        self.lora = Lora(base, layers, rank)
        self.room = 0  # tokens of this step whose activations may still stay in memory

    def pools(self, texts: Texts, chosen: np.ndarray, half) -> torch.Tensor:
        """[texts, P, D] of the chosen texts, run in batches of like length."""
        order = np.argsort(texts.length[chosen], kind="stable")
        device = self.head.mean.device
        parts, at = [], 0
        while at < len(order):
            size = 1
            while at + size < len(order) and (size + 1) * texts.length[chosen[order[at + size]]] <= self.budget:
                size += 1
            rows = chosen[order[at : at + size]]
            longest = -(-int(texts.length[rows].max()) // ROUND) * ROUND
            padded = np.zeros((len(rows), longest), np.int64)
            for row, text in enumerate(rows):
                padded[row, : texts.length[text]] = texts.ids[
                    texts.first[text] : texts.first[text] + texts.length[text]
                ]
            states = lower_states(
                self.base, self.lora, self.config, torch.from_numpy(padded).to(device), keep=padded.size <= self.room
            )
            self.room -= padded.size
            length = torch.from_numpy(texts.length[rows].astype(np.int64)).to(device)
            parts.append(span_pools(states, length, half.query, self.head.mean, self.head.deviation, half.spans))
            at += size
        inverse = np.empty(len(order), np.int64)
        inverse[order] = np.arange(len(order))
        return torch.cat(parts)[torch.from_numpy(inverse).to(device)]


class Draw:
    def __init__(self, data: Data, of_one: int, seed: int) -> None:
        self.rng, self.data, self.of_one = np.random.default_rng(seed), data, of_one
        self.train = np.flatnonzero(~data.valid)
        self.by_package = {
            int(p): self.train[data.asked_in[self.train] == p] for p in np.unique(data.asked_in[self.train])
        }
        self.held = {int(p): np.flatnonzero(data.package == p) for p in self.by_package}
        self.large = [p for p, own in self.by_package.items() if len(own) >= 8]
        # A package's turns grow with the root of its questions: large ones would be all there is, small ones are soon
        # known by heart.
        weight = np.array([math.sqrt(len(self.by_package[p])) for p in self.large])
        self.weight = weight / weight.sum()

    def __call__(self, size: int, others: int) -> tuple[np.ndarray, np.ndarray]:
        """
        Questions, and the segments of the step: those that answer (three of each question at most), and others of the
        same packages.
        """
        packages = self.rng.choice(self.large, size=max(1, size * 3 // 4 // self.of_one), replace=False, p=self.weight)
        chosen = [
            self.rng.choice(own := self.by_package[int(p)], min(self.of_one, len(own)), replace=False) for p in packages
        ]
        questions = np.unique(np.concatenate(chosen))
        questions = np.unique(
            np.concatenate([questions, self.rng.choice(self.train, max(0, size - len(questions)), replace=False)])
        )
        own = [
            a if len(a) <= 3 else self.rng.choice(a, 3, replace=False)
            for a in (self.data.answers[q] for q in questions)
        ]
        near = np.concatenate([self.held[int(p)] for p in packages])
        near = self.rng.choice(near, min(others, len(near)), replace=False)
        return questions, np.unique(np.concatenate([*own, near]))


def step_loss(net: Net, data: Data, questions: np.ndarray, segments: np.ndarray, dropout: float) -> torch.Tensor:
    keys = net.head.keys(F.dropout(net.pools(data.segments, segments, net.head.segment), dropout))
    asks = net.head.asks(F.dropout(net.pools(data.questions, questions, net.head.question), dropout))
    scores = net.head.scores(asks.float(), keys.float())  # [Q, S]
    return share_loss(scores, data, questions, segments)


def share_loss(scores: torch.Tensor, data: Data, questions: np.ndarray, segments: np.ndarray) -> torch.Tensor:
    """Minus the log of the share that the segments that answer have in `scores` [Q, S], the mean over the questions."""
    right = np.zeros(scores.shape, bool)
    beside = np.zeros(scores.shape, bool)
    commit = data.forms.index("commit") if "commit" in data.forms else -1
    for row, question in enumerate(questions):
        right[row] = np.isin(segments, data.answers[question])
        if data.form[question] == commit:
            beside[row] = np.isin(data.path[segments], data.path[data.answers[question]]) & ~right[row]
    right_ = torch.from_numpy(right).to(scores.device)
    scores = scores.masked_fill(torch.from_numpy(beside).to(scores.device), -1e4)
    return (scores.logsumexp(-1) - scores.masked_fill(~right_, -1e4).logsumexp(-1)).mean()


def evaluate(net: Net, data: Data, most: int) -> dict[str, dict[str, float]]:
    """Held-out packages by the keys that `net` gives them."""

    def encode(segments: np.ndarray, questions: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
        keys = net.head.keys(net.pools(data.segments, segments, net.head.segment))
        return keys, net.head.asks(net.pools(data.questions, questions, net.head.question))

    return table_of(net.head, encode, data, most)


@torch.inference_mode()
def table_of(head: RecallHead, encode: Encode, data: Data, most: int) -> dict[str, dict[str, float]]:
    """
    Held-out packages, each its own pool of at most `most` segments, form by form; a commit is right with any segment of
    a changed file.
    """
    rows: dict[str, list[dict[str, float]]] = {}
    for package in np.unique(data.asked_in[data.valid]):
        segments = np.flatnonzero(data.package == package)[:most]
        here = set(segments.tolist())
        questions = np.array(
            [q for q in np.flatnonzero(data.valid & (data.asked_in == package)) if here.issuperset(data.answers[q])]
        )[:300]
        if len(questions) < 5:
            continue
        keys, asks = encode(segments, questions)
        scores = head.scores(asks.float(), keys.float()).cpu().numpy()
        for form in np.unique(data.form[questions]):
            ranks = []
            for row in np.flatnonzero(data.form[questions] == form):
                answer = data.answers[questions[row]]
                good = np.isin(segments, answer)
                if data.forms[form] == "commit":
                    good = np.isin(data.path[segments], data.path[answer])
                    best = {p: scores[row][data.path[segments] == p].max() for p in np.unique(data.path[segments])}
                    ranks.append(sum(value > scores[row][good].max() for value in best.values()))
                else:
                    ranks.append((scores[row] > scores[row][good].max()).sum())
            rank = np.array(ranks)
            if len(rank) >= 5:
                hits = {f"hit@{k}": float((rank < k).mean()) for k in (1, 5, 10)}
                rows.setdefault(data.forms[form], []).append(
                    hits | {"mrr": float((1 / (rank + 1)).mean()), "pool": float(len(segments))}
                )
    table = {
        form: {name: float(np.mean([row[name] for row in got])) for name in got[0]}
        for form, got in sorted(rows.items())
    }
    table["all"] = {name: float(np.mean([row[name] for row in table.values()])) for name in next(iter(table.values()))}
    for form, row in table.items():
        print(f"{form:8}", {name: round(value, 3) for name, value in row.items()}, flush=True)
    return table


def main(given: list[str] | None = None) -> None:
    options = arguments(given)
    if options.layer is None:
        options.layer = adapter.layers(options.start)
    torch.manual_seed(options.seed)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    torch.backends.cuda.enable_cudnn_sdp(False)  # it makes a plan for every new shape, and every step has new ones
    data = Data(options.pack / "data.npz")
    config, base = weights.load_parts(options.pack, device)
    head = adapter.load(options.start, config["hidden"]).to(device)
    net = Net(base, config, head, options.layer, options.rank, options.budget).to(device)
    print(
        f"{len(data.segments.length)} segments, {len(data.answers)} questions, "
        f"{sum(p.numel() for p in net.lora.parameters())} low-rank numbers",
        flush=True,
    )
    net.lora.take(adapter.low_rank(options.start))
    before = evaluate(net, data, options.pool)
    ran = fit(net, data, options)
    table = evaluate(net, data, options.pool)
    adapter.write(head, options.out, options.base_manifest, options.layer, int((~data.valid).sum()), table, net.lora)
    log(options, device, ran, before, table)


def kept_tokens() -> int:
    """How many tokens' activations fit on the GPU beside all else; none are kept on a CPU."""
    return int(max(0, torch.cuda.mem_get_info()[0] - RESERVED) // TOKEN_BYTES) if torch.cuda.is_available() else 0


@dataclass(frozen=True)
class Ran:
    steps: int
    tokens: int
    seconds: float
    loss: float


def log(options: argparse.Namespace, device: str, ran: Ran, before: dict, after: dict) -> None:
    """
    Appends the run's row to the log, whatever it is, and leaves it beside the adapter, for a machine whose files do not
    stay.
    """
    scores = " ".join(
        f"{form} {before[form]['mrr']:.3f} -> {row['mrr']:.3f}" for form, row in after.items() if form in before
    )
    settings = (
        f"rank {options.rank}, {options.questions} ({options.of_one} of one) + {options.others}, rate "
        f"{options.rate:g}, dropout {options.dropout}, seed {options.seed}"
    )
    row = (
        f"| {date.today().isoformat()} | {device} | {options.layer} | {settings} | {ran.steps} | "
        f"{ran.tokens / 1e6:.1f} |"
        f" {ran.seconds / 60:.1f} | {ran.loss:.3f} | {scores} |\n"
    )
    (options.out / "row.md").write_text(row)
    with options.log.open("a") as file:
        file.write(row)


def fit(net: Net, data: Data, options: argparse.Namespace) -> Ran:
    draw = Draw(data, options.of_one, options.seed)
    groups = [
        {"params": list(net.lora.parameters()), "top": options.rate},
        {
            "params": [
                net.head.segment.project.weight,
                net.head.question.project.weight,
                net.head.segment.query,
                net.head.question.query,
            ],
            "top": options.head_rate,
        },
        {"params": [net.head.log_tau], "top": options.head_rate},
    ]
    room = kept_tokens()
    descent = Descent(groups, options.minutes, WARM, options.weight_decay)
    step, running, tokens = 0, 0.0, 0
    curve: list[list[float]] = []
    saved = time.time()
    while step < options.steps and descent.goes_on():
        questions, segments = draw(options.questions, options.others)
        net.room = room
        try:
            loss = step_loss(net, data, questions, segments, options.dropout)
            descent.step(loss)
        except torch.OutOfMemoryError:
            if room <= 0:
                raise
            room, loss = room * 2 // 3, None
            torch.cuda.empty_cache()
            print(f"out of memory: activations of {room} tokens are kept from here on", flush=True)
            continue
        running = 0.9 * running + 0.1 * loss.item() if step else loss.item()
        tokens += int(data.segments.length[segments].sum() + data.questions.length[questions].sum())
        step += 1
        curve.append([step, round(running, 4)])
        if time.time() - saved > SAVE:
            saved = time.time()
            adapter.write(net.head, options.out / "last", options.base_manifest, options.layer, 0, {}, net.lora)
        if step % options.every == 1:
            print(
                f"step {step} loss {running:.3f} tau {net.head.log_tau.exp().item():.1f} {len(segments)} segments "
                f"{tokens / descent.seconds():.0f} tokens/s {descent.seconds():.0f} s",
                flush=True,
            )
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "curve.json").write_text(json.dumps(curve))
    draw_curve(curve, "Loss of a step, running mean", options.out / "curve.svg")
    print(f"{step} steps, {tokens} tokens, {descent.seconds():.0f} s", flush=True)
    return Ran(step, tokens, descent.seconds(), running)


def arguments(given: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="models.training.train.contrast", description=__doc__)
    parser.add_argument("--pack", type=Path, required=True, help="made by models.training.train.pack")
    parser.add_argument(
        "--start", type=Path, default=Path("models/adapter"), help="the adapter that training goes on from"
    )
    parser.add_argument("--base-manifest", type=Path, default=Path("models/base"))
    parser.add_argument("--out", type=Path, default=Path("models/candidate"))
    parser.add_argument("--log", type=Path, default=adapter.LOG)
    parser.add_argument("--layer", type=int, help="blocks of the encoder, those of --start where it is left out")
    parser.add_argument("--rank", type=int, default=16)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--steps", type=int, default=10**9, help="at most")
    parser.add_argument("--questions", type=int, default=512, help="in a step")
    parser.add_argument(
        "--of-one", type=int, default=32, help="of them of one package: as many are told apart within a repository"
    )
    parser.add_argument(
        "--others", type=int, default=512, help="segments of the same packages in a step, beside those that answer"
    )
    parser.add_argument("--budget", type=int, default=65_536, help="tokens that run at once")
    parser.add_argument("--rate", type=float, default=4e-4)
    parser.add_argument("--head-rate", type=float, default=4e-4)
    parser.add_argument("--dropout", type=float, default=0.1)
    parser.add_argument("--weight-decay", type=float, default=0.01)
    parser.add_argument("--pool", type=int, default=3_000, help="segments of a held-out package, at most")
    parser.add_argument("--every", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args(given)


if __name__ == "__main__":
    main()
