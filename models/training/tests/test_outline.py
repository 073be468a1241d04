from __future__ import annotations

import pytest

from models.training.corpus.languages import GRAMMARS, definitions, language_of
from models.training.corpus.outline import outline

DOC = "Adds two numbers and gives their sum."
REMARK = "This is what the caller wants."
BODY = f"    // {REMARK}\n    return a + b;\n"
SOURCES = {
    "python": f'class Sum:\n    def add(self, a, b):\n        """{DOC}"""\n        # {REMARK}\n        return a + b\n',
    "javascript": f"class Sum {{\n  /** {DOC} */\n  add(a, b) {{\n{BODY}  }}\n}}\n",
    "typescript": f"class Sum {{\n  /** {DOC} */\n  add(a: number, b: number): number {{\n{BODY}  }}\n}}\n",
    "go": f"package sum\n\n// {DOC}\nfunc (s *Sum) add(a int, b int) int {{\n\t// {REMARK}\n\treturn a + b\n}}\n",
    "rust": f"impl Sum {{\n  /// {DOC}\n  fn add(a: i64, b: i64) -> i64 {{\n    // {REMARK}\n    a + b\n  }}\n}}\n",
    "java": f"class Sum {{\n  /** {DOC} */\n  int add(int a, int b) {{\n{BODY}  }}\n}}\n",
    "c": f"/** {DOC} */\nint add(int a, int b) {{\n{BODY}}}\n",
    "cpp": f"class Sum {{\n  /// {DOC}\n  int add(int a, int b) {{\n{BODY}  }}\n}};\n",
    "csharp": f"class Sum {{\n  /// <summary>{DOC}</summary>\n  int add(int a, int b) {{\n{BODY}  }}\n}}\n",
    "php": f"<?php\nclass Sum {{\n  /** {DOC} */\n  function add($a, $b) {{\n{BODY}  }}\n}}\n",
    "ruby": f"class Sum\n  # {DOC}\n  def add(a, b)\n    # {REMARK}\n    a + b\n  end\nend\n",
}


def test_every_language_is_tested() -> None:
    assert set(SOURCES) == set(GRAMMARS)


@pytest.mark.parametrize("language", SOURCES)
def test_a_definition_is_found_with_its_doc_comment_and_remarks(language: str) -> None:
    source = SOURCES[language]
    lines = source.split("\n")
    found = outline(language, source.encode())
    [add] = [one for one in found.declared if one.name == "add"]
    assert DOC in add.doc
    # A Rust implementation is no definition, and C has no classes.
    assert add.container == ("" if language in ("c", "rust") else "Sum")
    assert "add" in lines[add.line - 1]
    assert add.doc_lines is not None
    assert all(DOC in line for line in lines[add.doc_lines[0] - 1 : add.doc_lines[1]])
    [remark] = found.remarks
    assert remark.text.strip() == REMARK
    assert remark.text.strip() in lines[remark.line - 1]


@pytest.mark.parametrize("language", SOURCES)
def test_a_documented_definition_comes_without_its_comment(language: str) -> None:
    [add] = [one for one in definitions(language, SOURCES[language].encode()) if one.name.endswith("add")]
    assert DOC in add.doc
    assert DOC not in add.code


@pytest.mark.parametrize(
    ("path", "source", "language"),
    [
        ("a.py", b"", "python"),
        ("a.h", b"int f(void);", "c"),
        ("a.h", b"namespace a {}", "cpp"),
        ("a.tsx", b"", "typescript"),
    ],
)
def test_a_language_is_told_by_the_path_and_for_headers_by_the_text(path: str, source: bytes, language: str) -> None:
    assert language_of(path, source) == language
