"""What a package says about places in its own files, as questions that point to lines."""

from __future__ import annotations

import collections
import re
from dataclasses import dataclass, field
from random import Random

from . import forms
from .outline import Declared, Outline
from .queries import query_of
from .registries import Package
from .rules import normal

AMBIGUOUS = 2  # a name defined in more places points nowhere
COMMON_NAMES = set("constructor toString String main init new New default test setUp get set run __init__".split())
CHANGELOG = re.compile(r"(?:^|/)(?:changelog|changes|history|news|release[-_ ]?notes)[^/]*\.(?:md|rst|txt)$", re.I)


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
        if CHANGELOG.search(path):
            items = ((item, "change") for item in forms.bullets(text[:300_000]))
        else:
            items = (
                (sentence, "readme")
                for paragraph in re.split(r"\n\s*\n", text)
                for sentence in re.split(r"(?<=[.!?])\s+(?=[A-Z`])", re.sub(r"\s+", " ", paragraph))
                if not paragraph.lstrip().startswith(("|", "```", "    "))
            )
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
            text = (
                said
                if turn < 0.4
                else forms.as_commit(said, file.path, rng)
                if turn < 0.7
                else forms.as_question(said, one.name if len(names.places[one.name]) == 1 else None, rng)
            )
            found.append(Ask("doc", text, file.path, where))
            full = forms.long_doc(one.doc)
            if full:
                found.append(Ask("long", full, file.path, where))
        if one.end_line - one.line >= 3 and len(names.places[one.name]) == 1 and one.name not in COMMON_NAMES:
            apart = forms.split_name(one.name)
            if len(apart.split()) >= 2 and len(apart) >= 8:
                whole = f"{one.container}.{one.name}" if one.container else one.name
                ways = (
                    apart,
                    apart,
                    f"{forms.split_name(one.container)} {apart}".strip(),
                    f"where is {apart}",
                    f"{whole} does not work",
                    f"What does {one.name} do?",
                )
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
