"""What a source file defines, documents and remarks on, with the lines of each: the places that questions point to."""

from __future__ import annotations

import functools
import importlib
import re
from dataclasses import dataclass

from tree_sitter import Language, Node, Query, QueryCursor

from .languages import GRAMMARS, doc_comment, docstring, last_row, name_of, said, text_of, tools, unmark

COMMENTS = {"rust": "[(line_comment) (block_comment)] @c", "java": "[(line_comment) (block_comment)] @c"}


@dataclass(frozen=True)
class Declared:
    name: str
    container: str  # the definition around it, '' at the outermost level
    line: int  # first line of the definition without its doc comment, from 1
    end_line: int
    doc: str
    doc_lines: tuple[int, int] | None  # lines that hold the doc comment and nothing else


@dataclass(frozen=True)
class Remark:
    text: str
    line: int  # first line of the comment, from 1
    end_line: int


@dataclass(frozen=True)
class Outline:
    declared: list[Declared]
    remarks: list[Remark]  # comments inside bodies, on lines of their own


@functools.cache
def _comments(language: str) -> Query:
    grammar = GRAMMARS[language]
    spoken = Language(getattr(importlib.import_module(grammar.module), grammar.entry)())
    return Query(spoken, COMMENTS.get(language, "(comment) @c"))


def outline(language: str, source: bytes) -> Outline:
    parser, query = tools(language)
    root = parser.parse(source).root_node
    nodes = {n.id: n for n in QueryCursor(query).captures(root).get("d", [])}
    declared: list[Declared] = []
    open_: list[tuple[int, str]] = []
    for node in sorted(nodes.values(), key=lambda n: (n.start_byte, -n.end_byte)):
        name = name_of(node).split(".")[-1]
        if not re.fullmatch(r"[A-Za-z_$][\w$]*", name):
            continue
        while open_ and open_[-1][0] <= node.start_byte:
            open_.pop()
        container = open_[-1][1] if open_ else _receiver(node)
        open_.append((node.end_byte, name))
        outer = _outer(language, node)
        doc, lines = (_docstring if language == "python" else _comment)(language, node, outer, source)
        declared.append(Declared(name, container, outer.start_point.row + 1, outer.end_point.row + 1, doc, lines))
    return Outline(declared, _remarks(language, root, declared, source))


def _receiver(node: Node) -> str:
    """Go's methods stand outside of their type."""
    part = node.child_by_field_name("receiver")
    found = re.search(r"(\w+)(?:\[[^\]]*\])?\)$", (part.text or b"").decode("utf-8", "replace")) if part else None
    return found[1] if found else ""


def _outer(language: str, node: Node) -> Node:
    if language == "python":
        return node.parent if node.parent and node.parent.type == "decorated_definition" else node
    outer = node
    while outer.parent and outer.parent.type in GRAMMARS[language].wrappers:
        outer = outer.parent
    return outer


def _docstring(_: str, node: Node, outer: Node, source: bytes) -> tuple[str, tuple[int, int] | None]:
    found = docstring(node, source)
    if found is None:
        return "", None
    first, doc = found
    lines = (first.start_point.row + 1, first.end_point.row + 1)
    body = first.parent
    alone = lines[0] > node.start_point.row + 1 and body is not None and len(body.named_children) > 1
    return doc, lines if alone else None


def _comment(language: str, node: Node, outer: Node, source: bytes) -> tuple[str, tuple[int, int] | None]:
    _, found = doc_comment(GRAMMARS[language], outer, source)
    if not found:
        return "", None
    doc = said(GRAMMARS[language], found, source).strip()
    lines = (found[0].start_point.row + 1, last_row(found[-1]) + 1)
    return doc, lines if lines[1] <= outer.start_point.row else None


def _remarks(language: str, root: Node, declared: list[Declared], source: bytes) -> list[Remark]:
    lines = source.split(b"\n")
    documented = {n for d in declared if d.doc_lines for n in range(d.doc_lines[0], d.doc_lines[1] + 1)}
    inside = {n for d in declared for n in range(d.line + 1, d.end_line)}
    runs: list[list[Node]] = []
    for node in sorted(QueryCursor(_comments(language)).captures(root).get("c", []), key=lambda n: n.start_byte):
        row = node.start_point.row
        alone = lines[row][: node.start_point.column].strip() == b""
        last = last_row(node)
        if not alone or row + 1 in documented or row + 1 not in inside or last + 1 >= len(lines):
            continue
        if node.end_point.column and lines[last][node.end_point.column :].strip():
            continue
        if runs and last_row(runs[-1][-1]) + 1 == row:
            runs[-1].append(node)
        else:
            runs.append([node])
    return [Remark(_said(language, run, source), run[0].start_point.row + 1, last_row(run[-1]) + 1) for run in runs]


def _said(language: str, run: list[Node], source: bytes) -> str:
    if language == "python":
        return "\n".join(re.sub(r"^#+:? ?", "", text_of(node, source)) for node in run)
    return "\n".join(unmark(text_of(node, source)) for node in run)
