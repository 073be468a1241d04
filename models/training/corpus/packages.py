"""Training questions: segments as the program cuts them, and several kinds of questions that point to each.

    python -m models.training.corpus.packages --out DIR [--never FILE]

Writes DIR/segments.jsonl (id, package, registry, language, path, start, end, text, split) and DIR/questions.jsonl
(text, form, segments: the ids of those that answer it, the first one most; split). One cached segment state serves all
of its questions.

Per package: source files are outlined (outline.py); doc comments, remarks, changelog items, README sentences, test
titles and names become questions that point to lines (asks.py, forms.py); of the files with the most of them, part of
the doc comments and remarks is taken out, so that a question is not always answered by itself; the program's own code
cuts them (segments.ts), and a part of the segments and of their questions is kept (choice.py).
"""

from __future__ import annotations

import argparse
import collections
import json
import logging
import os
import re
import tomllib
from pathlib import Path
from random import Random

from .asks import CHANGELOG, Ask, File, asks
from .choice import Cut, pick, stays, table
from .cut import SEED, cut
from .languages import LANGUAGE_OF, language_of
from .near import Near
from .outline import outline
from .registries import Package, bring_all, cache_folder, cloned
from .rules import SKIPPED_FOLDERS, TEST_PATH, Denied, copyleft, is_unreadable, unbuilt

log = logging.getLogger("corpus")

TAKEN_OUT = {
    "doc": 0.6,
    "remark": 0.75,
}  # share of the doc comments and remarks that leave the text they are asked about
FILES = 40  # files of one package that are cut
_README = re.compile(r"(?:^|/)readme[^/]*\.(?:md|rst|txt)$", re.I)


def read(package: Package, denied: Denied) -> tuple[list[File], list[tuple[str, str]], list[tuple[str, str]]]:
    """Source files with their outlines, test files and prose of a package."""
    sources: list[tuple[str, str, bytes]] = []
    prose: list[tuple[str, str]] = []
    for path, source in package.files((*LANGUAGE_OF, ".md", ".rst", ".txt")):
        path = re.sub(r"^package/", "", path)
        if SKIPPED_FOLDERS.search(path) or denied.path(path):
            continue
        if path.endswith((".md", ".rst", ".txt")):
            if CHANGELOG.search(path) or _README.search(path):
                prose.append((path, source.decode("utf-8", "replace")))
        elif not is_unreadable(source):
            sources.append((language_of(path, source), path, source.replace(b"\r\n", b"\n")))
    sources = unbuilt(sources)
    tests = [
        (path, source.decode("utf-8", "replace"))
        for language, path, source in sources
        if TEST_PATH.search(path) or language == "rust"
    ]
    files = []
    for language, path, source in sources:
        if TEST_PATH.search(path) or len(source) > 200_000:
            continue
        try:
            files.append(File(path, language, source, outline(language, source)))
        except (ValueError, RecursionError):
            log.warning("not understood: %s %s", package.name, path)
    return files, tests, prose


def choose_files(files: list[File], found: list[Ask], cap: int, rng: Random) -> list[File]:
    """The files that most is asked about; rare forms count more."""
    weight = {"change": 4, "readme": 3, "test": 2}
    score: collections.Counter[str] = collections.Counter()
    for ask in found:
        for path in {line[0] for line in ask.lines}:
            score[path] += weight.get(ask.form, 1) / (1 + 0.02 * score[path])
    ranked = sorted((f for f in files if score[f.path] > 0), key=lambda f: (-score[f.path], f.path))
    return ranked[:cap]


def take_out(file: File, found: list[Ask], rng: Random) -> str:
    """The file's text without part of its doc comments and of the remarks that are asked about."""
    for one in file.outline.declared:
        if one.doc_lines and rng.random() < TAKEN_OUT["doc"]:
            file.removed |= set(range(one.doc_lines[0], one.doc_lines[1] + 1))
    for ask in found:
        if ask.form == "remark" and ask.path == file.path and rng.random() < TAKEN_OUT["remark"]:
            file.removed |= set(range(ask.lines[0][1], ask.lines[0][2]))
    lines = file.source.decode("utf-8", "replace").split("\n")
    return "\n".join(line for at, line in enumerate(lines, 1) if at not in file.removed)


