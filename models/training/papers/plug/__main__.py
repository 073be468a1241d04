"""python -m models.training.papers.plug --pack DIR --minutes 10 --out DIR: memories in the blocks of the frozen base.

Self-distillation, after artificial hippocampus networks (arXiv 2510.07318): the teacher is the base with full attention
over a document, the student the base with a window of one segment and memories in some blocks. Trained are the
memories' parameters alone, by the divergence of the student's next-token distribution from the teacher's, from the
second segment on. In three steps of four what is written of each segment is multiplied by a random gain
(`papers/passkey`).

Then, on packages that nothing was learned from: perplexity and divergence at several lengths, of the window alone, with
the memory, with another document's memory, and of full attention where the length is not above `--full`.
The pack is that of `models.training.research.sources`. The same command runs on a CPU, slowly.
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch.utils.checkpoint import checkpoint

from ...research.sample import Sources
from ...train import weights
from ...train.curve import draw as draw_curve
from ...train.descent import Descent
from ..block import Memory
from .model import Plugged, Shape, teacher

SAVE = 60  # seconds between two saves
GAIN = 20.0  # largest factor of what is written of a segment
ROWS = 2_048  # tokens whose distributions are held at a time


def document(sources: Sources, package: int, length: int, draw: np.random.Generator) -> np.ndarray | None:
    """`length` tokens of a package's files, each behind its header, in an order of chance; None if it has fewer."""
    parts, held = [], 0
    for file in draw.permutation(sources.files[package]):
        parts.append(sources.ids[sources.first[file] :][: sources.length[file]].astype(np.int64))
        held += len(parts[-1])
        if held >= length:
            return np.concatenate(parts)[:length]
    return None


def documents(sources: Sources, length: int, most: int) -> list[np.ndarray]:
    """Of the packages that nothing is learned from, one of each in turn, always the same ones."""
    draw = np.random.default_rng(length)
    large = [at for at in sources.of("valid") if sources.length[sources.files[at]].sum() >= length]
    turns = itertools.islice(itertools.cycle(large), most)
    return [found for at in turns if (found := document(sources, at, length, draw)) is not None]


class Draw:
    """Documents of training: a package's turns grow with the root of its size."""

    def __init__(self, sources: Sources, length: int, seed: list[int]) -> None:
        self.sources, self.length, self.rng = sources, length, np.random.default_rng(seed)
        size = {at: int(sources.length[sources.files[at]].sum()) for at in sources.of("train")}
        self.packages = [at for at, tokens in size.items() if tokens >= length]
        if not self.packages:
            raise SystemExit(f"No package of this pack has {length} tokens to train on: give a smaller --length.")
        weight = np.sqrt([size[at] for at in self.packages])
        self.weight = weight / weight.sum()

    def __call__(self, count: int) -> np.ndarray:
        chosen = self.rng.choice(self.packages, count, p=self.weight)
        found = [document(self.sources, int(at), self.length, self.rng) for at in chosen]
        return np.stack([one for one in found if one is not None])

    def gains(self, count: int, segments: int) -> np.ndarray | None:
        if self.rng.random() >= 0.75:
            return None
        bound = math.log(GAIN)
        return np.exp(self.rng.uniform(-bound, bound, (count, segments)))


