"""The longest run of a query's words, in order, in the text of a chunk.

The text has to be read for this, so only a few candidates are looked into: those with the best
BM25 among the candidates of the lexical leg that can have a long enough run. The rule is the same
in a shard and among all shards.
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

MOST_TEXTS = 8
"""The number of candidates whose texts are looked into."""

LEAST_RUN = 0.5
"""The share of the query's words in the longest run that counts for nothing."""

ReadTexts = Callable[["Sequence[int]"], list[bytes]]
"""Returns the texts of candidates, given their rows."""

_MAX_OCCURRENCES = 64
_REACH = 40  # bytes of text that a word of a run may take, with the gap before it
_LETTERS = re.compile(rb"[a-z0-9\x80-\xff]+")
_NO_LETTERS = re.compile(rb"[^a-z0-9\x80-\xff]*")


def fill_runs(gathered: Gathered, runs: WordRuns, texts: ReadTexts) -> None:
    """Fill in the feature "run" of the candidates of a shard."""
    rows = _looked_into(gathered, runs).tolist()
    for row, text in zip(rows, texts(rows), strict=True):
        share = runs.share(text, gathered.covered[row])
        gathered.feature("run")[row] = max(0.0, share - LEAST_RUN) / (1 - LEAST_RUN)


def keep_best_runs(gathered: Gathered, context: QueryContext) -> None:
    """Set "run" to 0 except for the best candidates of all shards, whose texts are looked into."""
    best = _looked_into(gathered, WordRuns(context))
    runs = gathered.feature("run")
    kept = runs[best]
    runs[:] = 0
    runs[best] = kept


def _looked_into(gathered: Gathered, runs: WordRuns) -> NDArray[np.intp]:
    """Return the rows of the candidates whose texts are looked into."""
    if not runs.columns:
        return np.zeros(0, np.intp)
    lexical = gathered.proposals[:, PROPOSERS.index("lexical")]
    rows = np.flatnonzero((lexical > -np.inf) & (runs.bounds(gathered.covered) > LEAST_RUN))
    best = best_rows(
        lexical[rows],
        MOST_TEXTS,
        lambda tied: (gathered.paths[rows[tied]], gathered.starts[rows[tied]]),
    )
    return rows[best]


class WordRuns:
    """Finds runs of the words of one query."""

    def __init__(self, context: QueryContext) -> None:
        words, idf = context.words, context.idf
        columns = {term: column for column, term in enumerate(context.query.terms)}
        one_word = context.name is not None and not context.name.scopes
        usable = not one_word and 2 <= len(words.sequence) <= MAX_WORDS
        sequence = words.sequence if usable else ()
        self.columns = [columns[word] for word in sequence]
        self._weights = [idf[column] for column in self.columns]
        self._words = [word.encode("utf-8", "replace") for word in sequence]
        self._backward = [word[::-1] for word in self._words]
        self._passed_over = frozenset(word.encode("utf-8", "replace") for word in words.passed_over)
        self._passed_backward = frozenset(word[::-1] for word in self._passed_over)

    def bounds(self, covered: NDArray[np.bool_]) -> NDArray[np.float32]:
        """Return an upper bound of the `share` of chunks, float32[n], given their terms."""
        longest = np.zeros(len(covered), np.int64)
        length = np.zeros(len(covered), np.int64)
        for column in self.columns:
            length = (length + 1) * covered[:, column]
            np.maximum(longest, length, out=longest)
        shares: NDArray[np.float64] = np.where(longest > 1, longest, 0) / max(len(self.columns), 1)
        return shares.astype(np.float32)

    def share(self, text: bytes, covered: NDArray[np.bool_]) -> float:
        """Return the length of the longest run in a text, as a share of the query's words.

        A run counts only if it contains a certain word: the rarest word of the longest run that
        the terms of the text allow. A single word is not a run. `covered` bool[terms] says which
        terms the text has.
        """
        first, stop = _longest_stretch([bool(covered[column]) for column in self.columns])
        if stop - first < 2:
            return 0.0
        anchor = max(range(first, stop), key=lambda place: self._weights[place])
        lower, word = text.lower(), self._words[anchor]
        best, at = 1, lower.find(word)
        for _ in range(_MAX_OCCURRENCES):
            if at < 0 or best == len(self._words):
                break
            best = max(best, 1 + self._before(lower, at, anchor) + self._after(lower, at, anchor))
            at = lower.find(word, at + len(word))
        return best / len(self._words) if best > 1 else 0.0

    def _after(self, text: bytes, at: int, anchor: int) -> int:
        start, following = at + len(self._words[anchor]), self._words[anchor + 1 :]
        stop = start + _REACH * len(self._words)
        if not following or text.find(following[0], start, stop) < 0:
            return 0
        return _run(text[start:stop], following, self._passed_over)

    def _before(self, text: bytes, at: int, anchor: int) -> int:
        start = max(0, at - _REACH * len(self._words))
        if not anchor or text.find(self._words[anchor - 1], start, at) < 0:
            return 0
        return _run(text[start:at][::-1], self._backward[anchor - 1 :: -1], self._passed_backward)


def _run(text: bytes, words: Sequence[bytes], passed_over: frozenset[bytes]) -> int:
    """Return how many of the words, from the first on, stand one after another at the text's start.

    Between two of them, and before the first, there may be words of `passed_over`, and any
    characters that are not letters or digits.
    """
    at = 0
    for count, word in enumerate(words):
        at = _after_gap(text, at, passed_over)
        if not text.startswith(word, at):
            return count
        at += len(word)
    return len(words)


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


def _longest_stretch(there: Sequence[bool]) -> tuple[int, int]:
    """Return the longest range of true values, or the first of several."""
    best, start = (0, 0), 0
    for place, value in enumerate([*there, False]):
        if not value:
            if place - start > best[1] - best[0]:
                best = start, place
            start = place + 1
    return best
