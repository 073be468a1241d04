"""Training questions: segments as the program cuts them, and several kinds of questions that point to each.

    python -m models.training.corpus --out DIR [--never FILE]

Writes DIR/segments.jsonl (id, package, registry, language, path, start, end, text, split) and DIR/questions.jsonl (text, form,
segments: the ids of those that answer it, the first one most; split). One cached segment state serves all of its questions.

Per package: source files are outlined (outline.py); doc comments, remarks, changelog items, README sentences, test titles and
names become questions that point to lines (forms.py); of the files with the most of them, part of the doc comments and remarks
is taken out, so that a question is not always answered by itself; the program's own code cuts them (segments.ts).
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
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from datasketch import MinHash, MinHashLSH

from . import forms
from .languages import LANGUAGE_OF, language_of
from .outline import Declared, Outline, outline
from .pairs import NEAR, PERMUTATIONS, SHINGLE, Denied, _SKIPPED_FOLDERS, _TEST, _unreadable, copyleft, normal, unbuilt
from .queries import query_of
from .registries import Package, bring_all, cache_folder, cloned

log = logging.getLogger("corpus")

SEED = "2026-11"
TAKEN_OUT = {"doc": 0.6, "remark": 0.75}  # share of the doc comments and remarks that leave the text they are asked about
AMBIGUOUS = 2  # a name defined in more places points nowhere
FILES = 40  # files of one package that are cut
QUESTIONS = {"doc": 1, "long": 1, "change": 3, "readme": 2, "test": 2, "remark": 2, "name": 1, "both": 1}  # per segment
KEPT = {"name": 0.35, "long": 0.6, "remark": 0.6}  # share of a plentiful form that stays: every question costs its states
COMMON_NAMES = {"constructor", "toString", "String", "main", "init", "new", "New", "default", "test", "setUp", "get", "set", "run", "__init__"}  # fmt: skip
_CHANGELOG = re.compile(r"(?:^|/)(?:changelog|changes|history|news|release[-_ ]?notes)[^/]*\.(?:md|rst|txt)$", re.I)
_README = re.compile(r"(?:^|/)readme[^/]*\.(?:md|rst|txt)$", re.I)
_LANGUAGES = ("python", "typescript", "javascript", "go", "rust", "java", "c", "cpp", "csharp", "php", "ruby")


@dataclass
class Ask:
    form: str
    text: str
    path: str
    lines: list[tuple[str, int, int]]  # (path, first line, last line) of every place meant


@dataclass
class File:
    path: str
    language: str
    source: bytes
    outline: Outline
    removed: set[int] = field(default_factory=set)


def read(package: Package, denied: Denied) -> tuple[list[File], list[tuple[str, str]], list[tuple[str, str]]]:
    """Source files with their outlines, test files and prose of a package."""
    sources: list[tuple[str, str, bytes]] = []
    prose: list[tuple[str, str]] = []
    for path, source in package.files((*LANGUAGE_OF, ".md", ".rst", ".txt")):
        path = re.sub(r"^package/", "", path)
        if _SKIPPED_FOLDERS.search(path) or denied.path(path):
            continue
        if path.endswith((".md", ".rst", ".txt")):
            if _CHANGELOG.search(path) or _README.search(path):
                prose.append((path, source.decode("utf-8", "replace")))
        elif not _unreadable(source):
            sources.append((language_of(path, source), path, source.replace(b"\r\n", b"\n")))
    sources = unbuilt(sources)
    tests = [(path, source.decode("utf-8", "replace")) for language, path, source in sources if _TEST.search(path) or language == "rust"]
    files = []
    for language, path, source in sources:
        if _TEST.search(path) or len(source) > 200_000:
            continue
        try:
            files.append(File(path, language, source, outline(language, source)))
        except (ValueError, RecursionError):
            log.warning("not understood: %s %s", package.name, path)
    return files, tests, prose


class Names:
    """Where a package defines what."""

    def __init__(self, files: list[File]) -> None:
        self.places: dict[str, list[tuple[File, Declared]]] = collections.defaultdict(list)
        for file in files:
            for one in file.outline.declared:
                self.places[one.name].append((file, one))

    def find(self, name: str) -> list[tuple[File, Declared]]:
        """The one or two definitions that a name (`container.name` or bare) means; [] where that is not clear."""
        *containers, last = name.split(".")
        if last in COMMON_NAMES or len(last) < 3:
            return []
        found = self.places.get(last, [])
        if len(found) > AMBIGUOUS and containers:
            found = [(f, d) for f, d in found if d.container.lower() == containers[-1].lower()]
        return found if len(found) <= AMBIGUOUS else []


def asks(package: Package, files: list[File], tests, prose, rng: Random) -> list[Ask]:
    names = Names(files)
    found: list[Ask] = []
    for file in files:
        found += own(file, names, rng)
    for path, text in prose:
        if _CHANGELOG.search(path):
            items = ((item, "change") for item in forms.bullets(text[:300_000]))
        else:
            items = ((sentence, "readme") for paragraph in re.split(r"\n\s*\n", text) for sentence in re.split(r"(?<=[.!?])\s+(?=[A-Z`])", re.sub(r"\s+", " ", paragraph)) if not paragraph.lstrip().startswith(("|", "```", "    ")))
        for item, form in items:
            ask = mentioned(item, form, path, names, rng)
            if ask:
                found.append(ask)
    for path, text in tests:
        if len(text) < 300_000:
            found += titled(path, text, names)
    return found


def place(file: File, one: Declared) -> tuple[str, int, int]:
    return (file.path, one.line, one.end_line)


def own(file: File, names: Names, rng: Random) -> list[Ask]:
    """What a file says about itself: doc comments, remarks and names."""
    found: list[Ask] = []
    for one in file.outline.declared:
        where = [place(file, one)]
        said = query_of(one.doc, one.name) if one.doc else None
        if said and one.end_line - one.line >= 2:
            turn = rng.random()
            text = said if turn < 0.4 else forms.as_commit(said, file.path, rng) if turn < 0.7 else forms.as_question(said, one.name if len(names.places[one.name]) == 1 else None, rng)
            found.append(Ask("doc", text, file.path, where))
            full = forms.long_doc(one.doc)
            if full:
                found.append(Ask("long", full, file.path, where))
        if one.end_line - one.line >= 3 and len(names.places[one.name]) == 1 and one.name not in COMMON_NAMES:
            apart = forms.split_name(one.name)
            if len(apart.split()) >= 2 and len(apart) >= 8:
                whole = f"{one.container}.{one.name}" if one.container else one.name
                ways = (apart, apart, f"{forms.split_name(one.container)} {apart}".strip(), f"where is {apart}", f"{whole} does not work", f"What does {one.name} do?")
                found.append(Ask("name", rng.choice(ways), file.path, where))
    for remark in file.outline.remarks:
        said = forms.remark(remark.text)
        if said:
            text = said if rng.random() < 0.6 else forms.as_commit(said, file.path, rng)
            found.append(Ask("remark", text, file.path, [(file.path, remark.line, remark.end_line + 1)]))
    return found


def mentioned(item: str, form: str, path: str, names: Names, rng: Random) -> Ask | None:
    """A changelog item or README sentence that names something defined in one or two places."""
    said = forms.note(item) if form == "change" else forms.prose(item)
    if not said or not forms.telling(said):
        return None
    meant: dict[str, list] = {}
    for written, name in forms.mentions(item)[:4]:
        bare = written.strip("`")
        if bare in said and names.find(name):
            meant[bare] = names.find(name)
    if not meant:
        return None
    lines: list[tuple[str, int, int]] = []
    for written, places in meant.items():
        said = forms.without(said, written, re.sub(r"\(.*", "", written), rng)
        lines += [place(file, one) for file, one in places]
    if form == "change" and rng.random() < 0.5:
        said = forms.as_commit(said, lines[0][0], rng)
    return Ask(form, said, lines[0][0], lines[:3])


def titled(path: str, text: str, names: Names) -> list[Ask]:
    """Test titles point to what the test calls, if its name shares a word with the title or nothing else is called."""
    found = []
    for title, called in forms.tests(text):
        if len(title.split()) < 2 or len(title) > 160:
            continue
        meant = {}
        for name in dict.fromkeys(called):
            places = [p for p in names.find(name) if p[0].path != path or p[0].language == "rust"]
            if places:
                meant[name] = places
        words = set(normal(title).split())
        close = {n: p for n, p in meant.items() if words & {w for w in forms.split_name(n).split() if len(w) > 3}}
        chosen = close or (meant if len(meant) == 1 else {})
        if not chosen or len(chosen) > 2 or (len(title.split()) < 4 and not close):
            continue
        lines = [place(file, one) for places in chosen.values() for file, one in places][:3]
        found.append(Ask("test", title, lines[0][0], lines))
    return found


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


def cut(texts: list[dict], base: Path) -> dict[str, list[dict]]:
    """Every file's segments by file id, by the program's own code."""
    script = Path(__file__).with_name("segments.ts")
    stdin = "".join(json.dumps(text) + "\n" for text in texts)
    done = subprocess.run(["node", str(script), str(base)], input=stdin, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(done.stderr[-600:])
    return {row["id"]: row["segments"] for row in map(json.loads, done.stdout.splitlines())}


@dataclass
class Cut:
    package: Package
    language: str
    files: list[File]
    asks: list[Ask]
    segments: dict[str, list[dict]] = field(default_factory=dict)  # by path


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


def resolve(one: Cut) -> tuple[list[dict], dict[int, list[tuple[str, str, list[int]]]]]:
    """Segments of a package and, by segment, (form, text, all segments meant) of the questions that mean it first."""
    segments: list[dict] = []
    at: dict[str, list[tuple[int, int, int]]] = {}
    moved: dict[str, list[int]] = {}
    for file in one.files:
        count = file.source.count(b"\n") + 2
        kept, now = [], 0
        for line in range(count + 1):
            now += line > 0 and line not in file.removed
            kept.append(now)
        moved[file.path] = kept
        for cut_ in one.segments.get(file.path, []):
            at.setdefault(file.path, []).append((cut_["start"], cut_["end"], len(segments)))
            segments.append({"path": file.path, **cut_})
    about: dict[int, list[tuple[str, str, list[int]]]] = collections.defaultdict(list)
    for ask in one.asks:
        meant: list[int] = []
        for path, first, last in ask.lines:
            if path not in at:
                continue
            kept = moved[path]
            begin, end = kept[min(first, len(kept) - 1)], kept[min(last, len(kept) - 1)]
            if ask.form == "remark":
                begin = end
            overlap = [index for start, stop, index in at[path] if start <= end and begin <= stop]
            meant += overlap[:3]
        if meant:
            about[meant[0]].append((ask.form, ask.text, list(dict.fromkeys(meant))[:4]))
    return segments, about


class Near:
    """Refuses near copies of a text that was seen before."""

    def __init__(self) -> None:
        self.near = MinHashLSH(threshold=NEAR, num_perm=PERMUTATIONS)
        self.empty = MinHash(num_perm=PERMUTATIONS)
        self.count = 0

    def add(self, text: str) -> bool:
        tokens = re.findall(r"\w+|[^\w\s]", text)
        sketch = self.empty.copy()
        starts = range(max(1, len(tokens) - SHINGLE + 1))
        sketch.update_batch({" ".join(tokens[i : i + SHINGLE]).encode() for i in starts})
        if self.near.query(sketch):
            return False
        self.near.insert(self.count, sketch)
        self.count += 1
        return True


def pick(cuts: list[Cut], split: str, per_package: int, per_language: int, near: Near, first: int) -> tuple[list[dict], list[dict]]:
    """Round after round one segment of each package of a language; then the questions whose segments are all there."""
    rng = Random(f"{SEED} {split}")
    rank = {"change": 3.0, "readme": 2.0, "test": 2.0, "doc": 1.0, "remark": 1.0, "long": 0.5, "name": 0.2, "both": 0}
    segments: list[dict] = []
    questions: list[dict] = []
    said: set[str] = set()
    for language in _LANGUAGES:
        piles = []
        for one in cuts:
            if one.language != language:
                continue
            found, about = resolve(one)
            order = sorted(about, key=lambda s: -sum(rank[f] for f in {f for f, _, _ in about[s]}) - 2 * rng.random())
            piles.append((one, found, about, order[: 3 * per_package], {}))
        before = len(segments)
        for _ in range(per_package):
            for one, found, about, order, chosen in piles:
                if len(segments) - before >= per_language:
                    break
                while order:
                    index = order.pop(0)
                    text = found[index]["text"]
                    if len(re.findall(r"\w+", text)) < 12 or not near.add(text):
                        continue
                    chosen[index] = first + len(segments)
                    segments.append({"id": first + len(segments), "package": one.package.name, "registry": one.package.registry, "language": language, **found[index], "split": split})  # fmt: skip
                    break
        for _, _, about, _, chosen in piles:
            for index in chosen:
                questions += asked(about[index], chosen, said, split, rng)
    return segments, questions


def asked(about: list[tuple[str, str, list[int]]], chosen: dict[int, int], said: set[str], split: str, rng: Random) -> list[dict]:
    """A segment's questions, each form up to its cap, and one that joins two of them."""
    count: collections.Counter[str] = collections.Counter()
    kept = []
    for form, text, meant in sorted(about, key=lambda _: rng.random()):
        key = normal(text)
        if count[form] >= QUESTIONS[form] or key in said or not key:
            continue
        said.add(key)
        count[form] += 1
        ids = [chosen[m] for m in meant if m in chosen]
        kept.append({"text": text, "form": form, "segments": ids, "split": split})
    if len(kept) >= 2 and rng.random() < 0.4:
        one, two = rng.sample([k for k in kept if k["form"] != "long"] or kept, 2) if len([k for k in kept if k["form"] != "long"]) >= 2 else kept[:2]
        text = f"{one['text'].rstrip('.')}. {two['text']}"
        if len(text.split()) <= 90:
            kept.append({"text": text, "form": "both", "segments": list(dict.fromkeys([*one["segments"], *two["segments"]])), "split": split})  # fmt: skip
    return kept


