"""Training pairs: what a doc comment says -> the code it stands on, from the packages of five registries.

    python -m models.training.research.pairs --out DIR [--packages FILE] [--never FILE] [--per-package 400]

Writes DIR/pairs.jsonl, one pair a line: package, registry, language, path, name, query, code, line, endLine, split.
Whole packages are kept for validation. The order is a seeded shuffle, so two runs over one cache give one file.
"""

from __future__ import annotations

import argparse
import collections
import json
import logging
import os
import random
import re
import statistics
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path

from ..corpus.languages import GRAMMARS, LANGUAGE_OF, definitions, language_of
from ..corpus.near import Near
from ..corpus.queries import query_of
from ..corpus.registries import Package, bring_all, cache_folder
from ..corpus.rules import SKIPPED_FOLDERS, TEST_PATH, Denied, copyleft, is_unreadable, normal, unbuilt

log = logging.getLogger("pairs")
Pair = dict[str, str | int]

SEED = 20240410
BODY_LINES = (3, 200)  # lines with something on them besides brackets, the first line not counted
TESTS_SHARE = 0.1  # of a package's pairs
SPARE = 1.25  # candidates looked at per package, in multiples of its cap: some are dropped as near duplicates
GENERIC = 3  # a query said this often says too little to keep any

_REMARK = re.compile(r"\s*(?:#|//|\*|/\*|@)")


def candidates(package: Package, denied: Denied, wanted: int) -> Iterator[Pair]:
    """Pairs of one package before any comparison with other packages; stops at `wanted` of each language."""
    spoken = [
        (language_of(path, source), path, source)
        for path, source in package.files(tuple(LANGUAGE_OF))
        if not SKIPPED_FOLDERS.search(path) and not denied.path(path)
    ]
    spoken = unbuilt(spoken)
    random.Random(f"{SEED} {package.name}").shuffle(spoken)
    count: collections.Counter[str] = collections.Counter()
    tests: collections.Counter[str] = collections.Counter()
    for language, path, source in spoken:
        is_test = bool(TEST_PATH.search(path))
        if count[language] >= wanted or is_unreadable(source):
            continue
        if is_test and tests[language] >= TESTS_SHARE * count[language]:
            continue
        for found in definitions(language, source):
            query = query_of(found.doc, found.name)
            if query is None or not _has_body(found.code):
                continue
            count[language] += 1
            tests[language] += is_test
            yield {
                "package": package.name,
                "registry": package.registry,
                "language": language,
                "path": re.sub(r"^package/", "", path),
                "name": found.name,
                "query": query,
                "code": found.code,
                "line": found.line,
                "endLine": found.end_line,
            }


def _has_body(code: str) -> bool:
    lines = [line for line in code.split("\n")[1:] if re.search(r"\w", line) and not _REMARK.match(line)]
    return BODY_LINES[0] <= len(lines) <= BODY_LINES[1]


class Kept:
    """What was kept so far: refuses an equal query, an equal code or a near copy of a code."""

    def __init__(self) -> None:
        self.seen: set[str] = set()
        self.near = Near()

    def add(self, pair: Pair) -> bool:
        tokens = re.findall(r"\w+|[^\w\s]", str(pair["code"]))
        keys = {f"q {normal(pair['query'])}", f"c {' '.join(tokens).lower()}"}
        if keys & self.seen or not self.near.add(str(pair["code"])):
            return False
        self.seen |= keys
        return True


def without_generic(pairs: Iterable[Pair]) -> list[Pair]:
    """Drops every pair whose query many different definitions share, and repeats inside a package."""
    seen: set[tuple] = set()
    kept: list[Pair] = []
    for pair in pairs:
        key = (pair["registry"], pair["package"], pair["name"], normal(pair["query"]))
        if key not in seen:
            seen.add(key)
            kept.append(pair)
    said = collections.Counter(normal(p["query"]) for p in kept)
    return [p for p in kept if said[normal(p["query"])] < GENERIC]


