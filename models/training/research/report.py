"""What a memory that blocks read is worth: perplexity of files with the rest of their repository in memory, and with
another's.
"""

from __future__ import annotations

import argparse
import math
from dataclasses import dataclass

import numpy as np
import torch

from .block_read import BlockRead, upper
from .mixture import evidence
from .reader import LAYER, Reader, Texts, Written, counted, following, nll
from .sample import HEADER, SIZES


@dataclass(frozen=True)
class Held:
    """
    A repository of an evaluation: windows of its files, and the tokens of the others, as many as the largest memory
    holds.
    """

    name: str
    texts: Texts
    rest: Written
    hidden: torch.Tensor  # of the base at every counted position
    base: float  # nats a token of the base
    none: float  # of the tuned base, without a memory


@torch.no_grad()
def hold(reader: Reader, package: int, options: argparse.Namespace) -> Held | None:
    rows, segments = reader.sources.held_out(package, options.report_windows, options.tokens, options.largest)
    if not segments or not rows:
        return None
    texts = reader.texts(rows, options.tokens + HEADER)
    hidden = upper(reader.base, reader.config, texts.states, LAYER)
    base, none = (nll(reader, texts, x).mean().item() for x in (hidden, reader.hidden(texts)))
    return Held(reader.sources.names[package], texts, reader.written(segments), hidden[counted(texts)], base, none)


@torch.no_grad()
def evaluate(
    reader: Reader, reads: dict[str, BlockRead], packages: list[int], split: str, options: argparse.Namespace
) -> dict[str, list[dict]]:
    """
    For each φ a row a repository: nats a token without memory, and with memories of each size and of another
    repository.
    """
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
                seen[name][f"{held.name} {size}"] = (
                    evident(reader, read, held, cut(held.rest, SIZES[size])).half().numpy()
                )
        shown = {
            name: [f"{math.exp(rows[name][-1][k] - held.none):.3f}" for k in (*SIZES, "foreign") if k in rows[name][-1]]
            for name in reads
        }
        print(
            f"  {held.name}: {len(held.rest.ids)} tokens, tuned {math.exp(held.none - held.base):.3f}, {shown}",
            flush=True,
        )
        foreign = cut(held.rest, SIZES["100K"])
    for name, parts in seen.items():
        np.savez_compressed(options.out / f"evidence-{split}-{name.replace('+', '-')}.npz", **parts)
    return rows


def evident(reader: Reader, read: BlockRead, held: Held, written: Written) -> torch.Tensor:
    states = held.texts.states[counted(held.texts)]
    return evidence(
        read.addresses, states, reader.said(held.hidden), following(held.texts), written.before, written.ids
    )


def cut(written: Written, most: int) -> Written:
    return Written(written.before[:most], written.states[:most], written.ids[:most])


def scored(reader: Reader, read: BlockRead, held: Held, written: Written) -> float:
    memory = reader.write(read, written)
    hidden = reader.hidden(held.texts, read, memory)
    return nll(reader, held.texts, hidden).mean().item()


def told(rows: dict[str, list[dict]]) -> dict[str, dict[str, float]]:
    """
    Geometric means of perplexity with the memory over that without. A repository smaller than a size counts as it is.
    """
    means = {}
    for name, own in rows.items():
        gains: dict[str, list[float]] = {size: [] for size in (*SIZES, "foreign")}
        for row in own:
            known = None
            for size in SIZES:
                known = row.get(size, known)
                if known is not None:
                    gains[size].append(known - row["none"])
            if "foreign" in row:
                gains["foreign"].append(row["foreign"] - row["none"])
        means[name] = {
            size: round(math.exp(float(np.mean(values))), 4) if values else math.nan for size, values in gains.items()
        }
    return means
