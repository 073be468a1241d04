"""Training questions from histories: what a commit's message says -> the segments of the old code that it changed.

    python -m models.training.corpus.commits --out DIR [--never FILE] owner/name=GITDIR ...

Writes DIR/segments.jsonl and DIR/questions.jsonl as packages.py does (form: "commit"); a segment has its parent state's
text and line numbers, and the commit's hash. Small commits only: a few places in one to three source files that were
there before. Segments around the changed ones, which no question of the repository means, are there as negatives. Needs
a node that runs TypeScript (PATH=$PWD/node_modules/node/bin:$PATH).
"""

from __future__ import annotations

import argparse
import collections
import json
import logging
import os
import re
import subprocess
import tomllib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath
from random import Random
from typing import NamedTuple

from .cut import SEED, cut
from .languages import LANGUAGE_OF, language_of
from .rules import GENERATED, LONGEST_LINE, SKIPPED_FOLDERS, TEST_PATH, Denied, normal

log = logging.getLogger("commits")

VALID = {
    "celery/celery",
    "koajs/koa",
    "go-chi/chi",
    "starship/starship",
    "jhy/jsoup",
    "ggreer/the_silver_searcher",
    "pallets/click",
    "immerjs/immer",
}
ENDINGS = "py js ts jsx tsx mjs go rs java c h cc cpp hpp cs php rb swift kt lua".split()
OTHER_LANGUAGES = {".cs": "csharp", ".php": "php", ".rb": "ruby", ".swift": "swift", ".kt": "kotlin", ".lua": "lua"}
NEWEST = 8_000  # commits of a repository that are looked at
SPARE = 2.5  # candidates whose changes are read, in multiples of the cap
PATIENCE = 60  # seconds that git may take for one reading of a repository
FILES, HUNKS, CHANGED = 3, 12, 150  # most of one commit
WORDS, SUBJECT_ONLY = (5, 120), 0.35
AROUND, WINDOW = 150, 500  # lines
POSITIVES, NEGATIVES = 6, 3  # segments of a question, and others of a file
FEWEST_WORDS, LARGEST = 12, 200_000  # words of a segment, bytes of a file

_NOT_SOURCE = re.compile(
    r"(?:^|[/_.-])(?:tests?|testing|specs?|vendor(?:ed)?|node_modules|third[-_]?party|examples?|docs?|docs_src|dist|"
    r"fixtures?|changelog)(?=[/_.-])|(?-i:Tests?|IT|Spec)\.\w+$",
    re.I,
)
_REFUSED = re.compile(
    r"(?:\[[^\]]*\]\s*)*(?:\w+(?:\([^)]*\))?!?:\s*)?(?:bump|merged?|revert|release|prepare|update (?:the )?change|"
    r"version|v?\d+\.\d+)\b|(?:chore|build)\(deps|\[pre-commit|\[maven",
    re.I,
)
_TRAILER = re.compile(
    r"\s*(?:[A-Z]\w+(?:-\w+)+\s*:\s|cc:|git-svn-id|bug:|closes?\b.{0,4}:?\s*#?\d*\s*$|PiperOrigin|Created by MOE|MOE_|"
    r"-{8,}|RELNOTES|(?:close|fix|resolve|ref|see)[sd]?:?\s*(?:GH-|#)\d+\.?\s*$|---\s*$|https?://\S+\s*$)",
    re.I,
)
_NOISE = re.compile(
    r"\(?(?:(?:this |should )*(?:close|fixe?|resolve|ref|see|addresse?)[sd]?:?\s+)?(?:(?:issue|bug|pr)s? "
    r")?(?:[\w-]+/[\w.-]+)?(?:#|GH-)\d+\)?|https?://\S+|<!--.*?-->",
    re.I | re.S,
)
_HUNK = re.compile(r"@@ -(\d+)(?:,(\d+))? \+\d+(?:,(\d+))? @@")


class Hunk(NamedTuple):
    first: int
    last: int
    size: int  # lines taken out and put in


class Commit(NamedTuple):
    hash: str
    message: str
    files: dict[str, tuple[str, list[Hunk]]]  # path: (the old blob, its changes)


class Window(NamedTuple):
    """The lines of one old file that are cut for one commit; `above` lines of the file come before them."""

    commit: Commit
    path: str
    language: str
    above: int
    text: str


def git(folder: Path, *arguments: str, stdin: str = "") -> bytes:
    command = ["git", "-C", str(folder), "-c", "core.quotePath=false", *arguments]
    return subprocess.run(command, input=stdin.encode(), capture_output=True, timeout=PATIENCE, check=False).stdout


