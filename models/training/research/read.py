"""python -m models.training.research.read --pack DIR --features elu1,dpfp3,topk,softmax,topk+delta --out DIR: a memory
that blocks read, by φ.

For each φ, in two parts. Addresses: a token's query is pulled to keys whose token comes next (addresses.py). Values and
gates, with the addresses held: the loss of the next token of a file, while 1,000 to 100,000 tokens of the rest of its
repository are in memory, one time in five of another repository. An empty memory adds nothing, to the bit, so it is not
trained on. Then the perplexity of files of packages and repositories that nothing was learned from, with the memory
over without, at 10K, 100K and 1M tokens. The same command runs on a CPU, with smaller numbers.
"""

from __future__ import annotations

import argparse
import json
import math
from pathlib import Path

import numpy as np
import torch

from ..train import weights
from ..train.curve import draw as draw_curve
from ..train.decoder import block, rope
from ..train.descent import Descent
from .addresses import Addresses, follows
from .block_read import BlockRead, Tuned
from .reader import LAYER, Reader, counted, following, nll
from .report import evaluate, told
from .sample import HEADER, Sources

WARM = 0.05  # of the time, until the full rate
FOREIGN = 0.2  # of the steps of values have another repository in memory


class Draw:
    def __init__(self, sources: Sources, seed: int, windows: int, tokens: int, most: int) -> None:
        self.rng, self.sources, self.windows, self.tokens, self.most = (
            np.random.default_rng(seed),
            sources,
            windows,
            tokens,
            most,
        )
        self.packages = sources.of("train")
        size = np.array([math.sqrt(sources.length[sources.files[p]].sum()) for p in self.packages])
        self.weight = size / size.sum()

    def __call__(self, budget: int | None = None) -> tuple[list[tuple[np.ndarray, int]], list[np.ndarray]]:
        """Windows of files of a package, and segments of its other files, or, at times, of another package."""
        package, other = self.rng.choice(self.packages, 2, replace=False, p=self.weight)
        files = self.rng.permutation(self.sources.files[package])
        long = [f for f in files if self.sources.length[f] > 128]
        asked = long[: min(self.windows, max(1, len(long) // 2))]
        rows = [self.sources.window(int(f), self.tokens, self.rng.random()) for f in asked]
        rest = files[~np.isin(files, asked)]
        if budget is None and self.rng.random() < FOREIGN:
            rest = self.rng.permutation(self.sources.files[other])
        size = budget or int(math.exp(self.rng.uniform(math.log(1_000), math.log(max(2_000, self.most)))))
        return rows, self.sources.segments(rest, size)


def fit_addresses(
    reader: Reader, addresses: Addresses, options: argparse.Namespace, minutes: float
) -> list[list[float]]:
    draw = Draw(reader.sources, options.seed, options.windows, options.tokens, options.most)
    descent = Descent(
        [{"params": list(addresses.parameters()), "top": options.address_rate}], minutes, WARM, weight_decay=0.01
    )
    running, curve = 0.0, []
    while descent.goes_on():
        rows, segments = draw(options.pool)
        if not segments:
            continue
        texts, memory = reader.texts(rows, options.tokens + HEADER), reader.written(segments)
        if not curve:
            addresses.measure(memory.states)
        where = counted(texts)
        goal = following(texts)
        pick = torch.randperm(len(goal), device=goal.device)[: options.queries]
        same = goal[pick][:, None] == memory.ids[None]
        loss = follows(
            addresses, addresses.queries(texts.states[where][pick]), addresses.keys(memory.before), same
        ).mean()
        descent.step(loss)
        running = 0.95 * running + 0.05 * loss.item() if curve else loss.item()
        curve.append([len(curve) + 1, round(running, 4)])
    print(
        f"  addresses: {len(curve)} steps, loss {curve[0][1]:.3f} -> {running:.3f}, tau "
        f"{addresses.tau().mean().item():.1f}",
        flush=True,
    )
    return curve


def fit_values(
    reader: Reader, read: BlockRead, options: argparse.Namespace, minutes: float, most: int, joint: bool
) -> list[list[float]]:
    """The curve is of the loss with the memory less that without."""
    draw = Draw(reader.sources, options.seed + 1, options.windows, options.tokens, most)
    gates = [*(p for gate in read.gate for p in gate.parameters()), read.by_mass]
    values = [read.value.weight, *(out.weight for out in read.out)]
    groups = [{"params": values, "top": options.value_rate}, {"params": gates, "top": 1e-2}]
    read.addresses.requires_grad_(joint)
    if joint:
        groups.append({"params": list(read.addresses.parameters()), "top": options.address_rate / 4})
    descent = Descent(groups, minutes, WARM, weight_decay=0.0)
    running, step, curve = 0.0, 0, []
    while descent.goes_on():
        rows, segments = draw()
        if not segments:
            continue
        texts = reader.texts(rows, options.tokens + HEADER)
        memory = reader.write(read, reader.written(segments))
        loss = nll(reader, texts, reader.hidden(texts, read, memory)).mean()
        descent.step(loss)
        step += 1
        if step % 4 != 1:
            continue
        with torch.no_grad():
            gain = loss.item() - nll(reader, texts, reader.hidden(texts)).mean().item()
        running = 0.9 * running + 0.1 * gain if curve else gain
        curve.append([step, round(running, 4)])
        if len(curve) % options.every == 1:
            print(
                f"  step {step} loss {loss.item():.3f}, {running:+.4f} against no memory, {memory.count} tokens in "
                f"memory",
                flush=True,
            )
    print(f"  values: {step} steps, {running:+.4f} nats a token", flush=True)
    return curve


def fit_tuned(reader: Reader, options: argparse.Namespace) -> None:
    """The loss of the next token without a memory."""
    reader.tuned = Tuned(options.blocks, reader.config["hidden"]).to(reader.device)
    kept = options.out / "tuned.pt"
    if kept.exists():
        reader.tuned.load_state_dict(torch.load(kept, map_location=reader.device))
        reader.tuned.requires_grad_(False)
        return
    draw = Draw(reader.sources, options.seed + 2, options.windows, options.tokens, options.most)
    descent = Descent(
        [{"params": list(reader.tuned.parameters()), "top": options.value_rate}],
        options.tuned_minutes,
        WARM,
        weight_decay=0.0,
    )
    step, running = 0, 0.0
    while descent.goes_on():
        rows, _ = draw(1)
        texts = reader.texts(rows, options.tokens + HEADER)
        loss = nll(reader, texts, reader.hidden(texts)).mean()
        descent.step(loss)
        running, step = 0.95 * running + 0.05 * loss.item() if step else loss.item(), step + 1
    reader.tuned.requires_grad_(False)
    torch.save(reader.tuned.state_dict(), kept)
    print(f"tuned without a memory: {step} steps, loss {running:.3f}", flush=True)


def begin(reader: Reader, addresses: Addresses, options: argparse.Namespace, delta: bool) -> BlockRead:
    """Values that are the tokens' embeddings, brought back at a share of each block's residual."""
    rows, _ = Draw(reader.sources, 1, 4, 256, 1_000)()
    x = reader.texts(rows, 256 + HEADER).states
    table, scale = rope(reader.config, torch.arange(x.shape[1], device=x.device)), []
    with torch.no_grad():
        for at in range(LAYER, reader.config["layers"]):
            if at in options.blocks:
                scale.append(0.5 * x[:, 2:].float().pow(2).mean(-1).sqrt().median().item())
            x = block(reader.base, at, x, table, reader.config)
    read = BlockRead(addresses, options.blocks, reader.config["hidden"], delta).to(reader.device)
    read.begin(reader.base["embedding"], scale)
    return read


def main() -> None:
    options = arguments()
    torch.manual_seed(options.seed)
    torch.backends.cuda.matmul.allow_tf32 = True
    torch.backends.cuda.enable_cudnn_sdp(False)  # it makes a plan for every new shape, and every step has new ones
    device = "cuda" if torch.cuda.is_available() else "cpu"
    config, base = weights.load_parts(options.pack, device)
    sources = Sources(options.pack / "sources.npz")
    reader = Reader(base, config, sources, device, options.batch)
    print(f"{len(sources.of('train'))} packages, {int(sources.length.sum())} tokens, {device}", flush=True)
    options.out.mkdir(parents=True, exist_ok=True)
    fit_tuned(reader, options)
    known: dict[str, Addresses] = {}
    reads: dict[str, BlockRead] = {}
    for name in options.features:
        wide, *more = name.split("+")
        kind, _, times = wide.partition("-x")
        print(name, flush=True)
        torch.manual_seed(options.seed)
        make = lambda: Addresses(kind, config["hidden"], options.heads, options.per_head * int(times or 1)).to(device)  # noqa: B023
        if wide not in known:
            known[wide] = make()
            kept = options.out / f"addresses-{wide}.pt"
            if kept.exists():  # learned by an earlier run
                known[wide].load_state_dict(torch.load(kept, map_location=device))
            else:
                curve = fit_addresses(reader, known[wide], options, options.address_minutes)
                draw_curve(curve, f"{wide}: loss of addresses, running mean", options.out / f"addresses-{wide}.svg")
                torch.save(known[wide].state_dict(), kept)
        joint, delta = "joint" in more, "delta" in more
        addresses = known[wide]
        if joint:
            addresses = make()
            addresses.load_state_dict(known[wide].state_dict())
        read = begin(reader, addresses, options, delta)
        curve = fit_values(
            reader, read, options, options.minutes, options.most if not delta else options.most // 4, joint
        )
        file = name.replace("+", "-")
        draw_curve(
            [[step, max(0.0, -gain)] for step, gain in curve],
            f"{name}: nats a token gained, running mean",
            options.out / f"values-{file}.svg",
        )
        reads[name] = read.eval()
        torch.save({k: v.half() for k, v in read.state_dict().items()}, options.out / f"read-{file}.pt")
    for split in options.splits:
        rows = evaluate(reader, reads, sources.of(split)[: options.evaluated], split, options)
        (options.out / f"{split}-{len(list(options.out.glob(f'{split}-*.json')))}.json").write_text(
            json.dumps(rows, indent=1)
        )
        for name, row in told(rows).items():
            print(f"{split} {name:14} {row}", flush=True)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="models.training.research.read", description=__doc__)
    parser.add_argument("--pack", type=Path, required=True, help="made by models.training.research.sources")
    parser.add_argument("--out", type=Path, default=Path("models/candidate"))
    parser.add_argument(
        "--features",
        type=lambda text: text.split(","),
        default=["elu1", "dpfp3", "topk", "softmax"],
        help="KIND[-xTIMES][+delta][+joint], TIMES as many features",
    )
    parser.add_argument(
        "--blocks",
        type=lambda text: [int(x) for x in text.split(",")],
        default=[9, 14, 19, 23],
        help="blocks that read",
    )
    parser.add_argument("--heads", type=int, default=4)
    parser.add_argument(
        "--per-head", type=int, default=960, help="features of a head, the same for every φ: equal bytes"
    )
    parser.add_argument("--minutes", type=float, default=2, help="values and gates of one φ")
    parser.add_argument("--address-minutes", type=float, default=1, help="addresses of one φ")
    parser.add_argument("--windows", type=int, default=24)
    parser.add_argument("--tokens", type=int, default=512, help="of a window")
    parser.add_argument("--most", type=int, default=100_000, help="tokens of the largest memory trained with")
    parser.add_argument("--largest", type=int, default=1_000_000, help="tokens of the largest memory reported on")
    parser.add_argument(
        "--tuned-minutes", type=float, default=1, help="the adapter without a memory that all are compared with"
    )
    parser.add_argument("--splits", type=lambda text: text.split(","), default=["valid", "report"])
    parser.add_argument(
        "--evidence",
        type=lambda text: text.split(","),
        default=[],
        help="φ whose addresses are read as distributions too",
    )
    parser.add_argument("--evaluated", type=int, default=10**9, help="packages of a split that are evaluated, at most")
    parser.add_argument("--report-windows", type=int, default=24)
    parser.add_argument("--pool", type=int, default=16_000, help="memory tokens of a step of addresses")
    parser.add_argument("--queries", type=int, default=4_000, help="queries of a step of addresses")
    parser.add_argument("--batch", type=int, default=128, help="segments that are read at a time")
    parser.add_argument("--address-rate", type=float, default=1e-3)
    parser.add_argument("--value-rate", type=float, default=1e-3)
    parser.add_argument("--every", type=int, default=25)
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    main()