def outlined(package: Package, denied: Denied, base: Path, valid: bool) -> list[Cut]:
    """A package's questions and files by language, not cut yet."""
    rng = Random(f"{SEED} {package.registry} {package.name}")
    files, tests, prose = read(package, denied)
    if not files:
        return []
    found = asks(package, files, tests, prose, rng)
    cuts = []
    for language in sorted({f.language for f in files}):
        mine = [f for f in files if f.language == language]
        paths = {f.path for f in mine}
        own_asks = [a for a in found if a.lines[0][0] in paths]
        chosen = choose_files(mine, own_asks, FILES, rng)
        if chosen:
            cuts.append(Cut(package, language, chosen, own_asks))
    return cuts


def main(given: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description="Training questions over segments, from the source packages of five registries"
    )
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--packages", type=Path, default=Path(__file__).with_name("packages.toml"))
    parser.add_argument("--base", type=Path, default=Path("models/base"))
    parser.add_argument("--never", type=Path, help="more repositories that must not train: owner/name, one a line")
    parser.add_argument("--per-package", type=int, default=60, help="training segments of one package and language")
    parser.add_argument("--per-package-valid", type=int, default=80)
    parser.add_argument("--per-language", type=int, default=2_600)
    parser.add_argument(
        "--git", nargs="*", default=[], metavar="owner/name=GITDIR", help="clones whose files are packages too"
    )
    parser.add_argument("--git-only", action="store_true", help="nothing from registries")
    parser.add_argument("--only", help="packages whose name holds this, to look at")
    options = parser.parse_args(given)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    listed = tomllib.loads(options.packages.read_text())
    denied = Denied(listed["denied"], options.never)
    valid = set(listed["valid"]["packages"])
    brought = [] if options.git_only else bring_all(listed["roots"], cache_folder())
    packages = [
        p
        for p in [*brought, *(cloned(one, cache_folder() / "git") for one in options.git)]
        if not options.only or options.only in p.name
    ]
    cuts: dict[str, list[Cut]] = {"valid": [], "train": []}
    refused = 0
    for package in packages:
        if denied.package(package) or copyleft(package):
            refused += 1
            continue
        split = "valid" if package.name in valid else "train"
        try:
            cuts[split] += outlined(package, denied, options.base, split == "valid")
        except (OSError, ValueError) as error:
            log.warning("skipped %s %s: %s", package.registry, package.name, error)
    log.info("%d packages, %d refused; cutting", len(packages), refused)
    texts = []
    for split in cuts:
        for number, one in enumerate(cuts[split]):
            rng = Random(f"{SEED} cut {one.package.name}")
            texts += [
                {"id": f"{split} {number} {f.path}", "path": f.path, "text": take_out(f, one.asks, rng)}
                for f in one.files
            ]
    done = cut(texts, options.base)
    for split in cuts:
        for number, one in enumerate(cuts[split]):
            one.segments = {f.path: done.get(f"{split} {number} {f.path}", []) for f in one.files}
    near = Near()
    segments, questions = pick(cuts["valid"], "valid", options.per_package_valid, 10**6, near, 0)
    more, asked_ = pick(cuts["train"], "train", options.per_package, options.per_language, near, len(segments))
    segments, questions = segments + more, [q for q in questions + asked_ if stays(q)]
    overlap = [s for s in segments if denied.path(s["path"]) or s["package"] in denied.names]
    print(table(segments, questions))
    print(f"{len(segments)} segments, {len(questions)} questions, {len(overlap)} from repositories that must not train")
    options.out.mkdir(parents=True, exist_ok=True)
    for name, rows in (("segments", segments), ("questions", questions)):
        half = options.out / f"{name}.jsonl.half"
        half.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
        os.replace(half, options.out / f"{name}.jsonl")


if __name__ == "__main__":
    main()
