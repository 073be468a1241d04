"""python -m models.training.train.distill --pack DIR --layer 4 --steps 600 --out DIR: an encoder of fewer blocks that
gives the keys of the shipped one (Hinton et al., arXiv 1503.02531).

The teacher's keys of segments and questions are known (train/teacher.py), so a text needs neither label nor negatives
to be learned from. First the head alone: which tokens count and where they point, in closed form, on states of the
student's blocks. Then blocks and head, end to end. Every step encodes some texts of a few
packages; among the teacher's keys of these packages the student's own take their places, and the shares that the
questions give to the segments are to be the teacher's.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from . import adapter, weights
from .contrast import Data, Net, evaluate, share_loss, table_of
from .fit_head import optimiser
from .head import RecallHead
from .student_head import distance, start
from .teacher import Teacher, opened

SAVE = 180  # seconds between two saves of what is learned so far
LARGEST = 256  # questions of a step that keep the teacher's keys
FEWEST = 4  # questions of a package


@dataclass(frozen=True)
class Step:
    """Texts of a step: those that are encoded come first."""

    segments: np.ndarray
    encoded_segments: int
    questions: np.ndarray
    encoded_questions: int


class Draw:
    """A step's texts, from its number alone: a run that was stopped goes on with the very steps that are left."""

    def __init__(self, data: Data, teacher: Teacher, options: argparse.Namespace) -> None:
        self.data, self.options = data, options
        segments = np.flatnonzero(teacher.segments.done & ~data.segment_valid)
        questions = np.flatnonzero(read_whole(data, teacher) & ~data.valid)
        self.segments = segments
        self.held = {int(p): segments[data.package[segments] == p] for p in np.unique(data.package[segments])}
        self.asked = {p: questions[data.asked_in[questions] == p] for p in self.held}
        self.packages = [p for p in self.held if len(self.asked[p]) >= FEWEST]
        weight = np.array([len(self.held[p]) ** 0.5 for p in self.packages])
        self.weight = weight / weight.sum()

    def __call__(self, step: int) -> Step:
        rng, options = np.random.default_rng([self.options.seed, step]), self.options
        count = min(options.packages, len(self.packages))
        packages = rng.choice(self.packages, count, replace=False, p=self.weight)
        held = rng.permutation(np.concatenate([self.held[int(p)] for p in packages]))
        asked = rng.permutation(np.concatenate([self.asked[int(p)] for p in packages]))
        others = np.setdiff1d(rng.choice(self.segments, min(options.bank, len(self.segments)), replace=False), held)
        return Step(
            np.concatenate([held, others]),
            min(options.segments, len(held)),
            asked[: options.questions + LARGEST],
            min(options.questions, len(asked)),
        )


def losses(net: Net, data: Data, teacher: Teacher, step: Step) -> tuple[torch.Tensor, ...]:
    """
    How far the encoded texts' keys are from the teacher's; how far the shares are, by Kullback-Leibler; and how little
    of the share the segments have that answer, as in train/contrast.py.
    """
    segments, questions = step.segments[: step.encoded_segments], step.questions[: step.encoded_questions]
    known_keys = torch.from_numpy(teacher.segments.keys[step.segments].astype(np.float32))
    known_asks = torch.from_numpy(teacher.questions.keys[step.questions, 0].astype(np.float32))
    keys = net.head.keys(net.pools(data.segments, segments, net.head.segment)).float()
    asks = net.head.asks(net.pools(data.questions, questions, net.head.question)).float()
    apart = distance(keys, known_keys[: len(keys)]) + distance(asks, known_asks[: len(asks)])
    target = teacher.head.scores(known_asks, known_keys).log_softmax(-1)
    mixed = torch.cat([keys, known_keys[len(keys) :]]), torch.cat([asks, known_asks[len(asks) :]])
    scores = net.head.scores(mixed[1], mixed[0])  # [Q, S]
    shares = F.kl_div(scores.log_softmax(-1), target.detach(), reduction="none", log_target=True).sum(-1)
    return apart, shares.mean(), share_loss(scores[: len(asks)], data, questions, step.segments)


def fit(net: Net, data: Data, teacher: Teacher, options: argparse.Namespace) -> tuple[int, float]:
    """-> tokens, seconds; goes on from where it was stopped."""
    draw = Draw(data, teacher, options)
    head = [net.head.segment.query, net.head.segment.project.weight]
    head += [net.head.question.query, net.head.question.project.weight]
    adam, schedule = optimiser([*net.lora.parameters(), *head], options.rate, 0.0, max(1, options.steps))
    last = options.out / "last.pt"
    first, seen, spent, running = 0, 0, 0.0, np.zeros(3)
    if last.exists():
        kept = torch.load(last, weights_only=False)
        net.lora.load_state_dict(kept["lora"])
        net.head.load_state_dict(kept["head"])
        adam.load_state_dict(kept["adam"])
        schedule.load_state_dict(kept["schedule"])
        first, seen, spent, running = kept["step"], kept["tokens"], kept["seconds"], kept["running"]
        print(f"goes on from step {first}", flush=True)
    began, saved = time.time() - spent, time.time()
    for number in range(first, options.steps):
        step = draw(number)
        net.room = 10**9
        parts = losses(net, data, teacher, step)
        loss = options.apart * parts[0] + parts[1] + options.labels * parts[2]
        adam.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_([p for group in adam.param_groups for p in group["params"]], 1.0)
        adam.step()
        schedule.step()
        now = np.array([part.item() for part in parts])
        running = 0.95 * running + 0.05 * now if running.any() else now
        seen += int(data.segments.length[step.segments[: step.encoded_segments]].sum())
        seen += int(data.questions.length[step.questions[: step.encoded_questions]].sum())
        if (number + 1) % options.every == 0:
            print(
                f"step {number + 1} of {options.steps}: apart {running[0]:.3f} shares {running[1]:.3f} labels "
                f"{running[2]:.3f}, {seen} tokens, {time.time() - began:.0f} s",
                flush=True,
            )
        if time.time() - saved > SAVE or number + 1 == options.steps:
            saved = time.time()
            state = {"lora": net.lora.state_dict(), "head": net.head.state_dict(), "adam": adam.state_dict()}
            state |= {"schedule": schedule.state_dict(), "step": number + 1, "tokens": seen}
            torch.save(state | {"seconds": time.time() - began, "running": running}, last.with_suffix(".half"))
            last.with_suffix(".half").replace(last)
    return seen, time.time() - began


