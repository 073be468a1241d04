"""python -m models.training.papers.passkey.train --seed 1: a model from scratch; may be killed and started again.

1. Documents of 1, 2, 4, 12, 40 segments, the first ones short. The next stage begins when 70 % of the answers from
   memory are exact, the last passes at 90 %. Earlier stages stay mixed in.
2. From the stage of 4 segments on, three steps in four multiply what is written of each segment by a gain
   (`draw_gains`).
3. After the last stage has passed, the rate falls to nothing over `--last` steps.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from ..block import Features
from .model import PasskeyModel, Shape
from .task import Batch, losses, make_batch

HOME = Path.home() / ".cache" / "ask-codebase" / "papers" / "passkey"
STAGES = [(1, 48), (1, 128), (2, 128), (4, 128), (12, 128), (40, 128)]  # segments, tokens of each
STEP_TOKENS = 8_192
PASS = 0.7  # keys across borders are learned last
LAST_PASS = 0.9  # the rate may fall only then: a seed that began to fall at 70 % never learned the cut keys
QUESTIONS = 4  # of a document, each from a memory of its own age
FARTHEST = 2_000  # times the longest document of training is the longest that gains stand for: 10 M tokens
LOCAL = 0.1  # share of questions whose key stands in their own segment


@dataclass
class Progress:
    step: int = 0
    stage: int = 0
    exact: float = 0.0  # running mean of the stage's own documents that have no gains
    reached: int = -1  # the step at which the last stage passed
    tokens: int = 0
    seconds: float = 0.0  # of the processor

    def note(self, share: float, tokens: int, counts: bool) -> None:
        """A step with this share of exact answers; `counts` if its documents are the stage's own, without gains."""
        self.step += 1
        self.tokens += tokens
        if counts:
            self.exact += (0.1 if STAGES[self.stage][0] >= 4 else 0.05) * (share - self.exact)
        is_last = self.stage == len(STAGES) - 1
        if self.exact <= (LAST_PASS if is_last else PASS) or self.reached >= 0:
            return
        if is_last:
            self.reached = self.step
        else:
            self.stage, self.exact = self.stage + 1, 0.0


@dataclass(frozen=True)
class Step:
    """What a step trains on; the same for the same seed and number of the step."""

    batch: Batch
    gains: torch.Tensor | None  # [B, S]
    stage: int

    @property
    def tokens(self) -> int:
        return self.batch.segments.numel() + self.batch.questions.numel()


def draw_step(seed: int, progress: Progress, gain: float) -> Step:
    draw = np.random.default_rng([seed, progress.step])
    stage = progress.stage if draw.random() < 0.7 else int(draw.integers(0, progress.stage + 1))
    segments, tokens = STAGES[stage]
    documents = max(2, round(STEP_TOKENS / (segments + QUESTIONS) / tokens))
    batch = make_batch(draw, documents, segments, tokens, QUESTIONS, LOCAL)
    if gain == 1 or segments < 4 or draw.random() >= 0.75:
        return Step(batch, None, stage)
    return Step(batch, torch.from_numpy(draw_gains(draw, batch.holds.numpy(), gain)).float(), stage)


def draw_gains(draw: np.random.Generator, holds: np.ndarray, gain: float) -> np.ndarray:
    """
    Factors of what segments write [B, S]. In one document of two they are log-uniform in 1 / gain … gain. In the others
    the filler has 1 and the key's segments one factor, log-uniform in 1 / FARTHEST … 1: so little of a longer document.
    """
    documents, segments = holds.shape
    bound = math.log(gain)
    spread = np.exp(draw.uniform(-bound, bound, (documents, segments)))
    share = np.exp(-draw.uniform(0, math.log(FARTHEST), (documents, 1)))
    far = np.where(holds, share, 1.0)
    return np.where(draw.random((documents, 1)) < 0.5, far, spread)


def rate(progress: Progress, peak: float, last: int) -> float:
    warm = min(1.0, (progress.step + 1) / 50)
    if progress.reached < 0:
        return peak * warm
    done = (progress.step - progress.reached) / last
    return peak * warm * max(0.02, 0.5 * (1 + math.cos(math.pi * min(1.0, done))))


