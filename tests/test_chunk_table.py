"""The table of definitions, compared with the offsets it was made from."""

from __future__ import annotations

import pytest

from codelode.chunk.chunker import chunk
from codelode.types import Definition
from tests.chunk_cases import LANGUAGES, copies, document, naive_line
from training.documented import definitions


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_table_has_every_definition_on_its_lines(language: str, line_end: bytes) -> None:
    text = copies(language, 2).replace(b"\n", line_end)
    table = chunk(document(text, language)).definitions
    expected = [
        (
            each.name,
            each.kind,
            naive_line(text, each.start),
            naive_line(text, each.end - 1),
            naive_line(text, each.name_start),
            -1 if each.parent is None else each.parent,
        )
        for each in definitions(language, text)
    ]
    assert [each[:6] for each in table] == expected
    assert all(type(each) is Definition for each in table)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_parent_comes_first_and_encloses(language: str) -> None:
    table = chunk(document(copies(language), language)).definitions
    for index, each in enumerate(table):
        assert each.start_line <= each.name_line <= each.end_line
        if each.parent >= 0:
            parent = table[each.parent]
            assert each.parent < index
            assert parent.start_line <= each.start_line <= each.end_line <= parent.end_line


def test_a_decorated_definition_begins_at_its_decorator() -> None:
    text = b"# about\n@memo\n@other(\n    1\n)\ndef f(a):\n    return a\n"
    (only,) = chunk(document(text, "python")).definitions
    assert only == Definition("f", "function", 2, 7, 6)
