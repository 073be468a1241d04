"""Ways to ask for a place in code, found in what people wrote about it: changelogs, READMEs, test titles, remarks,
names.

Every function here gives plain sentences; `asks.py` knows which lines they point to.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from random import Random

from .queries import BOILERPLATE, plain_text, sentences_of

LONGEST = 70  # words of a question
_NOISE: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.I), plain)
    for pattern, plain in (
        (r"\(?\[?`?[0-9a-f]{7,40}`?\]?\([^)]*\)\)?", " "),
        (r"\[[^\]]*\]\(https?://[^)]*/(?:pull|issues|commit|merge_requests|compare|advisories)/[^)]*\)", " "),
        (r"\[(?:[\w./-]*#\d+|GH-\d+|@[\w-]+)\](?:\([^)]*\)|\[[^\]]*\])?", " "),
        (r"\bthanks?,? (?:to )?\[?@[\w-]+\]?(?:\([^)]*\))?!?(?:\s*-\s)?", " "),
        (r"\b(?:by|via|from) \[?@[\w-]+\]?(?:\([^)]*\))?(?: in \S+)?", " "),
        (
            r"\b(?:closes?|fixes|fixed|resolves?|refs?|see(?: also)?|issue|pr)\s*:?\s*(?:[\w./-]*#\d+|"
            r"https?://\S+)(?:,? (?:and )?#\d+)*",
            " ",
        ),
        (r"\(\s*(?:[\w./-]*#\d+|GH-\d+|https?://\S+|,|and|\s)+\)", " "),
        (r"[\w./-]*#\d+\b|\bGH-\d+\b|https?://\S+|@[\w-]+\b(?!/)", " "),
        (r":[a-z_]+:(?!`)", " "),
        (r"\(\s*\)|\[\s*\]", " "),
    )
)
_BULLET = re.compile(r"^(\s*)(?:[-*+•]|\d+[.)])\s+(.*)$")
_LABEL = re.compile(
    r"^(?:\*\*[^*]{2,40}:?\*\*:?|(?:feat|fix|docs|chore|perf|refactor|add(?:ed)?|change[ds]?|break(?:ing)?)\b[^:]{0,"
    r"30}:)\s*",
    re.I,
)
_MENTION = re.compile(
    r"`([^`\n]{3,80})`|(?<![\w/.-])((?:[A-Za-z_]\w*(?:\.|::|#))*[A-Za-z_]\w*)\(\)|"
    r"(?<![\w/.-])((?:[a-z]+[A-Z]\w+)|(?:[A-Z][a-z0-9]+){2,}\w*|[a-z0-9]+(?:_[a-z0-9]+)+)(?![\w/-])"
)
_TODO = re.compile(
    r"\b(?:TODO|FIXME|XXX|HACK|NOTE\(|eslint|tslint|istanbul|noinspection|nolint|clippy|type: ignore|noqa|pragma|@ts-|"
    r"prettier-ignore|copyright|licen[cs]e|fmt:|region)\b",
    re.I,
)
_CODE = re.compile(
    r"[;{}]\s*$|^\s*(?:if|for|return|const|let|var|def|func|fn|import|assert|print|else|elif)\b.*[(:={]|=>|->|==|"
    r"\w\([^)]*\)\s*$|^[\w.]+\s*=",
    re.M,
)


def clean(text: str) -> str:
    for pattern, plain in _NOISE:
        text = pattern.sub(plain, text)
    text = re.sub(r"\s+([.,;:)])", r"\1", re.sub(r"\s+", " ", text)).strip(" -–—:,")
    return re.sub(r"[,.;(\s]+(?:closes|fixes|contributed|resolves|refs?|see)[.;\s]*$", "", text, flags=re.I)


def bullets(changelog: str) -> Iterator[str]:
    """The items of a changelog, markup kept, references to people, commits and issues removed."""
    item: list[str] = []
    indent = 0
    for line in [*changelog.split("\n"), "- "]:
        start = _BULLET.match(line)
        if (
            start
            or not line.strip()
            or (item and len(line) - len(line.lstrip()) <= indent and line.lstrip()[:1] in "#=-")
        ):
            if item:
                yield clean(" ".join(item))
            item = [start[2]] if start else []
            indent = len(start[1]) if start else 0
        elif item:
            item.append(line.strip())


def mentions(text: str) -> list[tuple[str, str]]:
    """(the words as written, the name meant with its container, joined by dots) for each name in a text."""
    found = []
    for match in _MENTION.finditer(text):
        written = match[0]
        name = re.sub(r"\(.*", "", match[1] or match[2] or match[3]).strip().lstrip("#.@&*")
        name = re.sub(r"::|#", ".", name)
        if re.fullmatch(r"(?:[A-Za-z_$][\w$]*\.)*[A-Za-z_$][\w$]{2,}", name):
            found.append((written, name))
    return found


def plain(text: str) -> str:
    return re.sub(r"\s+", " ", html.unescape(plain_text(text))).strip()


def telling(text: str, least: int = 5) -> bool:
    words = text.split()
    letters = sum(c.isascii() and (c.isalpha() or c == " ") for c in text)
    return least <= len(words) <= LONGEST and letters >= 0.75 * len(text) and not BOILERPLATE.search(text)


def split_name(name: str) -> str:
    return " ".join(part.lower() for part in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", name))


def without(text: str, written: str, name: str, rng: Random) -> str:
    """The text with a name kept in half of the cases, else taken apart into words."""
    apart = split_name(name.split(".")[-1])
    return text if rng.random() < 0.5 or " " not in apart else text.replace(written, apart)


def note(item: str, limit: int = 2) -> str | None:
    """A changelog item as one or two plain sentences."""
    text = plain(_LABEL.sub("", item) if len(item.split()) > 8 else item)
    sentences = sentences_of(text)[:limit]
    if not sentences:
        return None
    said = sentences[0] if len(sentences[0].split()) >= 12 else " ".join(sentences)
    said = " ".join(said.split()[:LONGEST])
    return said if telling(said) else None


def remark(text: str) -> str | None:
    """A comment inside a body, if it is prose."""
    if _TODO.search(text) or _CODE.search(text) or len(text) > 600:
        return None
    said = re.sub(r"\s+", " ", plain(text)).strip(" -=*")
    said = " ".join(sentences_of(said)[:2]) or said
    plain_words = sum(bool(re.fullmatch(r"[(\"']*[A-Za-z][a-z'-]*[\"').,:;!?]*", w)) for w in said.split())
    return said if telling(said, 6) and plain_words >= 0.75 * len(said.split()) else None


def prose(text: str) -> str | None:
    """A sentence of a README, if it is one and not code."""
    said = plain(text).lstrip("*-+> ")
    words = said.split()
    plain_words = sum(bool(re.fullmatch(r"[(\"']*[A-Za-z][a-z'-]*[\"').,:;!?]*", w)) for w in words)
    return None if re.search(r"[{}=]|//|\w\(\S|;", said) or plain_words < 0.7 * len(words) else said


def long_doc(doc: str) -> str | None:
    """All that a doc comment says in words, parameters too: as long as a function's description."""
    text = re.sub(r"```.*?```|^\s*>>>.*?(?=\n\s*\n|\Z)", " ", doc, flags=re.S | re.M)
    text = re.sub(
        r"^\s*@(?:param|arg|returns?|throws|see|since|author|version|example|type|template)\s*", " ", text, flags=re.M
    )
    text = re.sub(r":(?:param|type|returns?|rtype|raises?)\s*([^:]*):", r" \1 ", text)
    words = plain(text).split()
    said = " ".join(words[:90])
    letters = sum(c.isascii() and (c.isalpha() or c == " ") for c in said)
    return said if len(words) >= 25 and letters >= 0.8 * len(said) else None


