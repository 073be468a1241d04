from __future__ import annotations

from random import Random

import pytest

from models.training.corpus import forms
from models.training.corpus.queries import query_of


@pytest.mark.parametrize(
    ("doc", "query"),
    [
        (
            "Returns the lines of a file that hold a word.\n\n@param path the file",
            "Returns the lines of a file that hold a word.",
        ),
        ("Reads {@link Config} from the user's folder, and writes it back when it is old.", "Reads Config from"),
        ("Copyright 2020 by the authors. All rights reserved by them, everywhere.", None),
        ("TODO", None),
        ("x = f(y); return g(x, y) + h[3]", None),
    ],
)
def test_a_doc_comment_becomes_a_question_or_nothing(doc: str, query: str | None) -> None:
    found = query_of(doc, "read")
    assert found is None if query is None else found is not None and found.startswith(query)


def test_a_changelogs_items_come_without_their_references() -> None:
    text = "## 1.2\n\n- Fixed `parse` for empty files (#123)\n- Added a cache\n  that is kept between runs\n\nThanks!\n"
    assert list(forms.bullets(text)) == ["Fixed `parse` for empty files", "Added a cache that is kept between runs"]


def test_names_are_found_where_they_are_marked_as_code() -> None:
    assert forms.mentions("`Cache.get` now returns None, see parse_line()") == [
        ("`Cache.get`", "Cache.get"),
        ("parse_line()", "parse_line"),
    ]


@pytest.mark.parametrize(
    ("name", "words"),
    [("readAllLines", "read all lines"), ("HTTPServer2", "http server 2"), ("snake_case", "snake case")],
)
def test_a_name_is_taken_apart(name: str, words: str) -> None:
    assert forms.split_name(name) == words


def test_remarks_that_are_code_or_notes_to_oneself_are_left_out() -> None:
    assert forms.remark("TODO: this is slow and should be done in another way") is None
    assert forms.remark("if (a) { return b; }") is None
    assert forms.remark("Older servers answer with an empty line before the header.") is not None


def test_what_is_said_becomes_a_commits_subject_and_a_question() -> None:
    said = "Returns the lines of a file."
    commits = {forms.as_commit(said, "src/reader.py", Random(seed)) for seed in range(40)}
    assert {"return the lines of a file", "reader: return the lines of a file"} <= commits
    questions = {forms.as_question(said, "read_lines", Random(seed)) for seed in range(60)}
    assert {"Where does it return the lines of a file?", "What does read_lines do?"} <= questions


@pytest.mark.parametrize(
    ("source", "title", "called"),
    [
        ("it('keeps the newest entries', () => { prune(makeCache(), 3); });", "keeps the newest entries", "prune"),
        ("def test_reads_empty_files():\n    assert read_lines('') == []\n", "reads empty files", "read_lines"),
        ('#[test]\nfn parses_numbers() { assert_eq!(parse("1"), 1); }', "parses numbers", "parse"),
        ('func TestParsesNumbers(t *testing.T) { Parse("1") }', "parses numbers", "Parse"),
    ],
)
def test_tests_have_titles_and_call_things(source: str, title: str, called: str) -> None:
    [(found, names)] = forms.tests(source)
    assert found == title
    assert called in names
