"""The adapter on disk: adapter.json (what it is) and adapter.bin (float16 tensors), read by the engine and by PyTorch."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from pathlib import Path

import numpy as np
import torch

from .head import RecallHead


def tensors(head: RecallHead) -> dict[str, torch.Tensor]:
    return {
        "mean": head.mean,
        "deviation": head.deviation,
        "segment.query": head.segment.query,
        "segment.project": head.segment.project.weight,
        "question.query": head.question.query,
        "question.project": head.question.project.weight,
    }


def write(head: RecallHead, folder: Path, base: Path, layer: int, trained_on: int, table: dict) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    raw, entries = bytearray(), {}
    for name, tensor in tensors(head).items():
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
        "tokens": head.segment.query.shape[0],
        "keySize": head.segment.project.weight.shape[0],
        "tau": round(head.log_tau.detach().exp().clamp(max=100.0).item(), 4),
        "file": {"bytes": len(raw), "sha256": hashlib.sha256(raw).hexdigest()},
        "tensors": entries,
        "training": {"pairs": trained_on, "date": date.today().isoformat(), "valid": rounded(table)},
    }
    (folder / "adapter.json").write_text(json.dumps(manifest, indent=1) + "\n")


def load(folder: Path, width: int) -> RecallHead:
    manifest = json.loads((folder / "adapter.json").read_text())
    head = RecallHead(width, manifest["tokens"], manifest["keySize"])
    with torch.no_grad():
        for name, tensor in tensors(head).items():
            entry = manifest["tensors"][name]
            offset, count = entry["data"]["offset"], entry["data"]["bytes"] // 2
            array = np.fromfile(folder / "adapter.bin", "<f2", count, offset=offset).reshape(entry["shape"])
            tensor.copy_(torch.from_numpy(array.astype(np.float32)))
        head.log_tau.fill_(float(np.log(manifest["tau"])))
    return head


def rounded(table: dict) -> dict:
    return {key: {name: round(value, 4) for name, value in row.items()} for key, row in table.items()}


def log(options, table: dict, trained_on: int) -> None:
    """Appends the run's row to LOG.md, whatever it is."""
    row = table.get("all", {})
    line = (
        f"| {date.today().isoformat()} | layer {options.layer} | P {options.tokens} | d_k {options.key_size} | {trained_on} pairs |"
        f" {options.steps} steps, dropout {options.dropout}, start {options.start} | seed {options.seed} | {row.get('hit@1', 0):.3f} | {row.get('hit@5', 0):.3f} |"
        f" {row.get('hit@10', 0):.3f} | {row.get('mrr', 0):.3f} |\n"
    )
    with (Path(__file__).parent / "LOG.md").open("a") as file:
        file.write(line)