_THIRD = re.compile(
    r"^(Return|Get|Set|Add|Remove|Create|Check|Make|Read|Write|Parse|Convert|Handle|Update|Find|Build|Compute|"
    r"Validate|Run|Call|Load|Render|Register|Delete|Start|Stop|Send|Open|Close|Apply|Allow|Ensure|Resolve|Wait|Format|"
    r"Generate|Initialize|Process|Extract|Determine|Calculate|Print)(?:s|es)\b"
)
_CONVENTIONAL = ("fix", "feat", "fix", "feat", "refactor", "perf", "chore")


def as_commit(text: str, path: str, rng: Random) -> str:
    """The same words as a commit message: imperative, lower case, sometimes with a prefix."""
    said = _THIRD.sub(lambda m: m[1], text).rstrip(".")
    if not re.match(r"[A-Z]{2}|[A-Z]\w*[A-Z_]", said):
        said = said[:1].lower() + said[1:]
    if re.match(r"[\w()/*-]+: ", said):
        return said
    turn = rng.random()
    parts = re.sub(r"\.\w+$", "", path).split("/")
    scope = next((p for p in reversed(parts) if p not in ("index", "mod", "lib", "main", "__init__", "src")), parts[-1])
    if turn < 0.3:
        return f"{rng.choice(_CONVENTIONAL)}: {said}"
    if turn < 0.45:
        return f"{rng.choice(_CONVENTIONAL)}({scope}): {said}"
    if turn < 0.6:
        return f"{scope}: {said}"
    return said if turn < 0.8 else said[:1].upper() + said[1:]


