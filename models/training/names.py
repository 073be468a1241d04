"""Questions about names, for `npm run eval -- --tasks repoqa`: what is defined once in a packed repository, asked for in words.

    pip install -r models/training/requirements.txt
    python -m models.training.names --data DIR --out NAMES [name ...]

NAMES becomes a data folder: repoqa.jsonl, and links to the packed repositories. Where a name is defined is told by tree-sitter's grammars,
not by the lines' shapes that the project's ranking goes by.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import tarfile
from pathlib import Path, PurePosixPath

from .languages import LANGUAGE_OF, language_of
from .outline import outline

QUESTIONS = (
    "In which file is `{}` defined?",
    "Where is {} defined?",
    "What does `{}` do?",
    "How does {} work?",
    "Explain `{}`.",
    "What is {} for?",
)
PACK = re.compile(r"(?P<owner>.+?)__(?P<name>.+)@(?P<commit>[0-9a-f]+)\.tar\.xz")
# Names of tests, examples and the like are seldom asked for, and every repository has its own idea of where they are.
ASIDE = re.compile(
    r"(^|[/_.-])(_?examples?|benchmarks?|docs?|fixtures?|playground|specs?|testing|tests?|__tests__|vendor)([/_.-]|$)", re.I
)
LARGEST = 300_000  # bytes; larger sources are generated
SHORTEST = 4  # letters of a name


def definitions(pack: Path) -> list[tuple[str, str, list[int]]]:
    """Names that one file of the repository defines and no other, with that file and the lines, from 1."""
    where: dict[str, set[tuple[str, int]]] = {}
    with tarfile.open(pack) as archive:
        for member in archive:
            path = member.name.removeprefix("./")
            if not member.isfile() or member.size > LARGEST or PurePosixPath(path).suffix not in LANGUAGE_OF:
                continue
            file = archive.extractfile(member)
            source = file.read() if file else b""
            for one in outline(language_of(path, source), source).declared:
                where.setdefault(one.name, set()).add((path, one.line))
    found = []
    for name, places in sorted(where.items()):
        paths = {path for path, _ in places}
        if len(paths) == 1 and len(name) >= SHORTEST and not ASIDE.search(min(paths)):
            found.append((name, min(paths), sorted(line for _, line in places)))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="a data folder with repos/*.tar.xz")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--most", type=int, default=60, help="names of one repository")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("names", nargs="*", help="name or name@commit; every repository when left out")
    args = parser.parse_args()
    (args.out / "repos").mkdir(parents=True, exist_ok=True)
    rows = []
    for pack in sorted((args.data / "repos").glob("*.tar.xz")):
        known = PACK.fullmatch(pack.name)
        if known is None:
            continue
        owner, name, commit = known["owner"], known["name"], known["commit"]
        if args.names and not {name, f"{name}@{commit[:7]}"} & set(args.names):
            continue
        link = args.out / "repos" / pack.name
        if not link.exists():
            link.symlink_to(pack.resolve())
        all_names = definitions(pack)
        random.Random(args.seed).shuffle(all_names)
        for at, (asked, path, lines) in enumerate(all_names[: args.most]):
            question = QUESTIONS[at % len(QUESTIONS)].format(asked)
            case = {"id": f"name-{name}-{commit[:7]}-{at:02d}", "repo": f"{owner}/{name}", "commit": commit}
            rows.append(case | {"question": question, "files": [path], "def_lines": lines})
        print(f"{name}@{commit[:7]}: {min(args.most, len(all_names))} of {len(all_names)} names", flush=True)
    (args.out / "repoqa.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


if __name__ == "__main__":
    main()
