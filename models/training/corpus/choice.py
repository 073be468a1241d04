"""Which segments of the cut packages train, and which of the questions about them."""

from __future__ import annotations

import collections
import re
import zlib
from dataclasses import dataclass, field
from random import Random

from .asks import Ask, File
from .cut import SEED
from .near import Near
from .registries import Package
from .rules import normal

QUESTIONS = {"doc": 1, "long": 1, "change": 3, "readme": 2, "test": 2, "remark": 2, "name": 1, "both": 1}  # per segment
KEPT = {
    "name": 0.35,
    "long": 0.6,
    "remark": 0.6,
}  # share of a plentiful form that stays: every question costs its states
_LANGUAGES = ("python", "typescript", "javascript", "go", "rust", "java", "c", "cpp", "csharp", "php", "ruby")


@dataclass
class Cut:
    package: Package
    language: str
    files: list[File]
    asks: list[Ask]
    segments: dict[str, list[dict]] = field(default_factory=dict)  # by path


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


def pick(
    cuts: list[Cut], split: str, per_package: int, per_language: int, near: Near, first: int
) -> tuple[list[dict], list[dict]]:
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
            for one, found, _, order, chosen in piles:
                if len(segments) - before >= per_language:
                    break
                while order:
                    index = order.pop(0)
                    text = found[index]["text"]
                    if len(re.findall(r"\w+", text)) < 12 or not near.add(text):
                        continue
                    chosen[index] = first + len(segments)
                    segments.append(
                        {
                            "id": first + len(segments),
                            "package": one.package.name,
                            "registry": one.package.registry,
                            "language": language,
                            **found[index],
                            "split": split,
                        }
                    )
                    break
        for _, _, about, _, chosen in piles:
            for index in chosen:
                questions += asked(about[index], chosen, said, split, rng)
    return segments, questions


def asked(
    about: list[tuple[str, str, list[int]]], chosen: dict[int, int], said: set[str], split: str, rng: Random
) -> list[dict]:
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
        one, two = (
            rng.sample([k for k in kept if k["form"] != "long"] or kept, 2)
            if len([k for k in kept if k["form"] != "long"]) >= 2
            else kept[:2]
        )
        text = f"{one['text'].rstrip('.')}. {two['text']}"
        if len(text.split()) <= 90:
            kept.append(
                {
                    "text": text,
                    "form": "both",
                    "segments": list(dict.fromkeys([*one["segments"], *two["segments"]])),
                    "split": split,
                }
            )
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