def divergence(embedding: torch.Tensor, student: torch.Tensor, goal: torch.Tensor) -> torch.Tensor:
    """Mean KL(teacher || student) in nats of states [N, D], `ROWS` at a time; logits are made again for gradients."""

    def part(mine: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
        log_p = F.log_softmax(F.linear(other, embedding).float(), -1)
        log_q = F.log_softmax(F.linear(mine, embedding).float(), -1)
        return (log_p.exp() * (log_p - log_q)).sum()

    pairs = zip(student.split(ROWS), goal.split(ROWS), strict=True)
    total = [checkpoint(part, mine, other, use_reentrant=False) for mine, other in pairs]
    return torch.stack(total).sum() / len(student)


def losses(embedding: torch.Tensor, states: torch.Tensor, goals: torch.Tensor) -> float:
    """Sum of the next token's loss in nats: states [N, D], goals [N]."""
    parts = zip(states.split(ROWS), goals.split(ROWS), strict=True)
    return sum(F.cross_entropy(F.linear(part, embedding).float(), goal, reduction="sum").item() for part, goal in parts)


def fit(net: Plugged, sources: Sources, options: argparse.Namespace, device: str) -> list[list[float]]:
    """Trains until time or steps are spent; a run that was killed goes on at its step, rate and documents."""
    gates = [p for one in net.memories.values() for p in one.gate.parameters()]
    maps = [p for one in net.memories.values() for p in (one.query, one.key, one.shift)]
    groups = [{"params": maps, "top": options.rate}, {"params": gates, "top": options.gate_rate}]
    before = restore(net, options.out)
    curve: list[list[float]] = before["curve"] if before else []
    descent = Descent(groups, options.minutes, warm=0.05, weight_decay=0.0, spent=before["seconds"] if before else 0.0)
    if before:
        descent.adam.load_state_dict(before["adam"])
        print(f"goes on after {len(curve)} steps and {before['seconds']:.0f} s", flush=True)
    running, saved, skip = curve[-1][1] if curve else None, time.monotonic(), net.shape.segment
    while len(curve) < options.steps and descent.goes_on():
        draw = Draw(sources, options.length, [options.seed, len(curve)])
        ids = torch.from_numpy(draw(options.documents)).to(device)
        gains = draw.gains(len(ids), options.length // net.shape.segment)
        goal = teacher(net.base, net.config, ids)[:, skip:].flatten(0, 1)
        factors = None if gains is None else torch.from_numpy(gains).float().to(device)
        states, _ = net(ids, net.empty(len(ids)), factors)
        loss = divergence(net.base["embedding"], states[:, skip:].flatten(0, 1), goal)
        descent.step(loss)
        running = loss.item() if running is None else 0.95 * running + 0.05 * loss.item()
        curve.append([len(curve) + 1, round(running, 4)])
        if len(curve) % options.every == 1:
            rate = len(curve) * ids.numel() / descent.seconds()
            print(
                f"step {len(curve)} divergence {running:.4f} {rate:.0f} tokens/s {descent.seconds():.0f} s", flush=True
            )
        if time.monotonic() - saved > SAVE:
            save(net, descent, curve, options.out)
            saved = time.monotonic()
    save(net, descent, curve, options.out)
    return curve


def save(net: Plugged, descent: Descent, curve: list[list[float]], out: Path) -> None:
    """Written beside and renamed: a run that is killed loses a minute."""
    out.mkdir(parents=True, exist_ok=True)
    run = {"seconds": descent.seconds(), "curve": curve, "adam": descent.adam.state_dict()}
    torch.save({"shape": net.shape.saved(), "memories": net.memories.state_dict(), **run}, out / "plug.part")
    (out / "plug.part").replace(out / "plug.pt")


def restore(net: Plugged, out: Path) -> dict | None:
    """The memories of a run, and what it goes on from; None where nothing was saved."""
    if not (out / "plug.pt").exists():
        return None
    saved = torch.load(out / "plug.pt", weights_only=True)
    net.memories.load_state_dict(saved["memories"])
    return saved


@torch.inference_mode()
def evaluate(net: Plugged, sources: Sources, options: argparse.Namespace, device: str) -> list[dict]:
    """
    A row a length: perplexity beyond the first segment, the divergence from full attention, and what the memory and
    another document's memory add to the window's loss, document by document in nats.
    """
    rows = []
    for length in options.lengths:
        texts = [torch.from_numpy(one)[None].to(device) for one in documents(sources, length, options.texts)]
        if len(texts) < 2:
            continue
        sums: dict[str, float] = {}
        counted = 0
        added: dict[str, list[float]] = {"memory": [], "foreign": []}
        foreign = streamed(net, texts[-1], net.empty(1))[1]
        for text in texts:
            skip = net.shape.segment
            goals = text[0, skip + 1 :]
            counted += len(goals)
            whole = teacher(net.base, net.config, text)[0, skip:-1] if length <= options.full else None
            own, after = streamed(net, text, net.empty(1))
            read = {
                "window": streamed(net, text, net.empty(1), is_open=False)[0],
                "memory": own,
                "foreign": streamed(net, text, foreign)[0],
            }
            loss: dict[str, float] = {}
            for name, states in read.items():
                mine = states[0, skip:-1]
                loss[name] = losses(net.base["embedding"], mine, goals)
                sums[name] = sums.get(name, 0.0) + loss[name]
                if whole is not None:
                    apart = divergence(net.base["embedding"], mine, whole).item() * len(goals)
                    sums[f"{name} divergence"] = sums.get(f"{name} divergence", 0.0) + apart
            if whole is not None:
                sums["full"] = sums.get("full", 0.0) + losses(net.base["embedding"], whole, goals)
            for name, gains in added.items():
                gains.append(round((loss[name] - loss["window"]) / len(goals), 4))
            foreign = after
        means = {name: total / counted for name, total in sums.items()}
        row = {"tokens": length, "documents": len(texts), "added to the window's loss": added} | {
            name: round(value if "divergence" in name else math.exp(value), 4) for name, value in means.items()
        }
        print(json.dumps(row), flush=True)
        rows.append(row)
    return rows


def streamed(
    net: Plugged, text: torch.Tensor, memory: dict[str, Memory], is_open: bool = True
) -> tuple[torch.Tensor, dict[str, Memory]]:
    """States [1, L, D] of a document, 16 segments a call: its memory is all that goes from call to call."""
    parts = []
    for ids in text.split(16 * net.shape.segment, 1):
        states, after = net(ids, memory, is_open=is_open)
        memory = after or memory
        parts.append(states)
    return torch.cat(parts, 1), memory


def main(given: list[str] | None = None) -> None:
    options = arguments(given)
    torch.manual_seed(options.seed)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    torch.backends.cuda.enable_cudnn_sdp(False)
    sources = Sources(options.pack / "sources.npz")
    config, base = weights.load_parts(options.pack, device, torch.bfloat16 if options.bfloat16 else None)
    config = config | {"layers": 1 + max(int(name.split(".")[1]) for name in base if name.startswith("layers."))}
    step = config["layers"] // (options.memories + 1)
    blocks = tuple(step * (at + 1) for at in range(options.memories))
    shape = Shape(blocks, options.segment, options.features)
    net = Plugged(base, config, shape).to(device)
    trained = sum(p.numel() for p in net.memories.parameters())
    print(f"blocks {blocks}: {trained:,} numbers are trained, {shape.numbers(config):,} make a memory", flush=True)
    before = evaluate(net, sources, options, device) if options.before else []
    curve = fit(net, sources, options, device)
    after = evaluate(net, sources, options, device)
    result = {"device": device, "shape": shape.saved(), "trained": trained, "numbers": shape.numbers(config)}
    result |= {"steps": len(curve), "length": options.length, "documents": options.documents, "seed": options.seed}
    (options.out / "result.json").write_text(json.dumps(result | {"before": before, "after": after}, indent=1) + "\n")
    (options.out / "curve.json").write_text(json.dumps(curve))
    draw_curve(curve, "Divergence from full attention, running mean", options.out / "curve.svg")


def arguments(given: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="models.training.papers.plug", description=__doc__)
    parser.add_argument("--pack", type=Path, required=True, help="made by models.training.research.sources")
    parser.add_argument("--out", type=Path, required=True, help="what lies there is gone on from")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--steps", type=int, default=10**9, help="at most")
    parser.add_argument("--memories", type=int, default=5, help="blocks with a memory, evenly spread")
    parser.add_argument("--features", choices=["elu1", "dpfp1", "dpfp3"], default="dpfp3")
    parser.add_argument("--segment", type=int, default=512, help="tokens of the window")
    parser.add_argument("--length", type=int, default=8_192, help="tokens of a document of training")
    parser.add_argument("--documents", type=int, default=4, help="of a step")
    parser.add_argument("--lengths", type=int, nargs="+", default=[4_096, 16_384, 65_536])
    parser.add_argument("--full", type=int, default=16_384, help="longest document that full attention reads")
    parser.add_argument("--texts", type=int, default=12, help="documents of a length")
    parser.add_argument("--before", action="store_true", help="evaluate before training, too")
    parser.add_argument(
        "--bfloat16", action="store_true", help="the base on a CPU, too: four times as fast where it has it"
    )
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--gate-rate", type=float, default=5e-3)
    parser.add_argument("--every", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args(given)


if __name__ == "__main__":
    main()
