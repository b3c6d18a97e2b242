"""Grammars that are not installed: regular expressions find definitions; the index says so."""

from __future__ import annotations

import pytest

from codelode.chunk import grammars
from codelode.chunk.chunker import CHUNKER, chunk, chunker_identity
from codelode.chunk.languages import EXTRA, SYNTAXES, heads_of, syntax
from tests.chunk_cases import LANGUAGES, check, copies, document, sample


@pytest.fixture
def nothing_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> grammars.Grammar | None:
        return None if name in EXTRA else grammars.installed_grammar(name)

    monkeypatch.setattr("codelode.chunk.embedded.installed_grammar", missing)


@pytest.mark.usefixtures("nothing_extra")
@pytest.mark.parametrize("language", sorted(EXTRA))
def test_a_language_without_its_grammar_is_read_by_patterns(language: str) -> None:
    text = copies(language)
    chunked = chunk(document(text, language))
    check(text, chunked.chunks)
    assert len(chunked.chunks) > 3
    by_pattern = set(chunked.columns.names)
    lines = (sample(LANGUAGES[language] + ".outline")).decode().splitlines()
    by_syntax = {line.split(" <- ")[0].split()[1] for line in lines}
    assert len(by_pattern & by_syntax) >= len(by_syntax) // 2


def test_the_identity_of_the_chunker_names_the_extra_grammars(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert chunker_identity() == f"{CHUNKER}+{','.join(sorted(EXTRA))}"
    monkeypatch.setattr("codelode.chunk.chunker.is_installed", lambda name: name == "sql")
    assert chunker_identity() == f"{CHUNKER}+sql"
    monkeypatch.setattr("codelode.chunk.chunker.is_installed", lambda name: False)
    assert chunker_identity() == CHUNKER


@pytest.mark.parametrize("failure", [ImportError, ValueError])
def test_a_grammar_that_does_not_load_is_none(
    failure: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(name: str) -> grammars.Grammar:
        raise failure(name)

    grammars.installed_grammar.cache_clear()
    monkeypatch.setattr(grammars, "grammar", refuse)
    assert grammars.installed_grammar("python") is None
    grammars.installed_grammar.cache_clear()


@pytest.mark.parametrize("language", SYNTAXES)
def test_every_language_has_patterns_for_damaged_text(language: str) -> None:
    assert heads_of(language) == syntax(language).heads != ()
