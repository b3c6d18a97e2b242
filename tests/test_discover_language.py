"""Names, shebangs and aliases lead to the language that people expect."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codelode.discover.language import language_of, language_of_shebang, resolve
from codelode.discover.language_table import LANGUAGES
from codelode.errors import UsageError

WITH_SYNTAX = (
    "bash c cpp csharp elixir go haskell java javascript kotlin lua php python ruby rust scala "
    "swift typescript zig"
)


def test_the_languages_with_syntax_are_there() -> None:
    assert set(WITH_SYNTAX.split()) <= {language.name for language in LANGUAGES}


@pytest.mark.parametrize("column", ["name", "extensions", "names", "interpreters", "aliases"])
def test_no_name_belongs_to_two_languages(column: str) -> None:
    words = Counter(word for row in LANGUAGES for word in getattr(row, column).split())
    assert [word for word, count in words.items() if count > 1] == []


def test_aliases_do_not_hide_names_or_extensions_of_others() -> None:
    names = {language.name for language in LANGUAGES}
    for language in LANGUAGES:
        assert not names & set(language.aliases.split())
        for extension in language.extensions.split():
            assert extension in names or resolve(extension) == language.name


@pytest.mark.parametrize(
    ("name", "language"),
    [
        ("a.py", "python"),
        ("a.tsx", "typescript"),
        ("a.d.ts", "typescript"),
        ("a.jsx", "javascript"),
        ("a.mjs", "javascript"),
        ("a.h", "c"),
        ("a.hpp", "cpp"),
        ("A.CPP", "cpp"),
        ("head.S", "assembly"),
        ("plot.R", "r"),
        ("Makefile", "make"),
        ("Makefile.boot", "make"),
        ("Kconfig.debug", "kconfig"),
        ("CMakeLists.txt", "cmake"),
        ("notes.txt", "text"),
        ("config.h.in", "c"),
        ("Dockerfile", "dockerfile"),
        ("Dockerfile.dev", "dockerfile"),
        ("prod.dockerfile", "dockerfile"),
        ("Gemfile", "ruby"),
        ("Gemfile.lock", "text"),
        ("Cargo.lock", "toml"),
        (".bashrc", "bash"),
        ("BUILD.bazel", "starlark"),
        ("a.b.c", "c"),
        ("c", None),
        ("a.", None),
        ("a.unknown", None),
        ("", None),
        ("naïve.rs", "rust"),
    ],
)
def test_names(name: str, language: str | None) -> None:
    assert language_of(name) == language


@pytest.mark.parametrize(
    ("line", "language"),
    [
        (b"#!/bin/sh", "bash"),
        (b"#! /bin/bash -e", "bash"),
        (b"#!/usr/bin/env python3", "python"),
        (b"#!/usr/bin/env python3.11\r\n", "python"),
        (b"#!/usr/bin/env -S node --flag", "javascript"),
        (b"#!/usr/bin/env -S FOO=1 ruby", "ruby"),
        (b"#!/usr/bin/perl5.30 -w", "perl"),
        (b"#!/usr/local/bin/lua5.3", "lua"),
        (b"#!/usr/bin/Rscript", "r"),
        (b"#!/opt/unknown", None),
        (b"#!", None),
        (b"#!/usr/bin/env", None),
        (b"# /bin/sh", None),
        (b"#!\xff\xfe/\x00", None),
        (b"", None),
    ],
)
def test_shebangs(line: bytes, language: str | None) -> None:
    assert language_of_shebang(line) == language


@pytest.mark.parametrize(
    ("alias", "language"),
    [
        ("ts", "typescript"),
        ("c++", "cpp"),
        ("C#", "csharp"),
        ("cs", "csharp"),
        ("golang", "go"),
        ("js", "javascript"),
        ("py", "python"),
        ("Python", "python"),
        (".rs", "rust"),
        ("sh", "bash"),
        ("shell", "bash"),
        ("yml", "yaml"),
        ("h", "c"),
        (" zig ", "zig"),
    ],
)
def test_aliases(alias: str, language: str) -> None:
    assert resolve(alias) == language


def test_an_unknown_language_is_an_error_that_helps() -> None:
    with pytest.raises(UsageError, match=r"unknown language 'pyhton'; did you mean python\?"):
        resolve("pyhton")
    with pytest.raises(UsageError, match=r"unknown language '\$\$\$': see `lode"):
        resolve("$$$")
    with pytest.raises(UsageError):
        resolve("")


@given(st.text(), st.binary())
def test_any_text_is_accepted(name: str, line: bytes) -> None:
    known = {language.name for language in LANGUAGES}
    assert language_of(name) in known | {None}
    assert language_of_shebang(line) in known | {None}
