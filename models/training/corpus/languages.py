"""Definitions and their doc comments, found with tree-sitter, in every language that training pairs are made of."""

from __future__ import annotations

import ast
import functools
import importlib
import inspect
import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from tree_sitter import Language, Node, Parser, Query, QueryCursor

_FUNCTION_VALUE = "[(arrow_function) (function_expression) (class)]"
_ECMASCRIPT = f"""[(function_declaration) (generator_function_declaration) (class_declaration) (method_definition)
    (variable_declarator value: {_FUNCTION_VALUE}) (assignment_expression right: {_FUNCTION_VALUE})
    (pair value: {_FUNCTION_VALUE})] @d"""


@dataclass(frozen=True)
class Grammar:
    module: str
    suffixes: tuple[str, ...]
    definitions: str  # tree-sitter query; each @d is a definition
    entry: str = "language"
    docs: str = ""  # how a doc comment starts (a pattern); '' for a docstring inside the body
    wrappers: tuple[str, ...] = ()  # parents that belong to the definition: the doc stands before them
    between: tuple[str, ...] = ()  # siblings allowed between doc and definition; they are kept as code
    tags: bool = False  # doc comments are XML


GRAMMARS: dict[str, Grammar] = {
    "python": Grammar("tree_sitter_python", (".py",), "[(function_definition) (class_definition)] @d"),
    "typescript": Grammar(
        "tree_sitter_typescript",
        (".ts", ".tsx"),
        _ECMASCRIPT.replace(
            "] @d",
            """ (abstract_class_declaration) (interface_declaration)
            (public_field_definition value: (arrow_function))] @d""",
        ),
        entry="language_tsx",
        docs=r"/\*\*",
        wrappers=("export_statement", "lexical_declaration", "variable_declaration", "expression_statement"),
        between=("decorator",),
    ),
    "javascript": Grammar(
        "tree_sitter_javascript",
        (".js", ".mjs", ".cjs", ".jsx"),
        _ECMASCRIPT.replace("] @d", " (field_definition value: (arrow_function))] @d"),
        docs=r"/\*\*",
        wrappers=("export_statement", "lexical_declaration", "variable_declaration", "expression_statement"),
        between=("decorator",),
    ),
    "go": Grammar(
        "tree_sitter_go",
        (".go",),
        "[(function_declaration) (method_declaration) (source_file (type_declaration (type_spec) @d))] @d",
        docs=r"//|/\*",
        wrappers=("type_declaration",),
    ),
    "rust": Grammar(
        "tree_sitter_rust",
        (".rs",),
        "[(function_item) (struct_item) (enum_item) (trait_item) (macro_definition)] @d",
        docs=r"///(?!/)|/\*\*",
        between=("attribute_item",),
    ),
    "java": Grammar(
        "tree_sitter_java",
        (".java",),
        """[(method_declaration) (constructor_declaration) (class_declaration) (interface_declaration)
            (enum_declaration) (record_declaration)] @d""",
        docs=r"/\*\*",
    ),
    "c": Grammar("tree_sitter_c", (".c", ".h"), "(function_definition) @d", docs=r"//|/\*"),
    "cpp": Grammar(
        "tree_sitter_cpp",
        (".cc", ".cpp", ".hpp", ".cxx"),
        "[(function_definition) (class_specifier)] @d",
        docs=r"//|/\*",
        wrappers=("template_declaration",),
    ),
    "csharp": Grammar(
        "tree_sitter_c_sharp",
        (".cs",),
        """[(method_declaration) (constructor_declaration) (class_declaration) (interface_declaration)
            (struct_declaration) (enum_declaration) (record_declaration) (property_declaration)] @d""",
        docs=r"///(?!/)|/\*\*",
        tags=True,
    ),
    "php": Grammar(
        "tree_sitter_php",
        (".php",),
        """[(function_definition) (method_declaration) (class_declaration) (interface_declaration) (trait_declaration)
            (enum_declaration)] @d""",
        entry="language_php",
        docs=r"/\*\*",
    ),
    "ruby": Grammar("tree_sitter_ruby", (".rb",), "[(method) (singleton_method) (class) (module)] @d", docs=r"#"),
}

LANGUAGE_OF = {suffix: language for language, grammar in GRAMMARS.items() for suffix in grammar.suffixes}

_CPP = re.compile(rb"^\s*(?:class\s+\w+|namespace\b|template\s*<|using\s+\w+|(?:public|private|protected)\s*:)", re.M)


def language_of(path: str, source: bytes) -> str:
    """By suffix; a .h file that uses C++ words is C++."""
    if path.endswith(".h") and _CPP.search(source):
        return "cpp"
    return LANGUAGE_OF[PurePosixPath(path).suffix]


@dataclass(frozen=True)
class Definition:
    name: str
    doc: str  # markers removed, lines kept
    code: str  # without its doc comment, dedented
    line: int  # first line of the code in the file, from 1
    end_line: int  # last line, inclusive


@functools.cache
def tools(language: str) -> tuple[Parser, Query]:
    grammar = GRAMMARS[language]
    entry = getattr(importlib.import_module(grammar.module), grammar.entry)
    spoken = Language(entry())
    return Parser(spoken), Query(spoken, grammar.definitions)


