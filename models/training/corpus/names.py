"""Questions with a known answer, for `npm run eval -- --tasks repoqa`: a name that a packed repository defines once, a
message that stands in it once, or what a doc comment says of a function without its name.

    python -m models.training.corpus.names --data DIR --out NAMES [name ...]
    python -m models.training.corpus.names --data DIR --out MESSAGES --ask messages [name ...]
    python -m models.training.corpus.names --data DIR --out DESCRIPTIONS --ask descriptions [name ...]

What is written is a data folder: repoqa.jsonl, and links to the packed repositories; for descriptions, copies in which
the lines of those comments are empty, so that they have to be found by the code. Where a name is defined is told by
tree-sitter's grammars, not by the lines' shapes that the project's ranking goes by.
"""

from __future__ import annotations

import argparse
import io
import json
import random
import re
import tarfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from .languages import LANGUAGE_OF, language_of
from .outline import outline
from .queries import query_of

QUESTIONS = {
    "names": (
        "In which file is `{}` defined?",
        "Where is {} defined?",
        "What does `{}` do?",
        "How does {} work?",
        "Explain `{}`.",
        "What is {} for?",
    ),
    "messages": ('Where does the error "{}" come from?', 'When is "{}" shown?', "Why do I get {}?", "{}"),
    "descriptions": ("{}",),
}
# A string on one line, without what is filled in: three words or more of prose.
MESSAGE = re.compile(r""""([^"\\\n]{16,90})"|'([^'\\\n]{16,90})'""")
NO_PROSE = re.compile(r"[%{}$<>=;]")
COMMENT = re.compile(r"\s*(?://|#|/?\*)")
PACK = re.compile(r"(?P<owner>.+?)__(?P<name>.+)@(?P<commit>[0-9a-f]+)\.tar\.xz")
# Names of tests, examples and the like are seldom asked for, and every repository has its own idea of where they are.
ASIDE = re.compile(
    r"(^|[/_.-])(_?examples?|benchmarks?|docs?|fixtures?|playground|specs?|testing|tests?|__tests__|vendor)([/_.-]|$)",
    re.I,
)
LARGEST = 300_000  # bytes; larger sources are generated
SHORTEST = 4  # letters of a name
TELLING = 10  # words of a description, at least


Places = dict[str, set[tuple[str, int]]]
Lines = tuple[int, int]  # first and last, from 1


def sources(pack: Path) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(pack) as archive:
        for member in archive:
            path = member.name.removeprefix("./")
            if not member.isfile() or member.size > LARGEST or PurePosixPath(path).suffix not in LANGUAGE_OF:
                continue
            file = archive.extractfile(member)
            yield path, file.read() if file else b""


def names(pack: Path) -> Places:
    where: Places = {}
    for path, source in sources(pack):
        for one in outline(language_of(path, source), source).declared:
            if len(one.name) >= SHORTEST:
                where.setdefault(one.name, set()).add((path, one.line))
    return where


def messages(pack: Path) -> Places:
    where: Places = {}
    for path, source in sources(pack):
        for number, line in enumerate(source.decode("utf-8", "replace").split("\n"), 1):
            for quoted in [] if COMMENT.match(line) else MESSAGE.findall(line):
                text = "".join(quoted)
                if len(re.findall(r"[A-Za-z]{2,}", text)) >= 3 and " " in text and not NO_PROSE.search(text):
                    where.setdefault(text, set()).add((path, number))
    return where


def descriptions(pack: Path) -> tuple[Places, dict[str, list[Lines]]]:
    """What doc comments say, with where that is defined, and the lines of all comments that say it."""
    where: Places = {}
    lines: dict[str, list[Lines]] = {}
    for path, source in sources(pack):
        for one in outline(language_of(path, source), source).declared:
            if one.doc_lines is None:
                continue
            said = query_of(one.doc, one.name)
            if said is None or len(said.split()) < TELLING or one.name.lower() in said.lower():
                continue
            where.setdefault(said, set()).add((path, one.line))
            lines.setdefault(said, []).append(one.doc_lines)
    return where, lines


def without(pack: Path, out: Path, lines: dict[str, list[Lines]]) -> None:
    """A copy of a packed repository in which these lines of its files are empty."""
    with tarfile.open(pack) as archive, tarfile.open(out, "w:xz") as copy:
        for member in archive:
            file = archive.extractfile(member) if member.isfile() else None
            if file is None:
                copy.addfile(member)
                continue
            source = file.read().split(b"\n")
            for first, last in lines.get(member.name.removeprefix("./"), []):
                source[first - 1 : last] = [b""] * (last - first + 1)
            whole = b"\n".join(source)
            member.size = len(whole)
            copy.addfile(member, io.BytesIO(whole))


def once(where: Places) -> list[tuple[str, str, list[int]]]:
    """What stands in one file and no other, with that file and the lines, from 1."""
    found = []
    for said, places in sorted(where.items()):
        paths = {path for path, _ in places}
        if len(paths) == 1 and not ASIDE.search(min(paths)):
            found.append((said, min(paths), sorted(line for _, line in places)))
    return found


def main(given: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="a data folder with repos/*.tar.xz")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--ask", choices=QUESTIONS, default="names")
    parser.add_argument("--most", type=int, default=60, help="questions about one repository")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("names", nargs="*", help="name or name@commit; every repository when left out")
    args = parser.parse_args(given)
    (args.out / "repos").mkdir(parents=True, exist_ok=True)
    rows = []
    for pack in sorted((args.data / "repos").glob("*.tar.xz")):
        known = PACK.fullmatch(pack.name)
        if known is None:
            continue
        owner, name, commit = known["owner"], known["name"], known["commit"]
        if args.names and not {name, f"{name}@{commit[:7]}"} & set(args.names):
            continue
        comments: dict[str, list[Lines]] = {}
        if args.ask == "descriptions":
            where, comments = descriptions(pack)
        else:
            where = {"names": names, "messages": messages}[args.ask](pack)
        found = once(where)
        random.Random(args.seed).shuffle(found)
        forms = QUESTIONS[args.ask]
        for at, (said, path, lines) in enumerate(found[: args.most]):
            question = forms[at % len(forms)].format(said)
            case = {"id": f"{args.ask}-{name}-{commit[:7]}-{at:02d}", "repo": f"{owner}/{name}", "commit": commit}
            rows.append(case | {"question": question, "files": [path], "def_lines": lines})
        link = args.out / "repos" / pack.name
        link.unlink(missing_ok=True)
        if args.ask == "descriptions":
            emptied: dict[str, list[Lines]] = {}
            for said, path, _ in found[: args.most]:
                emptied.setdefault(path, []).extend(comments[said])
            without(pack, link, emptied)
        else:
            link.symlink_to(pack.resolve())
        print(f"{name}@{commit[:7]}: {min(args.most, len(found))} of {len(found)} {args.ask}", flush=True)
    (args.out / "repoqa.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


if __name__ == "__main__":
    main()