def stays(question: dict) -> bool:
    """By the question's own words, so that the choice does not depend on what else there is."""
    return zlib.crc32(question["text"].encode()) < KEPT.get(question["form"], 1.0) * 2**32


def table(segments: list[dict], questions: list[dict]) -> str:
    form_of = collections.Counter((segments[q["segments"][0]]["language"], q["split"], q["form"]) for q in questions)
    count = collections.Counter((s["language"], s["split"]) for s in segments)
    packages = {key: len({s["package"] for s in segments if (s["language"], s["split"]) == key}) for key in count}
    rows = [f"{'language':<12}{'split':<7}{'packages':>9}{'segments':>9}" + "".join(f"{f:>8}" for f in QUESTIONS)]
    for language, split in sorted(count):
        own_forms = "".join(f"{form_of[language, split, f]:>8}" for f in QUESTIONS)
        rows.append(f"{language:<12}{split:<7}{packages[language, split]:>9}{count[language, split]:>9}{own_forms}")
    return "\n".join(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description="Training questions over segments, from the source packages of five registries")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--packages", type=Path, default=Path(__file__).with_name("packages.toml"))
    parser.add_argument("--base", type=Path, default=Path("models/base"))
    parser.add_argument("--never", type=Path, help="more repositories that must not train: owner/name, one a line")
    parser.add_argument("--per-package", type=int, default=60, help="training segments of one package and language")
    parser.add_argument("--per-package-valid", type=int, default=80)
    parser.add_argument("--per-language", type=int, default=2_600)
    parser.add_argument("--git", nargs="*", default=[], metavar="owner/name=GITDIR", help="clones whose files are packages too")
    parser.add_argument("--git-only", action="store_true", help="nothing from registries")
    parser.add_argument("--only", help="packages whose name holds this, to look at")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    listed = tomllib.loads(options.packages.read_text())
    denied = Denied(listed["denied"], options.never)
    valid = set(listed["valid"]["packages"])
    brought = [] if options.git_only else bring_all(listed["roots"], cache_folder())
    packages = [p for p in [*brought, *(cloned(one, cache_folder() / "git") for one in options.git)] if not options.only or options.only in p.name]
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
            texts += [{"id": f"{split} {number} {f.path}", "path": f.path, "text": take_out(f, one.asks, rng)} for f in one.files]
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
