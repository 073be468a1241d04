"""The adapter on disk: adapter.json (what it is) and adapter.bin (float16 tensors), read by engine and PyTorch."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from pathlib import Path

import numpy as np
import torch

from .head import RecallHead
from .lora import Lora

LOG = Path(__file__).parents[1] / "LOG.md"


def tensors(head: RecallHead) -> dict[str, torch.Tensor]:
    return {
        "mean": head.mean,
        "deviation": head.deviation,
        "segment.query": head.segment.query.expand(head.segment.spans, -1),
        "segment.project": head.segment.project.weight,
        "question.query": head.question.query[None],
        "question.project": head.question.project.weight,
    }


def write(
    head: RecallHead, folder: Path, base: Path, layer: int, trained_on: int, table: dict, lora: Lora | None = None
) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    raw, entries = bytearray(), {}
    for name, tensor in (tensors(head) | (lora.named() if lora else {})).items():
        array = tensor.detach().cpu().numpy().astype("<f2")
        raw.extend(b"\0" * (-len(raw) % 64))
        place = {"file": "adapter.bin", "offset": len(raw), "bytes": array.nbytes}
        entries[name] = {"kind": "float16", "shape": list(array.shape), "data": place}
        raw.extend(array.tobytes())
    (folder / "adapter.bin").write_bytes(raw)
    manifest = {
        "format": 1,
        "base": hashlib.sha256((base / "manifest.json").read_bytes()).hexdigest(),
        "layer": layer,
        "tokens": head.segment.spans,
        "pooled": "spans",
        "keySize": head.segment.project.weight.shape[0],
        "tau": round(head.log_tau.detach().exp().clamp(max=100.0).item(), 4),
        **({"lora": {"rank": lora.rank}} if lora else {}),
        "file": {"bytes": len(raw), "sha256": hashlib.sha256(raw).hexdigest()},
        "tensors": entries,
        "training": {"questions": trained_on, "date": date.today().isoformat(), "valid": rounded(table)},
    }
    (folder / "adapter.json").write_text(json.dumps(manifest, indent=1) + "\n")


def load(folder: Path, width: int) -> RecallHead:
    manifest = json.loads((folder / "adapter.json").read_text())
    if manifest.get("pooled") != "spans":
        raise ValueError(f"{folder} pools whole segments: this version of training knows spans")
    head = RecallHead(width, manifest["tokens"], manifest["keySize"])
    with torch.no_grad():
        for name, tensor in tensors(head).items():
            entry = manifest["tensors"][name]
            offset, count = entry["data"]["offset"], entry["data"]["bytes"] // 2
            array = np.fromfile(folder / "adapter.bin", "<f2", count, offset=offset).reshape(entry["shape"])
            value = torch.from_numpy(array.astype(np.float32))
            if name.endswith(".query"):
                # One row a span in the file; all are the same.
                getattr(head, name.split(".")[0]).query.copy_(value[0])
            else:
                tensor.copy_(value)
        head.log_tau.fill_(float(np.log(manifest["tau"])))
    return head


def layers(folder: Path) -> int:
    """Blocks of the encoder that the adapter in a folder belongs to."""
    return json.loads((folder / "adapter.json").read_text())["layer"]


def low_rank(folder: Path) -> dict[str, torch.Tensor]:
    """The low-rank additions of an adapter's file, by name, float32; empty where it has none."""
    manifest = json.loads((folder / "adapter.json").read_text())
    found = {}
    for name, entry in manifest["tensors"].items():
        if ".lora." in name:
            offset, count = entry["data"]["offset"], entry["data"]["bytes"] // 2
            array = np.fromfile(folder / "adapter.bin", "<f2", count, offset=offset).reshape(entry["shape"])
            found[name] = torch.from_numpy(array.astype(np.float32))
    return found


def rounded(table: dict) -> dict:
    return {key: {name: round(value, 4) for name, value in row.items()} for key, row in table.items()}


def log(options, table: dict, segments: int, questions: int) -> None:
    """Appends the run's row to the log, whatever it is."""
    row = table["all"]
    forms = " ".join(f"{form} {table[form]['mrr']:.3f}" for form in table if form != "all")
    settings = (
        f"tokens {options.rounds} rounds of {options.token_steps} x {options.token_batch} at {options.token_rate}, "
        f"pools {options.epochs} epochs at {options.rate} against {options.against}, dropout {options.dropout}"
    )
    if options.forms:
        settings += f", only {' '.join(options.forms)}"
    line = (
        f"| {date.today().isoformat()} | {options.layer} | {options.spans} x {options.key_size} | {segments} / "
        f"{questions} | {settings}, seed {options.seed} |"
        f" {row['hit@1']:.3f} | {row['hit@5']:.3f} | {row['mrr']:.3f} | {forms} |\n"
    )
    with options.log.open("a") as file:
        file.write(line)