def choose(pairs: list[Pair], kept: Kept, per_package: int, per_language: int) -> list[Pair]:
    """Round after round, one pair of each package of a language, until a cap stops it: variety first."""
    chosen: list[Pair] = []
    for language in GRAMMARS:
        piles: dict[str, list[Pair]] = collections.defaultdict(list)
        for pair in pairs:
            if pair["language"] == language:
                piles[f"{pair['registry']} {pair['package']}"].append(pair)
        for name, pile in piles.items():
            random.Random(f"{SEED} {name}").shuffle(pile)
        before = len(chosen)
        for _ in range(per_package):
            for name in sorted(piles):
                if len(chosen) - before < per_language:
                    chosen += _next(piles[name], kept)
    return chosen


def _next(pile: list[Pair], kept: Kept) -> list[Pair]:
    while pile:
        pair = pile.pop()
        if kept.add(pair):
            return [pair]
    return []


def build(packages: list[Package], valid: set[str], denied: Denied, caps: argparse.Namespace) -> list[Pair]:
    """Validation first, so that a near copy of a validation code never trains."""
    found: dict[str, list[Pair]] = {"valid": [], "train": []}
    for package in packages:
        if denied.package(package):
            log.info("denied %s %s", package.registry, package.name)
            continue
        if copyleft(package):
            log.info("copyleft %s %s: %s", package.registry, package.name, package.licence.strip()[:60])
            continue
        split = "valid" if package.name in valid else "train"
        try:
            found[split] += candidates(package, denied, round(SPARE * caps.per_package))
        except (OSError, ValueError) as error:
            log.warning("skipped %s %s: %s", package.registry, package.name, error)
    plain = without_generic(found["valid"] + found["train"])
    kept = Kept()
    chosen = []
    for split, per_package, per_language in (
        ("valid", caps.per_package_valid, caps.per_language),
        ("train", caps.per_package, caps.per_language),
    ):
        mine = [p for p in plain if (p["package"] in valid) == (split == "valid")]
        chosen += [p | {"split": split} for p in choose(mine, kept, per_package, per_language)]
    random.Random(SEED).shuffle(chosen)
    return chosen


def table(pairs: list[Pair]) -> str:
    """Language x split: pairs, packages, median words of a query and median code tokens (words and marks)."""
    rows = [f"{'language':<12}{'split':<7}{'pairs':>7}{'packages':>10}{'query words':>13}{'code tokens':>13}"]
    groups: dict[tuple[str, str], list[Pair]] = collections.defaultdict(list)
    for pair in pairs:
        groups[str(pair["language"]), str(pair["split"])].append(pair)
    for (language, split), group in sorted(groups.items()):
        packages = len({p["package"] for p in group})
        words = statistics.median(len(str(p["query"]).split()) for p in group)
        tokens = statistics.median(len(re.findall(r"\w+|[^\w\s]", str(p["code"]))) for p in group)
        rows.append(f"{language:<12}{split:<7}{len(group):>7}{packages:>10}{words:>13.0f}{tokens:>13.0f}")
    return "\n".join(rows)


def write(pairs: list[Pair], out: Path) -> Path:
    """Written beside and renamed: a reader sees the old file or the new one, never half of one."""
    out.mkdir(parents=True, exist_ok=True)
    place = out / "pairs.jsonl"
    half = out / "pairs.jsonl.half"
    half.write_text("".join(json.dumps(p, ensure_ascii=False) + "\n" for p in pairs), "utf-8")
    os.replace(half, place)
    return place


def main() -> None:
    parser = argparse.ArgumentParser(description="Training pairs from the source packages of five registries")
    parser.add_argument("--out", type=Path, required=True, help="folder that pairs.jsonl is written to")
    parser.add_argument("--packages", type=Path, default=Path(__file__).parents[1] / "corpus" / "packages.toml")
    parser.add_argument("--never", type=Path, help="more repositories that must not train: owner/name, one a line")
    parser.add_argument("--per-package", type=int, default=400, help="training pairs of one package and language")
    parser.add_argument("--per-package-valid", type=int, default=300)
    parser.add_argument("--per-language", type=int, default=4000, help="training pairs of one language")
    caps = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    listed = tomllib.loads(caps.packages.read_text())
    denied = Denied(listed["denied"], caps.never)
    packages = bring_all(listed["roots"], cache_folder())
    pairs = build(packages, set(listed["valid"]["packages"]), denied, caps)
    print(table(pairs))
    print(write(pairs, caps.out))


if __name__ == "__main__":
    main()
