"""The words of a text that match terms of the query."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codelode.text.tokens import terms, words

if TYPE_CHECKING:
    from collections.abc import Collection


class TermMatcher:
    """Finds terms of a query in lines of text. Remembers words, as source repeats its words."""

    def __init__(self, query_terms: Collection[str]) -> None:
        self._wanted = frozenset(query_terms)
        self._known: dict[bytes, frozenset[str]] = {}

    def terms_in(self, text: str) -> frozenset[str]:
        """Return the terms of the query that occur in a text."""
        found: frozenset[str] = frozenset()
        for word in words(text.encode("utf-8", "replace")) if self._wanted else ():
            found |= self._terms_of(word)
        return found

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Return the character ranges `[start, end)` of the words that match, in order."""
        spans = []
        data = text.encode("utf-8", "replace")  # one byte for each surrogate: offsets agree
        end = 0
        for word in words(data):
            start = data.find(word, end)
            if start < 0:
                continue
            end = start + len(word)
            if self._terms_of(word):
                first = len(data[:start].decode())
                spans.append((first, first + len(word.decode())))
        return spans

    def _terms_of(self, word: bytes) -> frozenset[str]:
        found = self._known.get(word)
        if found is None:
            found = self._known[word] = self._wanted.intersection(terms(word))
        return found
