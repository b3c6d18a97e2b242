"""Hostile text takes bounded time; no text stays in memory or affects the next one."""

from __future__ import annotations

import sys
from time import thread_time

import pytest

from codelode.chunk.chunker import MAX_PARSED_BYTES
from codelode.chunk.grammars import grammar
from codelode.chunk.parse import parse
from tests.chunk_cases import LANGUAGES, check, copies, cut, defined, document
from training.documented import definitions

GENERATED = b"".join(b"#define REG_%06d 0x%08x\n" % (i, i) for i in range(200_000))


@pytest.mark.parametrize(
    ("language", "text"),
    [
        pytest.param("javascript", b"var a=[1,2,'xyz'];" * 280_000, id="a line of 5 MB"),
        pytest.param("javascript", b"var a=[1,2,'xyz'];" * 25_000, id="a line of 450 KB"),
        pytest.param("c", GENERATED, id="200,000 generated lines"),
        pytest.param("c", GENERATED[:MAX_PARSED_BYTES], id="as many as are parsed"),
        pytest.param("python", b"(" * 10_000 + b")" * 10_000, id="10,000 brackets"),
        pytest.param("go", b"{\n" * 10_000 + b"}\n" * 10_000, id="10,000 brackets on lines"),
        pytest.param("haskell", b"[" * 20_000, id="20,000 unclosed brackets"),
        pytest.param("lua", b"[" * 100_000, id="brackets that Lua looks for the end of"),
        pytest.param("python", b"\n" * MAX_PARSED_BYTES, id="empty lines"),
        pytest.param("cpp", (b"f() M_A(x)" * 400 + b"\n") * 100, id="macros after parameters"),
        pytest.param(
            "cpp", (b"f() A_" + b"A_" * 2_000 + b"\n") * 100, id="a long macro after parameters"
        ),
        pytest.param("cpp", b"A_B\n" * 100_000, id="lines of macros"),
        pytest.param("cpp", b"A_B\n" + b"//\n" * 100_000, id="a macro before many comments"),
        pytest.param(
            "cpp", (b"f() A_B((((" * 350 + b"\n") * 100, id="open macros after parameters"
        ),
        pytest.param(None, b"\xf0\x9f\x92\xa1" * 200_000, id="one line of wide characters"),
    ],
)
def test_hostile_text_takes_bounded_time(language: str | None, text: bytes) -> None:
    begun = thread_time()
    chunks = cut(document(text, language))
    assert thread_time() - begun < 4  # seconds: twice the limit of the parser
    check(text, chunks)


def test_characters_that_the_bash_grammar_crashes_on_are_masked() -> None:
    text = 'café() {\n  echo "{🎉"\n}\n'.encode() * 3
    assert grammar("bash").legible(text) == b'cafxx() {\n  echo "{xxxx"\n}\n' * 3
    assert defined(document(text, "bash")) == [["café"] * 3]
    assert grammar("python").legible(text) == text


def test_a_parser_that_jumps_about_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("codelode.chunk.parse.MAX_CPU_SECONDS", 1e9)
    assert parse(grammar("lua"), b"[" * 20_000) is None


def test_a_parser_that_takes_too_long_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("codelode.chunk.parse.MAX_CPU_SECONDS", 0)
    text = copies("c", 100)
    assert parse(grammar("c"), text) is None
    assert definitions("c", text) == []
    by_heads = {name for names in defined(document(text, "c")) for name in names}
    assert "ring_push" in by_heads and "RING_EMPTY" not in by_heads


def test_a_parse_that_is_given_up_leaves_no_trace() -> None:
    lua = grammar("lua")
    fine = b"function f()\n  return 1\nend\n"
    assert parse(lua, b"[" * 40_000) is None
    tree = parse(lua, fine)
    assert tree is not None
    assert not tree.root_node.has_error
    assert tree.root_node.end_byte == len(fine)


def test_nothing_is_kept_of_a_document() -> None:
    one = document(copies("python"), "python")
    cut(one)  # the first call imports modules and fills caches
    before = sys.getrefcount(one.text)
    for _ in range(3):
        cut(one)
    after = sys.getrefcount(one.text)
    assert after == before


@pytest.mark.parametrize("language", LANGUAGES)
def test_names_do_not_depend_on_how_the_text_is_decoded(language: str) -> None:
    """ASCII text is decoded at once, other text name by name."""
    text = copies(language)
    foreign = text + "\n// é\n".encode()
    plain = text + b"\n// xx\n"
    assert text.isascii()
    assert definitions(language, foreign) == definitions(language, plain)