def as_question(text: str, name: str | None, rng: Random) -> str:
    """The same words as somebody would ask for them; `name` where it is defined once."""
    said = _THIRD.sub(lambda m: m[1], text).rstrip(".")
    said = said[:1].lower() + said[1:]
    verb = bool(_THIRD.match(text)) or bool(re.match(r"[a-z]+ (?:the|a|an|all|if|whether|this|each|any)\b", said))
    ways = (
        [f"Where does it {said}?", f"How does it {said}?", f"Which code is there to {said}?", f"where do we {said}"]
        if verb
        else [f"Where is {said}?", f"What is there for {said}?", f"where is the code for {said}", f"Explain {said}"]
    )
    return rng.choice([*ways, f"What does {name} do?"] if name else ways)


_IT = re.compile(r"\b(?:it|test|specify|t\.Run|b\.Run)\(\s*(?:\w+\s*,\s*)?(['\"`])((?:(?!\1).){8,160})\1")
_RUST_TEST = re.compile(r"#\[(?:[\w:]*)test\b[^\]]*\]\s*(?:#\[[^\]]*\]\s*)*(?:pub\s+)?(?:async\s+)?fn\s+(\w+)")
_FUNCTION_TEST = re.compile(r"^[ \t]*(?:async )?(?:def (test\w+)|func (Test\w+))\(", re.M)
_CALL = re.compile(r"(?<![\w$])([A-Za-z_$][\w$]{2,})\s*(?:::<[^>]*>)?\(")


def tests(source: str) -> Iterator[tuple[str, list[str]]]:
    """(title in words, names called in its body in order) of each test of a file."""
    found = [(m.start(), m[2]) for m in _IT.finditer(source)]
    found += [(m.start(), split_name(re.sub(r"^[Tt]est_?", "", m[1]))) for m in _RUST_TEST.finditer(source)]
    found += [(m.start(), split_name(re.sub(r"^[Tt]est_?", "", m[1] or m[2]))) for m in _FUNCTION_TEST.finditer(source)]
    found.sort()
    for at, (start, title) in enumerate(found):
        end = found[at + 1][0] if at + 1 < len(found) else len(source)
        body = source[start : min(end, start + 3_000)]
        title = re.sub(r"\s+", " ", re.sub(r"[$#%]\{?\w*\}?", " ", title)).strip()
        # The first call is the test's own word or name; `it` is too short to count as one.
        yield title, _CALL.findall(body)[0 if re.match(r"it\b", body) else 1 :]
