"""Heads of chunks: what they hold, and how they turn the vectors of chunks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codelode.chunk.languages import SYNTAXES
from codelode.discover.language import language_called
from codelode.embed.heads import (
    HEAD_WEIGHT,
    encode_chunks,
    first_sentence,
    head,
    with_heads,
)
from codelode.embed.load import load
from codelode.search.language_words import WORDS, without_language
from codelode.text.word_counts import count_words
from codelode.types import Passages

OF_OTHER_MEANING = frozenset(
    "ada bash c css dockerfile fsharp make matlab nix objective-c ocaml powershell sass solidity"
    " sql starlark terraform tsx verilog vhdl zig".split()
)
"""Languages whose names stay in a query: they are other words, say what the code is about, or are
rare in questions."""


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (b'def f(x):\n    """Return the x. Never fails."""\n', b"Return the x"),
        (b"def f(x):\n    '''\n    Put a job\n    back: later.\n    '''\n", b"Put a job back"),
        (
            b"/**\n * Dispatch a request\n * to its handler.\n */\nf() {}\n",
            b"Dispatch a request to",
        ),
        (b"/// Counts stripes\n/// of zebras\nfn count() {}\n", b"Counts stripes of zebras"),
        (b"# Close the door.\ndef close\nend\n", b"Close the door"),
        (b"-- Opens it\nfunction open() end\n", b"Opens it"),
        (b"{- Tames it. -}\ntame n = n\n", b"Tames it"),
        (b"def f():\n    return 1  # one\n", b""),
        (b'url = "http://example.org"\n', b""),
        (b"/* Copyright 2026 Somebody */\nint f;\n", b""),
        (b"/*\n * SPDX-License-Identifier: MIT\n */\nint f;\n", b""),
        (b"int f;\n" * 200 + b"// far away\n", b""),
        (b"// first\nint f;\n// second\n", b"first"),
        (b'def f():\n    """"""\n', b""),
        (b"", b""),
    ],
)
def test_the_first_sentence_of_a_comment(text: bytes, sentence: bytes) -> None:
    found = first_sentence(text).strip()
    assert found.startswith(sentence) if sentence else not found


@given(st.binary(max_size=700))
def test_any_text_has_a_short_head_or_none(text: bytes) -> None:
    assert len(first_sentence(text)) <= 400
    assert head(b"", text) == b""
    assert head(b"name", text).startswith(b"name\n") or not first_sentence(text)


def test_vectors_are_turned_toward_heads_and_do_not_depend_on_the_batch() -> None:
    encoder = load(None)
    texts = [
        b'def q(a):\n    """Schedule a retry."""\n    return a.x + a.y\n',
        b"x = 1\ny = 2\n",
        b"",
        b"/* Reads settings. */\nint parse_config(char *path) { return open(path); }\n",
    ]
    names = [b"q", b"", b"", b"parse_config"]
    paths = ["a/b.py"] * 4
    plain = encoder.encode_passages(Passages(paths, texts, count_words(texts)))
    turned = encode_chunks(encoder, with_heads(encoder, paths, texts, names))
    assert (turned[1:3] == plain[1:3]).all()
    for row in (0, 3):
        one = [head(names[row], texts[row])]
        toward = encoder.encode_passages(Passages([""], one, count_words(one)))[0]
        expected = plain[row] + HEAD_WEIGHT * toward
        assert turned[row] == pytest.approx(expected / np.linalg.norm(expected), abs=1e-6)
        alone = with_heads(encoder, ["a/b.py"], [texts[row]], [names[row]])
        assert (encode_chunks(encoder, alone)[0] == turned[row]).all()
    asked = encoder.encode_query("where are retries scheduled")
    assert turned[0] @ asked > plain[0] @ asked
    none = encode_chunks(encoder, with_heads(encoder, [], [], []))
    assert none.shape == (0, encoder.dimensions)


def test_the_words_of_chunks_are_those_without_heads() -> None:
    texts = [b"/* Reads settings. */\nint f;\n", b"x = 1\n", b"// One, two: HTTPServer\nint g;\n"]
    found = with_heads(load(None), ["a.c"] * 3, texts, [b"parse_config", b"", b"g"])
    assert found.turned == [0, 2]
    words, plain = found.words, count_words(texts)
    assert words.indptr.tolist() == plain.indptr.tolist()
    assert words.ids.tolist() == plain.ids.tolist()
    assert words.counts.tolist() == plain.counts.tolist()
    assert words.spelled.startswith(plain.spelled)
    mine, expected = words.part_counts, plain.part_counts
    assert mine.texts.tolist() == expected.texts.tolist()
    assert mine.counts.tolist() == expected.counts.tolist()
    assert [words.parts.parts[i] for i in mine.parts] == [
        plain.parts.parts[i] for i in expected.parts
    ]


@pytest.mark.parametrize(
    ("query", "rest"),
    [
        ("python check if a variable is iterable", "check if a variable is iterable"),
        ("how to read a file in Python 3?", "how to read a file"),
        ("sort a map by value java", "sort a map by value"),
        ("split a string in C++ by spaces", "split a string by spaces"),
        ("python", "python"),
        ("python interpreter", "python interpreter"),
        ("embed the python interpreter", "embed the python interpreter"),
        ("javascripts of the page", "javascripts of the page"),
        ("parse rust", "parse rust"),
    ],
)
def test_languages_are_no_part_of_the_meaning(query: str, rest: str) -> None:
    assert without_language(query) == rest


def test_every_language_that_is_split_by_syntax_was_considered() -> None:
    named = {language_called(word) for word in WORDS}
    assert None not in named
    assert named.isdisjoint(OF_OTHER_MEANING)
    assert named | OF_OTHER_MEANING == {*SYNTAXES}