def definitions(language: str, source: bytes) -> Iterator[Definition]:
    """Every definition that has a doc comment, in the order of the file."""
    parser, query = tools(language)
    found = QueryCursor(query).captures(parser.parse(source).root_node).get("d", [])
    for node in sorted({n.id: n for n in found}.values(), key=lambda n: n.start_byte):
        taken = (_docstring if language == "python" else _comment)(GRAMMARS[language], node, source)
        name = name_of(node)
        if taken and name:
            yield Definition(name, *taken)


def _docstring(_: Grammar, node: Node, source: bytes) -> tuple[str, str, int, int] | None:
    outer = node.parent if node.parent and node.parent.type == "decorated_definition" else node
    found = docstring(node, source)
    if found is None:
        return None
    first, doc = found
    code = _from_line_start(source, outer.start_byte, first.start_byte) + source[first.end_byte : outer.end_byte]
    return doc, _tidy(code), outer.start_point.row + 1, outer.end_point.row + 1


def _comment(grammar: Grammar, node: Node, source: bytes) -> tuple[str, str, int, int] | None:
    outer = node
    while outer.parent and outer.parent.type in grammar.wrappers:
        outer = outer.parent
    start, found = doc_comment(grammar, outer, source)
    if not found:
        return None
    doc = said(grammar, found, source)
    code = _from_line_start(source, start.start_byte, outer.end_byte)
    return doc.strip(), _tidy(code), start.start_point.row + 1, outer.end_point.row + 1


def docstring(node: Node, source: bytes) -> tuple[Node, str] | None:
    """The statement that is a Python definition's docstring, and what it says."""
    body = node.child_by_field_name("body")
    first = body.named_children[0] if body and body.named_children else None
    if first is None or first.type != "expression_statement" or first.named_children[0].type != "string":
        return None
    try:
        doc = ast.literal_eval(text_of(first, source).strip())
    except (ValueError, SyntaxError):
        return None
    return (first, inspect.cleandoc(doc)) if isinstance(doc, str) else None


def doc_comment(grammar: Grammar, outer: Node, source: bytes) -> tuple[Node, list[Node]]:
    """Where a definition begins, attributes and the like included, and the comments right above, first to last."""
    start, above = outer, outer.prev_named_sibling
    while above and above.type in grammar.between:
        start, above = above, above.prev_named_sibling
    if above is None and outer.parent is not None and outer.parent.type == "body_statement":
        above = outer.parent.prev_named_sibling  # Ruby's grammar leaves the first comment of a body outside of it
    found: list[Node] = []
    below = start
    while above and "comment" in above.type and below.start_point.row - last_row(above) <= 1:
        if not re.match(grammar.docs, text_of(above, source)):
            break
        previous = above.prev_sibling
        if previous and last_row(previous) == above.start_point.row:  # a remark at the end of a line of code
            break
        found.append(above)
        if text_of(above, source).startswith("/*"):
            break
        below, above = above, above.prev_named_sibling
    return start, found[::-1]


def name_of(node: Node) -> str:
    for field in ("name", "left", "key", "property"):
        part = node.child_by_field_name(field)
        if part is not None:
            return (part.text or b"").decode("utf-8", "replace").strip("'\"#")
    part = node.child_by_field_name("declarator")
    while part is not None and part.child_by_field_name("declarator") is not None:
        part = part.child_by_field_name("declarator")
    return (part.text or b"").decode("utf-8", "replace") if part is not None else ""


def text_of(node: Node, source: bytes) -> str:
    return source[node.start_byte : node.end_byte].decode("utf-8", "replace")


def last_row(node: Node) -> int:
    """Row of a node's last character; a Rust line comment takes its newline along."""
    return node.end_point.row - (node.end_point.column == 0)


def _from_line_start(source: bytes, start: int, end: int) -> bytes:
    """With the indentation before `start`, so that the whole can be dedented."""
    line = source.rfind(b"\n", 0, start) + 1
    return source[line if not source[line:start].strip() else start : end]


def _tidy(code: bytes) -> str:
    lines = code.decode("utf-8", "replace").replace("\r\n", "\n").expandtabs(4).split("\n")
    kept = [line.rstrip() for line in lines]
    return re.sub(r"\n{3,}", "\n\n", textwrap.dedent("\n".join(kept))).replace(":\n\n", ":\n", 1).strip("\n")


_CITED = re.compile(r'<(?:see|seealso|paramref|typeparamref)\s+\w+="(?:\w:)?([^"]*)"\s*/>')
_SUMMARY = re.compile(r"<summary>(.*?)</summary>", re.S)


def said(grammar: Grammar, comments: list[Node], source: bytes) -> str:
    """The comments' words, without their marks; of one in XML its summary, or all without tags."""
    doc = "\n".join(unmark(text_of(comment, source)) for comment in comments)
    if not grammar.tags:
        return doc
    found = _SUMMARY.search(doc)
    return re.sub(r"</?\w+[^>]*>", "", _CITED.sub(r"\1", found[1] if found else doc))


def unmark(comment: str) -> str:
    if comment.startswith("/*"):
        inner = re.sub(r"^/\*+!?|\*+/\s*$", "", comment)
        return "\n".join(re.sub(r"^\s*\*+ ?", "", line) for line in inner.split("\n"))
    return re.sub(r"^(?://[/!]*|#+) ?", "", comment.rstrip("\n"))
