"""python -m models.training.research.sources --out DIR [--never FILE] [--report FOLDER]: whole packages as token ids,
and all blocks of the base.

    out/sources.npz         every file's tokens behind its header; which package a file is of; train, valid or report
    out/base-0, base-1, …   the base in parts that travel, with the embedding's rows that the texts use

`--report` holds a folder for each repository that results are reported on; nothing is learned from them.
"""

from __future__ import annotations

import argparse
import collections
import logging
import tomllib
from pathlib import Path
from random import Random

import numpy as np

from ..corpus.languages import LANGUAGE_OF, language_of
from ..corpus.registries import Package, bring_all, cache_folder, unpacked
from ..corpus.rules import SKIPPED_FOLDERS, Denied, copyleft, is_unreadable, unbuilt
from ..train.pack import lower, vocabulary
from ..train.text import tokenizer

log = logging.getLogger("sources")

SEED = "2026-11"
LEAST = 40_000  # tokens of a package that is large enough to have a rest
MOST = {"train": 300_000, "valid": 300_000, "report": 1_150_000}  # tokens of one package
FILE_TOKENS = 12_000  # of one file; what follows is left out
BYTES = 5_000_000  # of one package that are looked at


def offered(
    roots: dict[str, list[str]], report: Path | None, denied: Denied, valid: set[str]
) -> list[tuple[Package, str]]:
    """Packages with their split: those to report on first, the others in an order that says nothing."""
    reported = (
        [Package("report", folder.name.split("__")[-1], folder, "") for folder in sorted(report.iterdir())]
        if report
        else []
    )
    brought = [p for p in bring_all(roots, cache_folder()) if not denied.package(p) and not copyleft(p)]
    brought.sort(key=lambda package: Random(f"{SEED} {package.name}").random())
    return [*((p, "report") for p in reported), *((p, "valid" if p.name in valid else "train") for p in brought)]


def texts(package: Package, split: str, denied: Denied) -> list[tuple[str, str]]:
    """
    (path, text) of a package's sources; of a repository that is reported on, as a checkout with line feeds has them.
    """
    if split == "report":
        files = unpacked(
            package.place, tuple(LANGUAGE_OF), skipped=()
        )  # its fixtures too: the program reads what git lists
        return [
            (path, source.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n"))
            for path, source in files
        ]
    found = [
        (language_of(path, source), path, source)
        for path, source in package.files(tuple(LANGUAGE_OF))
        if not SKIPPED_FOLDERS.search(path) and not denied.path(path) and not is_unreadable(source)
    ]
    return [(path, source.decode("utf-8", "replace")) for _, path, source in unbuilt(found)]


def main() -> None:
    parser = argparse.ArgumentParser(prog="models.training.research.sources", description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--packages", type=Path, default=Path(__file__).parents[1] / "corpus" / "packages.toml")
    parser.add_argument("--base", type=Path, default=Path("models/base"))
    parser.add_argument("--never", type=Path, help="more repositories that must not train: owner/name, one a line")
    parser.add_argument("--report", type=Path, help="a folder of repositories to report on")
    parser.add_argument("--vocabulary", type=int, default=50_000, help="tokens that are kept")
    parser.add_argument("--tokens", type=float, default=24e6, help="of training packages together")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    listed = tomllib.loads(options.packages.read_text())
    denied = Denied(listed["denied"], options.never)
    tokens = tokenizer(options.base)
    names: list[tuple[str, str]] = []
    ids: list[np.ndarray] = []
    header: list[int] = []
    owner: list[int] = []
    total: collections.Counter[str] = collections.Counter()
    for package, split in offered(listed["roots"], options.report, denied, set(listed["valid"]["packages"])):
        if split == "train" and total["train"] > options.tokens:
            continue
        try:
            files = texts(package, split, denied)
        except (OSError, ValueError) as error:
            log.warning("skipped %s: %s", package.name, error)
            continue
        Random(f"{SEED} {package.name}").shuffle(files)
        kept, size = [], 0
        for path, text in files:
            size += len(text)
            if size > BYTES:
                break
            kept.append((path, text))
        heads = tokens.encode_batch([f"# {path}\n" for path, _ in kept], add_special_tokens=False)
        bodies = tokens.encode_batch([text for _, text in kept], add_special_tokens=False)
        count, mine = 0, []
        for head, body in zip(heads, bodies, strict=True):
            if count < MOST[split] and len(body.ids) >= 8:
                mine.append((head.ids, body.ids[:FILE_TOKENS]))
                count += len(mine[-1][1])
        if count < (LEAST if split != "report" else 0) or len(mine) < 8:
            continue
        for head, body in mine:
            ids.append(np.array([*head, *body], np.int64))
            header.append(len(head))
            owner.append(len(names))
        names.append((package.name, split))
        total[split] += count
    log.info(
        "%s",
        {
            split: f"{sum(s == split for _, s in names)} packages, {count / 1e6:.1f} million tokens"
            for split, count in total.items()
        },
    )
    kept_ids, number = vocabulary(np.concatenate(ids), options.vocabulary)
    rows = [number[row] for row in ids]
    header = [int((row[:length] >= 0).sum()) for row, length in zip(rows, header, strict=True)]
    rows = [row[row >= 0] for row in rows]
    options.out.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(
        options.out / "sources.npz",
        ids=np.concatenate(rows).astype(np.uint16),
        length=np.array([len(row) for row in rows], np.int32),
        header=np.array(header, np.int32),
        owner=np.array(owner, np.int32),
        names=np.array([name for name, _ in names]),
        split=np.array([split for _, split in names]),
    )
    lower(options.base, options.out, 24, kept_ids)


if __name__ == "__main__":
    main()
