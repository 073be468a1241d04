"""What a memory that blocks read is worth: perplexity of files with the rest of their repository in memory, and with another's."""

from __future__ import annotations

import argparse
import math
from dataclasses import dataclass

import numpy as np
import torch

from .block_read import BlockRead, upper
from .mixture import evidence
from .reader import LAYER, Reader, Texts, Written, counted, nll
from .sample import HEADER, SIZES


@dataclass(frozen=True)
class Held:
    """A repository of an evaluation: windows of its files, and the tokens of the others, as many as the largest memory holds."""

    name: str
    texts: Texts
    rest: Written
    base: float  # nats a token of the base
    none: float  # of the tuned base, without a memory


@torch.no_grad()
def hold(reader: Reader, package: int, options: argparse.Namespace) -> Held | None:
    rows, segments = reader.sources.held_out(package, options.report_windows, options.tokens, options.largest)
    if not segments or not rows:
        return None
    texts = reader.texts(rows, options.tokens + HEADER)
    base = nll(reader, texts, upper(reader.base, reader.config, texts.states, LAYER)).mean().item()
    return Held(reader.sources.names[package], texts, reader.written(segments), base, nll(reader, texts, reader.hidden(texts)).mean().item())


@torch.no_grad()
def evaluate(reader: Reader, reads: dict[str, BlockRead], packages: list[int], split: str, options: argparse.Namespace) -> dict[str, list[dict]]:
    """For each φ a row a repository: nats a token without memory, and with memories of each size and of another repository."""
    rows: dict[str, list[dict]] = {name: [] for name in reads}
    seen: dict[str, dict[str, np.ndarray]] = {name: {} for name in options.evidence if name in reads}
    foreign: Written | None = None
    for package in packages:
        held = hold(reader, package, options)
        if held is None:
            continue
        for name, read in reads.items():
            row = {"repo": held.name, "held": len(held.rest.ids), "base": held.base, "none": held.none}
            memories = {size: most for size, most in SIZES.items() if size == "10K" or len(held.rest.ids) > most / 10}
            for size, most in memories.items():
                row[size] = scored(reader, read, held, cut(held.rest, most))
            if foreign is not None:
                row["foreign"] = scored(reader, read, held, foreign)
            rows[name].append(row)
            for size in ("10K", "100K") if name in seen else ():
                seen[name][f"{held.name} {size}"] = evident(reader, read, held, cut(held.rest, SIZES[size])).half().numpy()
        told = {name: [f"{math.exp(rows[name][-1][k] - held.none):.3f}" for k in (*SIZES, "foreign") if k in rows[name][-1]] for name in reads}
        print(f"  {held.name}: {len(held.rest.ids)} tokens, tuned {math.exp(held.none - held.base):.3f}, {told}", flush=True)
        foreign = cut(held.rest, SIZES["100K"])
    for name, parts in seen.items():
        np.savez_compressed(options.out / f"evidence-{split}-{name.replace('+', '-')}.npz", **parts)
    return rows


def evident(reader: Reader, read: BlockRead, held: Held, written: Written) -> torch.Tensor:
    where = counted(held.texts)
    hidden = upper(reader.base, reader.config, held.texts.states, LAYER)[where]
    goal = held.texts.ids.roll(-1, 1)[where]
    return evidence(read.addresses, held.texts.states[where], reader.said(hidden), goal, written.before, written.ids)


def cut(written: Written, most: int) -> Written:
    return Written(written.before[:most], written.states[:most], written.ids[:most])


def scored(reader: Reader, read: BlockRead, held: Held, written: Written) -> float:
    memory = reader.write(read, written)
    hidden = reader.hidden(held.texts, read, memory)
    return nll(reader, held.texts, hidden).mean().item()


def told(rows: dict[str, list[dict]]) -> dict[str, dict[str, float]]:
    """Geometric means of perplexity with the memory over that without. A repository smaller than a size counts as it is."""
    means = {}
    for name, own in rows.items():
        means[name] = {}
        for size in (*SIZES, "foreign"):
            values = []
            for row in own:
                known = [row[s] for s in SIZES if s in row and list(SIZES).index(s) <= list(SIZES).index(size)] if size in SIZES else [row[size]] if size in row else []
                values += [known[-1] - row["none"]] if known else []
            means[name][size] = round(math.exp(float(np.mean(values))), 4) if values else math.nan
    return means
