"""Realistic queries, made from the chunks of an index.

They are made in turn from three sources: the name of a symbol; a few words of a chunk, rare ones
and a common one; the beginning of a comment.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from codelode.errors import UsageError
from codelode.search.parsed_query import parse_query
from codelode.text.tokens import term_hash, text_parts

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from codelode.bench.sample import SampledChunk

SOURCES = ("symbol", "words", "comment")
RARE_WORDS, COMMON_WORDS = 3, 1
MAX_CHARACTERS = 200
MAX_COMMENT_WORDS, MIN_COMMENT_WORDS = 10, 4

_COMMENT = re.compile(
    r"^[ \t]*(?://[/!]*|\#+(?=\s)|/\*+|\*(?=\s)|--+|;+|\"\"\"|''')[ \t]*(\S.*)", re.M
)
_WORD = re.compile(r"[A-Za-z][A-Za-z'-]*")
_SENTENCE_END = re.compile(r"[.!?:](?:\s|$)")
_LEGAL = re.compile(r"licen[sc]e|copyright|spdx|warranty|all rights", re.IGNORECASE)


def make_queries(chunks: Sequence[SampledChunk], limit: int) -> list[str]:
    """Return up to `limit` distinct queries: first one from each chunk, then more.

    There are fewer if the chunks do not hold enough words.
    """
    words = [_plain_words(chunk) for chunk in chunks]
    spread = Counter(word for each in words for word in each)
    distinct: dict[str, None] = {}
    for shift in range(len(SOURCES)):
        for i, chunk in enumerate(chunks):
            if len(distinct) == limit:
                return list(distinct)
            for query in _queries(SOURCES[(i + shift) % len(SOURCES)], chunk, words[i], spread):
                distinct.setdefault(query)
    return list(distinct)


def _queries(
    source: str, chunk: SampledChunk, words: list[str], spread: Counter[str]
) -> Iterator[str]:
    """Yield the query made from one source of a chunk (such as its symbol), if it is valid.

    `words` are the words of the chunk; `spread` has the number of chunks that hold each word.
    """
    match source:
        case "symbol":
            query = chunk.symbol or ""
        case "words":
            query = _telling_words(words, spread)
        case _:
            query = first_comment(chunk.text.decode("utf-8", "replace"))
    # Keep only printable characters, because the query also becomes a command-line argument.
    query = "".join(filter(str.isprintable, query))[:MAX_CHARACTERS].strip()
    try:
        parse_query(query)
    except UsageError:  # a search would refuse it
        return
    yield query


def _plain_words(chunk: SampledChunk) -> list[str]:
    """Return the distinct parts in a chunk that are three or more letters, in order."""
    text = chunk.text.decode("utf-8", "replace")
    return [word for word in dict.fromkeys(text_parts(text)) if len(word) > 2 and word.isalpha()]


def _telling_words(words: list[str], spread: Counter[str]) -> str:
    """Return the rarest and the most common words of a chunk, in the order of `words`."""
    # Ties are broken by hash: in alphabetical order, all rare words would begin with a or b.
    ranked = sorted(words, key=lambda word: (spread[word], term_hash(word)))
    chosen = {*ranked[:RARE_WORDS], *ranked[max(len(ranked) - COMMON_WORDS, 0) :]}
    return " ".join(word for word in words if word in chosen)


def first_comment(text: str) -> str:
    """Return the words of the first sentence in a comment; an empty string if there is none."""
    for match in _COMMENT.finditer(text):
        if _LEGAL.search(match[1]):
            continue
        words = _WORD.findall(_SENTENCE_END.split(match[1], maxsplit=1)[0])
        if len(words) >= MIN_COMMENT_WORDS:
            return " ".join(words[:MAX_COMMENT_WORDS])
    return ""
