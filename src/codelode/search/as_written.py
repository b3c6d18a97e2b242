"""Queries that occur in a text as they are written: pasted messages, lines of code, flags, keys.

Only a text shows whether the query occurs in it, so a few candidates are read: the best of the
lexical leg, by BM25, among those that have all words of the query. If none of the first
`READ_ALWAYS` holds the query in the query's own case, more are read, up to the first one that
does. The rule is the same in a shard and among all shards.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from codelode.search.gathered import PROPOSERS
from codelode.search.parsed_query import has_several_parts
from codelode.text.tokens import WORD_CHARACTERS, is_compound, is_number

if TYPE_CHECKING:
    from collections.abc import Callable

    from codelode.search.context import QueryContext
    from codelode.search.gathered import Gathered
    from codelode.search.word_runs import ReadTexts

READ_ALWAYS = 8
READ_AT_MOST = 100

OTHER_CASE = 0.8
"""The value of the feature if the text has the query in another case; it is 1 in its own."""

_LEAST_WORDS = 4
"""A query with fewer words and without punctuation is not taken for pasted text."""

_MAX_CHARACTERS = 512
_MAX_OCCURRENCES = 64
_PUNCTUATION = re.compile(r"[^\w\s]")
_NAME_ENDING = re.compile(r"[!?]\Z")
_WORD_BYTES = frozenset(WORD_CHARACTERS)


def pasted(text: str) -> str:
    """Return the text to look for as it is written; empty if the query is not like pasted text.

    A name is not like pasted text, nor are a few words.
    """
    text = text.strip()
    if len(text) > _MAX_CHARACTERS or "\n" in text:
        return ""
    if _PUNCTUATION.search(_NAME_ENDING.sub("", text)) or text[:1].isdigit():
        return text
    return text if len(text.split()) >= _LEAST_WORDS else ""


def text_sought(context: QueryContext) -> str:
    """Return the text to look for in candidates as it is written; empty if there is none.

    That is pasted text, or a name of several parts. If any definition has such a name, `rank`
    ignores the places where the name is written.
    """
    query = context.request.query
    return query.strip() if is_name_of_parts(context) else pasted(query)


def is_name_of_parts(context: QueryContext) -> bool:
    """Return whether the query is an unqualified name of several parts, such as `max_size`."""
    text = context.request.query.strip()
    return context.name is not None and context.name.name == text and has_several_parts(text)


def place_of(needle: bytes, text: bytes) -> int:
    """Return the offset of the first `needle` in `text` that does not cut a word, or -1.

    Only the first `_MAX_OCCURRENCES` are tried.
    """
    begins, ends = needle[0] in _WORD_BYTES, needle[-1] in _WORD_BYTES
    at = text.find(needle)
    for _ in range(_MAX_OCCURRENCES):
        if at < 0:
            break
        stop = at + len(needle)
        inside = begins and at > 0 and text[at - 1] in _WORD_BYTES
        inside |= ends and stop < len(text) and text[stop] in _WORD_BYTES
        if not inside:
            return at
        at = text.find(needle, at + 1)
    return -1


def written_at(query: str, text: bytes) -> int:
    """Return a query's offset in a UTF-8 text, or -1; its own case is tried before any other."""
    needle = query.encode("utf-8", "replace")
    at = place_of(needle, text)
    return at if at >= 0 else place_of(needle.lower(), text.lower())


def fill_as_written(gathered: Gathered, context: QueryContext, texts: ReadTexts) -> None:
    """Fill in the feature "as_written" of the candidates of a shard."""
    needle = text_sought(context).encode("utf-8", "replace")
    folded = needle.lower()

    def look(row: int) -> float:
        (text,) = texts((row,))
        if place_of(needle, text) >= 0:
            return 1.0
        return OTHER_CASE if place_of(folded, text.lower()) >= 0 else 0.0

    if needle:
        _fill(gathered, context, look)


def keep_as_written(gathered: Gathered, context: QueryContext) -> None:
    """Set "as_written" to 0 for candidates that one search of all shards would not have read."""
    known = gathered.feature("as_written").copy()
    if known.any():
        _fill(gathered, context, lambda row: float(known[row]))


def _fill(gathered: Gathered, context: QueryContext, look: Callable[[int], float]) -> None:
    column = gathered.feature("as_written")
    column[:] = 0
    found = False
    for rank, row in enumerate(_order(gathered, context)[:READ_AT_MOST].tolist()):
        if found and rank >= READ_ALWAYS:
            break
        column[row] = look(row)
        found |= bool(column[row] == 1)


def _order(gathered: Gathered, context: QueryContext) -> NDArray[np.intp]:
    """Return the rows of the candidates that may be read, the best first."""
    needed = [
        column
        for column, term in enumerate(context.query.terms)
        if not (is_compound(word := term.encode("utf-8", "replace")) or is_number(word))
    ]  # not all compounds and numbers of a chunk are among its terms
    lexical = gathered.proposals[:, PROPOSERS.index("lexical")]
    rows = np.flatnonzero((lexical > -np.inf) & gathered.covered[:, needed].all(axis=1))
    return rows[np.lexsort((gathered.starts[rows], gathered.paths[rows], -lexical[rows]))]
