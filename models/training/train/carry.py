"""python -m models.training.train.carry --pack DIR --out DIR: a pack and this code as archives of at most 60 MiB each.

For a machine with a GPU that takes small parcels alone. There: for f in part-*.tar; do tar -xf $f; done; then the
training command as it is here, with `--pack pack`.

    pack/…              the pack, as models.training.train.pack or models.training.research.sources made it
    models/**/*.py      the code, and models/base/manifest.json, which an adapter names
    start/…             `--start`, an adapter that training goes on from
"""

from __future__ import annotations

import argparse
import io
import tarfile
from pathlib import Path

LIMIT = 60 << 20
MODELS = Path(__file__).parents[2]


def named(pack: Path, start: Path | None) -> dict[str, Path]:
    """Every file under its name there."""
    found = {f"pack/{file.relative_to(pack)}": file for file in sorted(pack.rglob("*")) if file.is_file()}
    code = [file for file in sorted(MODELS.rglob("*.py")) if "tests" not in file.parts]
    for file in [*code, MODELS / "base" / "manifest.json"]:
        found[f"models/{file.relative_to(MODELS)}"] = file
    if start is not None:
        found |= {f"start/{file.name}": file for file in sorted(start.iterdir()) if file.is_file()}
    return found


def parcels(sizes: dict[str, int], limit: int) -> list[list[str]]:
    """
    Names in as few parcels as the largest first, each into the first that has room, gives. Throws SystemExit on a file
    that no parcel holds.
    """
    found: list[list[str]] = []
    room: list[int] = []
    for name, size in sorted(sizes.items(), key=lambda one: -one[1]):
        whole = -(-size // 512) * 512 + 1024  # tar's blocks, and its header
        if whole + 20_480 > limit:
            raise SystemExit(f"{name} has {size >> 20} MiB, more than one archive may hold. Make a smaller pack.")
        at = next((at for at, free in enumerate(room) if free >= whole), len(room))
        if at == len(room):
            found.append([])
            room.append(limit - 20_480)
        found[at].append(name)
        room[at] -= whole
    return found


def write(files: dict[str, Path], out: Path, limit: int = LIMIT) -> list[Path]:
    out.mkdir(parents=True, exist_ok=True)
    written = []
    for at, names in enumerate(parcels({name: file.stat().st_size for name, file in files.items()}, limit)):
        raw = io.BytesIO()
        with tarfile.open(fileobj=raw, mode="w", format=tarfile.GNU_FORMAT) as archive:
            for name in names:
                archive.add(files[name], name)
        written.append(out / f"part-{at}.tar")
        written[-1].write_bytes(raw.getvalue())
    return written


def main(given: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="models.training.train.carry", description=__doc__)
    parser.add_argument("--pack", type=Path, required=True)
    parser.add_argument("--start", type=Path, help="an adapter that is carried too")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args(given)
    for file in write(named(options.pack, options.start), options.out):
        print(f"{file}: {file.stat().st_size / (1 << 20):.1f} MiB")


if __name__ == "__main__":
    main()
