"""python -m models.training.sources --out DIR [--never FILE] [--report FOLDER]: whole packages as token ids, and all blocks of the base.

    out/sources.npz         every file's tokens behind its header; which package a file is of; train, valid or report
    out/base-0, base-1, …   the base in parts that travel, with the embedding's rows that the texts use

`--report` holds a folder for each repository that results are reported on; nothing is learned from them.
"""

from __future__ import annotations

import argparse
import collections
import logging
import os
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np

from .languages import LANGUAGE_OF, language_of
from .pack import lower
from .pairs import _SKIPPED_FOLDERS, COPYLEFT, FREE_CHOICE, TYPESCRIPT_FILES, Denied, _unreadable
from .registries import LARGEST_FILE, Package, bring_all, cache_folder
from .text import tokenizer

log = logging.getLogger("sources")

SEED = "2026-11"
LEAST = 40_000  # tokens of a package that is large enough to have a rest
MOST = {"train": 300_000, "valid": 300_000, "report": 1_150_000}  # tokens of one package
FILE_TOKENS = 12_000  # of one file; what follows is left out
BYTES = 5_000_000  # of one package that are looked at


@dataclass(frozen=True)
class Source:
    package: str
    split: str
    path: str
    text: str


def packages(options: argparse.Namespace) -> Iterator[tuple[str, str, list[tuple[str, str]]]]:
    """(name, split, [(path, text)]) of every package that may train or validate."""
    listed = tomllib.loads(options.packages.read_text())
    denied, valid = Denied(listed["denied"], options.never), set(listed["valid"]["packages"])
    seen: set[tuple[str, str]] = set()
    for package in bring_all(listed["roots"], cache_folder()):
        copyleft = COPYLEFT.search(package.licence) and not FREE_CHOICE.search(package.licence)
        if (package.registry, package.name) in seen or denied.package(package) or copyleft:
            continue
        seen.add((package.registry, package.name))
        try:
            yield package.name, "valid" if package.name in valid else "train", sources(package, denied)
        except (OSError, ValueError) as error:
            log.warning("skipped %s: %s", package.name, error)


def sources(package: Package, denied: Denied) -> list[tuple[str, str]]:
    found = [
        (path, language_of(path, source), source)
        for path, source in package.files(tuple(LANGUAGE_OF))
        if not _SKIPPED_FOLDERS.search(path) and not denied.path(path) and not _unreadable(source)
    ]
    if sum(language == "typescript" for _, language, _ in found) >= TYPESCRIPT_FILES:
        found = [one for one in found if one[1] != "javascript"]
    return [(path, source.decode("utf-8", "replace")) for path, _, source in found]


def reported(folder: Path) -> Iterator[tuple[str, str, list[tuple[str, str]]]]:
    for repository in sorted(folder.iterdir()):
        files = []
        for place, folders, names in os.walk(repository):
            folders[:] = sorted(folders)
            for name in sorted(names):
                file = Path(place, name)
                if name.endswith(tuple(LANGUAGE_OF)) and not file.is_symlink() and file.stat().st_size <= LARGEST_FILE:
                    files.append((file.relative_to(repository).as_posix(), file.read_text("utf-8", "replace")))
        yield repository.name.split("__")[-1], "report", files


def main() -> None:
    parser = argparse.ArgumentParser(prog="models.training.sources", description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--packages", type=Path, default=Path(__file__).with_name("packages.toml"))
    parser.add_argument("--base", type=Path, default=Path("models/base"))
    parser.add_argument("--never", type=Path, help="more repositories that must not train: owner/name, one a line")
    parser.add_argument("--report", type=Path, help="a folder of repositories to report on")
    parser.add_argument("--vocabulary", type=int, default=50_000, help="tokens that are kept")
    parser.add_argument("--tokens", type=float, default=24e6, help="of training packages together")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    tokens = tokenizer(options.base)
    names: list[tuple[str, str]] = []
    ids: list[np.ndarray] = []
    header: list[int] = []
    owner: list[int] = []
    total: collections.Counter[str] = collections.Counter()
    candidates = [*reported(options.report)] if options.report else []
    for name, split, files in [*candidates, *sorted(packages(options), key=lambda one: Random(f"{SEED} {one[0]}").random())]:
        if split == "train" and total["train"] > options.tokens:
            continue
        Random(f"{SEED} {name}").shuffle(files)
        kept, size = [], 0
        for path, text in files:
            size += len(text)
            if size > BYTES:
                break
            kept.append((path, text))
        heads = tokens.encode_batch([f"# {path}\n" for path, _ in kept], add_special_tokens=False)
        bodies = tokens.encode_batch([text for _, text in kept], add_special_tokens=False)
        count, mine = 0, []
        for head, body in zip(heads, bodies):
            if count < MOST[split] and len(body.ids) >= 8:
                mine.append((head.ids, body.ids[:FILE_TOKENS]))
                count += len(mine[-1][1])
        if count < (LEAST if split != "report" else 0) or len(mine) < 8:
            continue
        for head, body in mine:
            ids.append(np.array([*head, *body], np.int64))
            header.append(len(head))
            owner.append(len(names))
        names.append((name, split))
        total[split] += count
    log.info("%s", {split: f"{sum(s == split for _, s in names)} packages, {count / 1e6:.1f} million tokens" for split, count in total.items()})
    flat = np.concatenate(ids)
    count = np.bincount(flat)
    kept_ids = np.sort(np.argsort(-count, kind="stable")[: min(options.vocabulary, int((count > 0).sum()))])
    number = np.full(len(count), -1)
    number[kept_ids] = np.arange(len(kept_ids))
    log.info("%d kinds kept, %.3f%% of tokens left out", len(kept_ids), 100 * (1 - count[kept_ids].sum() / count.sum()))
    rows = [number[row] for row in ids]
    header = [int((row[:length] >= 0).sum()) for row, length in zip(rows, header)]
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
