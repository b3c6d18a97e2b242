"""The words of a text that match terms of the query."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from codelode.text.tokens import terms, words

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator


@lru_cache(maxsize=16)
def matcher_of(query_terms: frozenset[str]) -> TermMatcher:
    """Return the matcher of some terms, cached: it remembers words from one hit to the next."""
    return TermMatcher(query_terms)


class TermMatcher:
    """Finds terms of a query in lines of text. Remembers words, because source repeats them."""

    def __init__(self, query_terms: Collection[str]) -> None:
        self._wanted = frozenset(query_terms)
        self._letters = {term.replace("_", "") for term in self._wanted}
        self._known: dict[bytes, frozenset[str]] = {}

    def terms_in(self, text: str) -> frozenset[str]:
        """Return the terms of the query that occur in a text."""
        found: frozenset[str] = frozenset()
        if not self._may_match(text):
            return found
        for word in words(text.encode("utf-8", "replace")):
            found |= self._terms_of(word)
        return found

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Return the character ranges `[start, end)` of matching words, ascending and disjoint."""
        if not self._may_match(text):
            return []
        data = text.encode("utf-8", "replace")  # a surrogate becomes "?", so offsets stay right
        spans: set[tuple[int, int]] = set()
        end = 0
        for word in words(data):
            if _may_overlap(word):
                if self._terms_of(word):
                    spans.update(_occurrences(word, data))
                continue
            start = data.find(word, end)
            if start < 0:
                continue
            end = start + len(word)
            if self._terms_of(word):
                spans.add((start, end))
        if text.isascii():
            return _joined(spans)
        return [
            (len(data[:start].decode()), len(data[:end].decode())) for start, end in _joined(spans)
        ]

    def _may_match(self, text: str) -> bool:
        """Return whether a term may occur in a text: a quick test, as most lines hold no term.

        Apart from underscores, a term of an ASCII word is a substring of that word in lower case.
        """
        if not text.isascii():
            return bool(self._wanted)
        letters = text.lower().replace("_", "")
        return any(term in letters for term in self._letters)

    def _terms_of(self, word: bytes) -> frozenset[str]:
        found = self._known.get(word)
        if found is None:
            found = self._known[word] = self._wanted.intersection(terms(word))
        return found


def _may_overlap(word: bytes) -> bool:
    """Return whether a word has no case: in such scripts, words may be overlapping n-grams."""
    return not word.isascii() and word.decode().lower() == word.decode().upper()


def _occurrences(word: bytes, data: bytes) -> Iterator[tuple[int, int]]:
    at = data.find(word)
    while at >= 0:
        yield at, at + len(word)
        at = data.find(word, at + 1)


def _joined(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the ranges in order, with overlapping ones merged."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if joined and start < joined[-1][1]:
            joined[-1] = joined[-1][0], max(end, joined[-1][1])
        else:
            joined.append((start, end))
    return joined
