"""All words of a query, in order, as one run in the text of a chunk.

The text has to be read for this, so only a few candidates are looked into: those with the best
BM25 among the candidates of the lexical leg that have all words. The rule is the same in a shard
and among all shards.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from codelode.search.candidates import best_rows
from codelode.search.gathered import PROPOSERS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from codelode.search.context import QueryContext
    from codelode.search.gathered import Gathered

MAX_WORDS = 64
"""A query with more words is not taken for a line of a text."""

MOST_TEXTS = 4
"""The number of candidates whose texts are looked into."""

ReadTexts = Callable[["Sequence[int]"], list[bytes]]
"""Returns the texts of candidates, given their rows."""

_MAX_OCCURRENCES = 64
_REACH = 40  # bytes of text that a word of a run may take, with the gap before it
_LETTERS = re.compile(rb"[a-z0-9\x80-\xff]+")
_NO_LETTERS = re.compile(rb"[^a-z0-9\x80-\xff]*")


def fill_runs(gathered: Gathered, runs: WordRuns, texts: ReadTexts) -> None:
    """Fill in the feature "run" of the candidates of a shard."""
    rows = _looked_into(gathered, runs).tolist()
    gathered.feature("run")[rows] = [runs.is_in(text) for text in texts(rows)]


def keep_best_runs(gathered: Gathered, context: QueryContext) -> None:
    """Set "run" to 0 except for the best candidates of all shards, whose texts are looked into."""
    best = _looked_into(gathered, WordRuns(context))
    runs = gathered.feature("run")
    kept = runs[best]
    runs[:] = 0
    runs[best] = kept


def _looked_into(gathered: Gathered, runs: WordRuns) -> NDArray[np.intp]:
    """Return the rows of the best lexical candidates with all words of `runs`: those to read."""
    if not runs.columns:
        return np.zeros(0, np.intp)
    lexical = gathered.proposals[:, PROPOSERS.index("lexical")]
    rows = np.flatnonzero((lexical > -np.inf) & gathered.covered[:, runs.columns].all(axis=1))
    best = best_rows(
        lexical[rows],
        MOST_TEXTS,
        lambda tied: (gathered.paths[rows[tied]], gathered.starts[rows[tied]]),
    )
    return rows[best]


class WordRuns:
    """A check whether a text has the words of one query in order, one after another.

    `columns` are the places of these words among the query's terms. It is empty if the query is a
    single word, or too long to be a line of a text.
    """

    def __init__(self, context: QueryContext) -> None:
        words, idf = context.words, context.idf
        columns = {term: column for column, term in enumerate(context.query.terms)}
        one_word = context.name is not None and not context.name.scopes
        usable = not one_word and 2 <= len(words.sequence) <= MAX_WORDS
        sequence = words.sequence if usable else ()
        self.columns = [columns[word] for word in sequence]
        self._words = [word.encode("utf-8", "replace") for word in sequence]
        rarest = max(range(len(sequence)), key=lambda place: idf[self.columns[place]], default=0)
        self._anchor = rarest
        self._after = self._words[rarest + 1 :]
        self._before = [word[::-1] for word in self._words[:rarest][::-1]]
        self._passed_over = frozenset(word.encode("utf-8", "replace") for word in words.passed_over)
        self._passed_backward = frozenset(word[::-1] for word in self._passed_over)

    def is_in(self, text: bytes) -> bool:
        """Return whether the words stand in a text, in order, one after another.

        Between two of them, there may be stop words of the query, and any characters that are
        neither letters nor digits. The rarest word of the query is looked for first.
        """
        lower, word, reach = text.lower(), self._words[self._anchor], _REACH * len(self._words)
        at = lower.find(word)
        for _ in range(_MAX_OCCURRENCES):
            if at < 0:
                break
            stop = at + len(word)
            if _begins_with(lower[stop : stop + reach], self._after, self._passed_over):
                before = lower[max(0, at - reach) : at][::-1]
                if _begins_with(before, self._before, self._passed_backward):
                    return True
            at = lower.find(word, stop)
        return False


def _begins_with(text: bytes, words: Sequence[bytes], passed_over: frozenset[bytes]) -> bool:
    """Return whether words stand one after another at the beginning of a text.

    Between two of them, and before the first, there may be words of `passed_over`, and any
    characters that are not letters or digits.
    """
    if words and words[0] not in text:
        return False
    at = 0
    for word in words:
        at = _after_gap(text, at, passed_over)
        if not text.startswith(word, at):
            return False
        at += len(word)
    return True


def _after_gap(text: bytes, at: int, passed_over: frozenset[bytes]) -> int:
    is_inside = at > 0 and _LETTERS.match(text, at - 1) is not None
    while (gap := _NO_LETTERS.match(text, at)) is not None:
        is_inside = is_inside and gap.end() == at
        at = gap.end()
        found = None if is_inside else _LETTERS.match(text, at)
        if found is None or found[0] not in passed_over:
            break
        at, is_inside = found.end(), True
    return at