def train(
    name: str,
    seed: int,
    shape: Shape,
    *,
    last: int,
    peak: float,
    gain: float,
    steps: int | None = None,
    folder: Path = HOME,
) -> Progress:
    """Trains until `last` steps after the last stage passed, or `steps`; saved every minute under `folder`."""
    torch.manual_seed(seed)
    model = PasskeyModel(shape)
    optimizer = torch.optim.AdamW(model.parameters(), lr=peak, betas=(0.9, 0.98), weight_decay=0.01)
    progress, saved = Progress(), folder / f"{name}.pt"
    folder.mkdir(parents=True, exist_ok=True)
    if saved.exists():
        state = torch.load(saved, weights_only=True)
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        progress = Progress(**state["progress"])
    clock, since = time.process_time(), time.monotonic()
    while not is_done(progress, last, steps):
        step = draw_step(seed, progress, gain)
        for group in optimizer.param_groups:
            group["lr"] = rate(progress, peak, last)
        with torch.autocast("cpu", torch.bfloat16):
            answer, echo, exact = losses(model, step.batch, step.gains)
        optimizer.zero_grad()
        (answer + 0.3 * echo).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        share = exact[~step.batch.is_local].float().mean().item()
        progress.note(share, step.tokens, counts=step.stage == progress.stage and step.gains is None)
        if progress.step % 20 == 0:
            progress.seconds += time.process_time() - clock
            clock = time.process_time()
            gates = [[round(torch.sigmoid(one).item(), 2) for one in block.attention.gate] for block in model.blocks]
            row = {
                **progress.__dict__,
                "loss": round(answer.item(), 4),
                "echo": round(echo.item(), 4),
                "trained stage": step.stage,
                "gates": gates,
            }
            with (folder / f"{name}.jsonl").open("a") as log:
                log.write(json.dumps(row) + "\n")
        if time.monotonic() - since > 60 or is_done(progress, last, steps):
            save(saved, model, optimizer, progress)
            since = time.monotonic()
    return progress


def is_done(progress: Progress, last: int, steps: int | None) -> bool:
    if steps is not None and progress.step >= steps:
        return True
    return progress.reached >= 0 and progress.step >= progress.reached + last


def save(path: Path, model: PasskeyModel, optimizer: torch.optim.Optimizer, progress: Progress) -> None:
    """Written beside and renamed: a run that is killed meanwhile loses a minute, not the file."""
    part = path.with_suffix(".part")
    state = {
        "shape": model.shape.saved(),
        "model": model.state_dict(),
        "optimizer": optimizer.state_dict(),
        "progress": progress.__dict__,
    }
    torch.save(state, part)
    part.replace(path)


def load(path: Path) -> PasskeyModel:
    state = torch.load(path, weights_only=True)
    model = PasskeyModel(Shape.restored(state["shape"]))
    model.load_state_dict(state["model"])
    return model.eval()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--name", help="of the run; linear-SEED when left out")
    parser.add_argument("--last", type=int, default=700, help="steps after the last stage has passed")
    parser.add_argument("--steps", type=int, help="stop after so many steps, whatever was reached")
    parser.add_argument("--rate", type=float, default=3e-3)
    parser.add_argument(
        "--gain", type=float, default=60.0, help="largest factor of what is written of a segment, 1 for none"
    )
    parser.add_argument(
        "--sharp", type=float, default=4.0, help="gain of a key before φ: the larger, the sooner addresses are learned"
    )
    parser.add_argument("--rule", choices=["linear", "delta"], default="linear")
    given = parser.parse_args()
    torch.set_num_threads(1)
    shape = replace(Shape(), rule=given.rule, features=Features("elu1", gain=given.sharp))
    name = given.name or f"{given.rule}-{given.seed}"
    progress = train(name, given.seed, shape, last=given.last, peak=given.rate, gain=given.gain, steps=given.steps)
    print(f"{name}: {progress}")


if __name__ == "__main__":
    main()