def said(message: str) -> str:
    """A message without what only a forge or a mail reads; '' where it says too little."""
    if _REFUSED.match(message.strip()):
        return ""
    kept = [line for line in message.strip().splitlines() if not _TRAILER.match(line)]
    lines = [re.sub(r"[ \t]+", " ", line).strip() for line in _NOISE.sub("", "\n".join(kept)).splitlines()]
    text = re.sub(r"\n{3,}", "\n\n", "\n".join(line for line in lines if not line or re.search(r"\w{2}", line))).strip()
    ends = [word.end() for word in re.finditer(r"\S+", text)]
    return text[: ends[min(len(ends), WORDS[1]) - 1]] if len(ends) >= WORDS[0] else ""


def spaced(items: list, count: int) -> list:
    """So many of them, evenly over their order."""
    return items if len(items) <= count else [items[i * len(items) // count] for i in range(count)]


def candidates(folder: Path, denied: Denied) -> list[Commit]:
    """Commits, newest first, whose message and files will do; their changes are not read yet."""
    out = git(
        folder,
        "log",
        f"-n{NEWEST}",
        "--no-merges",
        "--no-renames",
        "--raw",
        "--abbrev=40",
        "--format=%x01%H%x02%B%x02",
        "--",
        *(f"*.{e}" for e in ENDINGS),
    )
    found, known = [], set()
    for block in out.decode("utf-8", "replace").split("\x01")[1:]:
        if block.count("\x02") != 2:
            continue
        name, message, raw = block.split("\x02")
        text = said(message)
        changes = [line.split("\t") for line in raw.splitlines() if line.startswith(":")]
        own = [(left.split(), path) for left, path in changes if is_source(path, denied)]
        if not text or normal(text) in known or not 1 <= len(own) <= FILES or any(left[4] != "M" for left, _ in own):
            continue
        known.add(normal(text))
        found.append(Commit(name, text, {path: (left[2], []) for left, path in own}))
    return found


def is_source(path: str, denied: Denied) -> bool:
    return not (
        path.startswith('"')
        or _NOT_SOURCE.search(path)
        or SKIPPED_FOLDERS.search(path)
        or TEST_PATH.search(path)
        or denied.path(path)
    )


def read_changes(folder: Path, commits: list[Commit]) -> list[Commit]:
    """Those commits whose changes are few, with them."""
    by_hash = {c.hash: c for c in commits}
    asked = "".join(f"{c.hash}\n" for c in commits)
    out = git(
        folder,
        "diff-tree",
        "--stdin",
        "-r",
        "-p",
        "-U0",
        "--no-renames",
        "--full-index",
        "--",
        *(f"*.{e}" for e in ENDINGS),
        stdin=asked,
    )
    commit, hunks, header = None, None, False
    for line in out.decode("utf-8", "replace").split("\n"):
        if len(line) == 40 and line in by_hash:
            commit, hunks = by_hash[line], None
        elif line.startswith("diff --git "):
            hunks, header = None, True
        elif header and line.startswith("--- a/") and commit:
            hunks = commit.files.get(line[6:].rstrip("\t"), ("", None))[1]
        elif (at := _HUNK.match(line)) and hunks is not None:
            header = False
            first, old, new = int(at[1]), int(at[2] or 1), int(at[3] or 1)
            hunks.append(Hunk(max(first, 1), max(first + old - 1, first, 1), old + new))
    few = []
    for one in commits:
        every = [h for _, own in one.files.values() for h in own]
        if all(own for _, own in one.files.values()) and len(every) <= HUNKS and sum(h.size for h in every) <= CHANGED:
            few.append(one)
    return few


def blobs(folder: Path, names: list[str]) -> dict[str, bytes]:
    out = git(folder, "cat-file", "--batch", stdin="".join(f"{n}\n" for n in names))
    found, at = {}, 0
    while at < len(out):
        end = out.index(b"\n", at)
        head = out[at:end].decode().split()
        at = end + 1
        if head[-1] == "missing":
            continue
        found[head[0]] = out[at : at + int(head[2])]
        at += int(head[2]) + 1
    return found


def windows(commits: list[Commit], found: dict[str, bytes]) -> Iterator[Window]:
    for commit in commits:
        for path, (blob, hunks) in commit.files.items():
            source = found.get(blob, b"").replace(b"\r\n", b"\n")
            if not source or len(source) > LARGEST or b"\0" in source or GENERATED.search(source[:1_000]):
                continue
            lines = source.decode("utf-8", "replace").split("\n")
            if max(map(len, lines)) > LONGEST_LINE:
                continue
            begin, end = hunks[0].first - AROUND, hunks[-1].last + AROUND
            if end - begin >= WINDOW:
                largest = max(hunks, key=lambda h: h.size)
                begin = (largest.first + largest.last - WINDOW) // 2
                end = begin + WINDOW - 1
            begin, end = max(begin, 1), min(end, len(lines))
            ending = PurePosixPath(path).suffix
            language = language_of(path, source) if ending in LANGUAGE_OF else OTHER_LANGUAGES.get(ending, ending[1:])
            text = "\n".join(lines[begin - 1 : end]) + ("\n" if end < len(lines) else "")
            yield Window(commit, path, language, begin - 1, text)


def rows_of(name: str, window: Window, cut_: list[dict]) -> list[tuple[float, dict]]:
    """A window's segments, each with the changed lines it has: 0 where the commit did not touch it."""
    rows = []
    same = {
        "package": name,
        "registry": "git",
        "language": window.language,
        "path": window.path,
        "split": "valid" if name in VALID else "train",
        "commit": window.commit.hash,
        "hard": False,
    }
    for one in cut_:
        start, end = one["start"] + window.above, one["end"] + window.above
        met = [h for h in window.commit.files[window.path][1] if h.first <= end and start <= h.last]
        share = sum(h.size * (min(h.last, end) - max(h.first, start) + 1) / (h.last - h.first + 1) for h in met)
        if len(re.findall(r"\w+", one["text"])) >= FEWEST_WORDS:
            rows.append((share, {**same, "start": start, "end": end, "text": one["text"]}))
    return rows


def repository(name: str, folder: Path, cap: int, denied: Denied, base: Path) -> tuple[list[dict], list[dict]]:
    """A repository's segments, and its questions with the places of theirs in that list."""
    rng = Random(f"{SEED} commits {name}")
    commits = spaced(read_changes(folder, spaced(candidates(folder, denied), int(cap * SPARE))), cap)
    cuttable = list(windows(commits, blobs(folder, [blob for c in commits for blob, _ in c.files.values()])))
    done = (
        cut([{"id": str(i), "path": w.path, "text": w.text} for i, w in enumerate(cuttable)], base) if cuttable else {}
    )
    meant: dict[str, list[tuple[float, dict]]] = collections.defaultdict(list)  # by commit
    others: list[dict] = []
    for number, window in enumerate(cuttable):
        rows = rows_of(name, window, done.get(str(number), []))
        rest = [row for share, row in rows if not share]
        meant[window.commit.hash] += [pair for pair in rows if pair[0]]
        others += rng.sample(rest, min(NEGATIVES, len(rest)))
    segments: dict[tuple[str, str], dict] = {}
    questions = []
    for commit in commits:
        rows = [row for _, row in sorted(meant[commit.hash], key=lambda pair: -pair[0])[:POSITIVES]]
        subject = " ".join(commit.message.split("\n\n")[0].split("\n"))
        text = subject if rng.random() < SUBJECT_ONLY and len(subject.split()) >= WORDS[0] else commit.message
        if rows:
            ids = [segments.setdefault((r["path"], r["text"]), {"id": len(segments), **r})["id"] for r in rows]
            questions.append(
                {"text": text, "form": "commit", "segments": list(dict.fromkeys(ids)), "split": rows[0]["split"]}
            )
    for row in others:
        segments.setdefault((row["path"], row["text"]), {"id": len(segments), **row})
    return list(segments.values()), questions


def main(given: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="models.training.corpus.commits", description="Training questions from commit messages"
    )
    parser.add_argument("repositories", nargs="+", metavar="owner/name=GITDIR")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--packages", type=Path, default=Path(__file__).with_name("packages.toml"))
    parser.add_argument("--base", type=Path, default=Path("models/base"))
    parser.add_argument("--never", type=Path, help="more repositories that must not train: owner/name, one a line")
    parser.add_argument("--cap", type=int, default=500, help="commits of one repository")
    options = parser.parse_args(given)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    denied = Denied(tomllib.loads(options.packages.read_text())["denied"], options.never)

    def make(argument: str) -> tuple[list[dict], list[dict]]:
        name, _, folder = argument.partition("=")
        try:
            made = (
                ([], [])
                if denied.origin.search(name)
                else repository(name, Path(folder), options.cap, denied, options.base)
            )
        except (OSError, ValueError, RuntimeError, subprocess.TimeoutExpired) as error:
            log.warning("skipped %s: %s", name, str(error)[:200])
            made = ([], [])
        log.info("%s: %d segments, %d questions", name, len(made[0]), len(made[1]))
        return made

    segments, questions = [], []
    with ThreadPoolExecutor(2) as pool:
        for rows, asked in pool.map(make, options.repositories):
            questions += [{**q, "segments": [len(segments) + i for i in q["segments"]]} for q in asked]
            segments += [{**row, "id": len(segments) + row["id"]} for row in rows]
    options.out.mkdir(parents=True, exist_ok=True)
    for name, rows in (("segments", segments), ("questions", questions)):
        half = options.out / f"{name}.jsonl.half"
        half.write_text(
            "".join(json.dumps(row) + "\n" for row in rows), "utf-8"
        )  # all ASCII: material.py splits at U+2028 too
        os.replace(half, options.out / f"{name}.jsonl")
    for split in ("train", "valid"):
        print(
            split,
            sum(s["split"] == split for s in segments),
            "segments",
            sum(q["split"] == split for q in questions),
            "questions",
        )


if __name__ == "__main__":
    main()