def main(given: list[str] | None = None) -> None:
    options = arguments(given)
    torch.manual_seed(options.seed)
    data = Data(options.pack / "data.npz")
    teacher = opened(options.pack, options.teacher, data)
    config, base = weights.load_parts(options.pack, "cpu", torch.bfloat16)
    ready = read_whole(data, teacher)
    if not (ready & ~data.valid).any() or not (ready & data.valid).any():
        raise SystemExit("The teacher has read no package yet: run models.training.train.teacher with this pack first.")
    options.out.mkdir(parents=True, exist_ok=True)
    goes_on = (options.out / "last.pt").exists()
    known = teacher.head if options.start is None else adapter.load(options.start, config["hidden"])
    head = RecallHead(config["hidden"], known.segment.spans, known.segment.project.out_features)
    net = Net(base, config, head, options.layer, options.rank, options.budget)
    net.lora.take(adapter.low_rank(options.start or options.teacher))
    if options.start is not None:
        head.load_state_dict(known.state_dict())
    elif not goes_on:
        start(net, data, teacher, options)
        adapter.write(head, options.out / "head", options.base_manifest, options.layer, 0, {}, net.lora)
    tokens_, seconds = fit(net, data, teacher, options)
    data.valid &= read_whole(data, teacher)
    print("the student", flush=True)
    table = evaluate(net, data, options.pool)
    adapter.write(head, options.out, options.base_manifest, options.layer, int((~data.valid).sum()), table, net.lora)

    def known_keys(segments: np.ndarray, questions: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
        keys = torch.from_numpy(teacher.segments.keys[segments])
        return keys, torch.from_numpy(teacher.questions.keys[questions, 0])

    print("the teacher", flush=True)
    log(options, tokens_, seconds, table_of(teacher.head, known_keys, data, options.pool), table)


def read_whole(data: Data, teacher: Teacher) -> np.ndarray:
    """Which questions are of packages that the teacher has read whole: the others are neither learned nor scored."""
    unread = np.concatenate([data.package[~teacher.segments.done], data.asked_in[~teacher.questions.done]])
    return ~np.isin(data.asked_in, unread)


def log(options: argparse.Namespace, tokens_: int, seconds: float, before: dict, after: dict) -> None:
    """Appends the run's row to the log, whatever it is, and leaves it beside the adapter."""
    scores = " ".join(f"{form} {before[form]['hit@5']:.3f} -> {row['hit@5']:.3f}" for form, row in after.items())
    settings = (
        f"rank {options.rank}, {options.segments} segments + {options.questions} questions, rate {options.rate:g}, "
        f"{options.apart:g} apart + {options.labels:g} labels, seed {options.seed}"
    )
    row = (
        f"| {date.today().isoformat()} | {options.layer} | {settings} | {options.steps} | {tokens_ / 1e6:.1f} | "
        f"{seconds / 60:.0f} | {scores} |\n"
    )
    (options.out / "row.md").write_text(row)
    with options.log.open("a") as file:
        file.write(row)


def arguments(given: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="models.training.train.distill", description=__doc__)
    parser.add_argument("--pack", type=Path, required=True, help="with keys made by models.training.train.teacher")
    parser.add_argument("--teacher", type=Path, default=Path("models/adapter"))
    parser.add_argument("--start", type=Path, help="a student to go on from; without it, the teacher's lower blocks")
    parser.add_argument("--base-manifest", type=Path, default=Path("models/base"))
    parser.add_argument("--out", type=Path, default=Path("models/candidate"), help="goes on with what is there")
    parser.add_argument("--log", type=Path, default=adapter.LOG)
    parser.add_argument("--layer", type=int, default=4)
    parser.add_argument("--rank", type=int, default=32)
    parser.add_argument(
        "--sample", type=int, default=800, help="segments that the head begins with; questions, 4 times"
    )
    parser.add_argument("--steps", type=int, default=600)
    parser.add_argument("--packages", type=int, default=4, help="in a step")
    parser.add_argument("--segments", type=int, default=16, help="of them encoded in a step")
    parser.add_argument("--questions", type=int, default=48, help="of them encoded in a step")
    parser.add_argument("--bank", type=int, default=768, help="teacher's segments of other packages in a step")
    parser.add_argument("--apart", type=float, default=4.0, help="weight of the keys' distance")
    parser.add_argument("--labels", type=float, default=0.25, help="weight of what is known to answer")
    parser.add_argument("--rate", type=float, default=4e-4)
    parser.add_argument("--budget", type=int, default=1_024, help="tokens that run at once")
    parser.add_argument("--pool", type=int, default=300, help="segments of a held-out package, at most")
    parser.add_argument("--every", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args(given)


if __name__ == "__main__":
    main()
