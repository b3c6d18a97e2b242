"""Chunks cover a document, respect its definitions, and know their lines and symbols."""

from __future__ import annotations

from itertools import chain

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codelode.chunk.chunker import CHUNKER, MAX_PARSED_BYTES
from codelode.chunk.grammars import grammar
from codelode.chunk.heads import head_outline
from codelode.chunk.languages import head_pattern
from codelode.chunk.sizes import MAX_CHUNK_BYTES, TINY_CHUNK_BYTES
from codelode.chunk.syntax import syntax_outline
from codelode.types import Chunk, Symbol
from tests.chunk_cases import LANGUAGES, check, copies, cut, defined, document


@pytest.mark.parametrize("language", LANGUAGES)
def test_definitions_that_fit_are_whole_with_what_precedes_them(language: str) -> None:
    text = copies(language)
    chunks = cut(document(text, language))
    check(text, chunks)
    assert len(chunks) >= 3
    outline = syntax_outline(grammar(language), text)
    assert outline is not None
    found = outline.definitions
    for each in found:
        if each.end - each.lead <= MAX_CHUNK_BYTES:
            holding = [c for c in chunks if c.start < each.end and each.lead < c.end]
            assert len(holding) == 1, each.name


def c_function(name: str, size: int) -> bytes:
    head, line = f"int {name}(int a)\n{{\n".encode(), b"\ta = a + 1;\n"
    return head + line * ((size - len(head) - 3) // len(line)) + b"}\n"


def symbols(chunks: list[Chunk]) -> list[str | None]:
    return [each.symbol.name if each.symbol else None for each in chunks]


QUARTER = MAX_CHUNK_BYTES // 4


@pytest.fixture
def quarter_is_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("codelode.chunk.merge.SMALL_CHUNK_BYTES", QUARTER)


@pytest.mark.usefixtures("quarter_is_small")
def test_small_definitions_share_a_chunk_up_to_its_size() -> None:
    size = QUARTER - 10
    text = b"\n".join(c_function(name, size) for name in "abcdef")
    assert defined(document(text, "c")) == [["a", "b", "c", "d"], ["e", "f"]]
    assert symbols(cut(document(text, "c"))) == [None, None]


@pytest.mark.usefixtures("quarter_is_small")
def test_larger_definitions_have_a_chunk_of_their_own() -> None:
    text = b"\n".join(c_function(name, QUARTER + 60) for name in "abcd")
    assert defined(document(text, "c")) == [["a"], ["b"], ["c"], ["d"]]
    assert symbols(cut(document(text, "c"))) == ["a", "b", "c", "d"]


def test_a_large_function_is_cut_between_statements_and_keeps_its_header() -> None:
    text = b"/* Adds. */\n" + c_function("large", 3 * MAX_CHUNK_BYTES)
    chunks = cut(document(text, "c"))
    assert 3 <= len(chunks) <= 4
    assert symbols(chunks) == ["large"] * len(chunks)
    assert defined(document(text, "c")) == [["large"], *[[]] * (len(chunks) - 1)]
    assert text[: chunks[0].end].startswith(b"/* Adds. */\nint large")
    assert chunks[0].end > MAX_CHUNK_BYTES - 100
    assert text[chunks[-1].start :] != b"}\n"


def test_a_large_class_is_cut_between_members_and_keeps_its_header() -> None:
    method = "    def m{0}(self):\n        # About m{0}.\n" + "        self.call(1)\n" * 20
    text = ("class Large:\n    '''Large.'''\n\n" + "\n".join(map(method.format, range(9)))).encode()
    chunks = cut(document(text, "python"))
    names = defined(document(text, "python"))
    assert names[0][:2] == ["Large", "m0"]
    assert list(chain.from_iterable(names)) == [
        "Large",
        *(f"m{i}" for i in range(9)),
    ]
    assert all(text[each.start :].startswith(b"    def m") for each in chunks[1:])


def test_statements_are_respected_however_they_are_indented() -> None:
    statement = b"x = call(\n1111,\n2222,\n3333,\n4444\n);\n"
    text = b"int f()\n{\n" + statement * 200 + b"}\n"
    chunks = cut(document(text, "c"))
    assert len(chunks) > 3
    assert all(text[each.start :].startswith(b"x = call(") for each in chunks[1:])


def test_a_long_header_stays_with_the_first_member() -> None:
    header = b"@Note(1)\n" * 40 + b"class A\n{\n"
    member = b"  int m() {\n" + b"    call(1);\n" * 50 + b"  }\n"
    first, second, *_ = defined(document(header + member * 4 + b"}\n", "java"))
    assert first == ["A", "m"]
    assert second[0] == "m"


def test_a_comment_stays_with_its_definition_even_if_it_would_fit_before() -> None:
    before, comment = c_function("before", 1000), b"/* About after. */\n"
    text = before + b"\n" + comment + c_function("after", 1000)
    first, second = cut(document(text, "c"))
    assert text[second.start :].startswith(comment)
    assert (first.end_line, second.start_line) == (second.start_line - 1, first.end_line + 1)


def test_the_symbol_is_the_innermost_that_most_of_the_chunk_lies_in() -> None:
    text = b"class A {\n" + b"  int x;\n" * 20 + b"  int f() {\n    return 1;\n  }\n}\n"
    (only,) = cut(document(text, "java"))
    assert only.symbol == Symbol("A", "class")
    assert "f" in defined(document(text, "java"))[0]


def test_a_method_that_fills_a_chunk_is_its_symbol_and_not_the_class() -> None:
    method = "  int m{0}() {{\n" + "    call(1);\n" * 80 + "  }}\n"
    text = ("class A {\n" + "".join(map(method.format, range(4))) + "}\n").encode()
    assert symbols(cut(document(text, "java"))) == ["m0", "m1", "m2", "m3"]


def test_a_chunk_mostly_of_other_things_has_no_symbol_but_defines_one() -> None:
    text = b"import os\n" * 30 + b"def f():\n    return os\n"
    (only,) = cut(document(text, "python"))
    assert (only.symbol, defined(document(text, "python"))) == (None, [["f"]])


def test_most_chunks_are_neither_tiny_nor_too_large() -> None:
    text = copies("python", 20)
    sizes = [each.end - each.start for each in cut(document(text, "python"))]
    assert max(sizes) <= MAX_CHUNK_BYTES + TINY_CHUNK_BYTES
    assert sum(size < TINY_CHUNK_BYTES for size in sizes) <= len(sizes) // 20


def test_an_empty_document_has_no_chunks() -> None:
    assert cut(document(b"")) == []
    assert cut(document(b"", "python")) == []


@pytest.mark.parametrize("language", ["python", None])
@pytest.mark.parametrize("text", [b"\n", b"x", b"\r\n", b"\r", b"\xef\xbf\xbd", b"x = 1"])
def test_the_smallest_documents_are_one_chunk(text: bytes, language: str | None) -> None:
    assert cut(document(text, language)) == [Chunk(0, len(text), 1, 1)]


def test_syntax_errors_are_no_reason_not_to_chunk() -> None:
    text = copies("java").replace(b"}", b"", 3).replace(b"(", b"[", 2)
    chunks = cut(document(text, "java"))
    check(text, chunks)
    assert "OrderRepository" in chain.from_iterable(defined(document(text, "java")))


def test_an_empty_node_at_the_end_makes_no_empty_chunk() -> None:
    text = b"object A\n\nenum " + b"S" * 3000 + b"\n"  # an empty node stands for the missing body
    check(text, cut(document(text, "scala")))


def test_a_macro_of_a_large_header_is_its_own_lines_alone() -> None:
    text = b"/* one */\n#define ONE \\\n  1\n#define TWO 2\n#define THREE 3\n"
    pattern = head_pattern(grammar("c").syntax.heads)
    found = {each.name: each for each in head_outline(pattern, text).definitions}
    assert text[found["ONE"].start : found["ONE"].end] == b"#define ONE \\\n  1"
    assert text[found["ONE"].lead :].startswith(b"/* one */")
    assert text[found["TWO"].start : found["TWO"].end] == b"#define TWO 2"
    assert not found["THREE"].lead or text[found["THREE"].lead :].startswith(b"#define THREE")


def test_definitions_of_large_files_are_found_by_their_heads() -> None:
    text = c_function("f", 1000) * (MAX_PARSED_BYTES // 1000 + 9)
    chunks = cut(document(text, "c"))
    check(text, chunks)
    assert set(chain.from_iterable(defined(document(text, "c")))) == {"f"}


def test_the_same_document_gives_the_same_chunks_whatever_came_between() -> None:
    one, other = document(copies("rust"), "rust"), document(b"fn (((" * 900, "rust")
    first = cut(one)
    cut(other)
    assert cut(one) == first
    assert CHUNKER == "syntax-9"


LINE_END = st.sampled_from(["\n", "\r\n", "\r", "\n\n", "\n\t\n"])
PIECE = st.one_of(
    st.text(max_size=40),
    st.sampled_from(["def f(x):", "class A:", "    return x", "}", "{", "# note", "é" * 60]),
    st.integers(1, 5000).map(lambda count: "字" * count),
)
TEXT = st.lists(st.tuples(PIECE, LINE_END), max_size=60).map(
    lambda lines: "".join(piece + end for piece, end in lines).encode("utf-8", "replace")
)
ANY_LANGUAGE = st.sampled_from([*LANGUAGES, "markdown", None])


@given(TEXT, ANY_LANGUAGE)
@settings(max_examples=150, deadline=None)
def test_any_text_is_covered(text: bytes, language: str | None) -> None:
    check(text, cut(document(text, language)))


@given(
    st.sampled_from(sorted(LANGUAGES)),
    st.lists(st.tuples(st.integers(0, 3000), st.integers(0, 300), st.text(max_size=9)), max_size=8),
    st.sampled_from([b"\n", b"\r\n", b"\r"]),
)
@settings(max_examples=120, deadline=None)
def test_damaged_code_is_covered(
    language: str, edits: list[tuple[int, int, str]], line_end: bytes
) -> None:
    text = copies(language, 3).decode()
    for at, length, inserted in edits:
        text = text[:at] + inserted + text[at + length :]
    damaged = text.encode("utf-8", "replace").replace(b"\n", line_end)
    chunks = cut(document(damaged, language))
    check(damaged, chunks)
