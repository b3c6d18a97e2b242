"""Queries as people ask them, made of what an index holds.

Three kinds, in turn: the name of a symbol; a few words of a chunk, rare ones and a common one; the
beginning of a comment.
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

KINDS = ("symbol", "words", "comment")
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
    """Up to `limit` distinct queries of chunks: one of each first, then more.

    Fewer where the chunks have not enough to say; none where they hold no words at all.
    """
    words = [_plain_words(chunk) for chunk in chunks]
    spread = Counter(word for each in words for word in each)
    distinct: dict[str, None] = {}
    for shift in range(len(KINDS)):
        for i, chunk in enumerate(chunks):
            if len(distinct) == limit:
                return list(distinct)
            for query in _queries(KINDS[(i + shift) % len(KINDS)], chunk, words[i], spread):
                distinct.setdefault(query)
    return list(distinct)


def _queries(
    kind: str, chunk: SampledChunk, words: list[str], spread: Counter[str]
) -> Iterator[str]:
    """The query of a kind that a chunk gives, if it gives one."""
    match kind:
        case "symbol":
            query = chunk.symbol or ""
        case "words":
            query = _telling_words(words, spread)
        case _:
            query = first_comment(chunk.text.decode("utf-8", "replace"))
    # It will be an argument of a process too.
    query = "".join(filter(str.isprintable, query))[:MAX_CHARACTERS].strip()
    try:
        parse_query(query)
    except UsageError:  # nothing that a search could look for
        return
    yield query


def _plain_words(chunk: SampledChunk) -> list[str]:
    """The distinct words of a chunk, identifiers split, in order of appearance."""
    text = chunk.text.decode("utf-8", "replace")
    return [word for word in dict.fromkeys(text_parts(text)) if len(word) > 2 and word.isalpha()]


def _telling_words(words: list[str], spread: Counter[str]) -> str:
    """The rarest words of a chunk, and its commonest, in the order they have there."""
    # Among equally rare ones by hash: by the alphabet, all queries would begin with a and b.
    ranked = sorted(words, key=lambda word: (spread[word], term_hash(word)))
    chosen = {*ranked[:RARE_WORDS], *ranked[max(len(ranked) - COMMON_WORDS, 0) :]}
    return " ".join(word for word in words if word in chosen)


def first_comment(text: str) -> str:
    """The first sentence of the first comment that is one, as words; empty if there is none."""
    for match in _COMMENT.finditer(text):
        if _LEGAL.search(match[1]):
            continue
        words = _WORD.findall(_SENTENCE_END.split(match[1], maxsplit=1)[0])
        if len(words) >= MIN_COMMENT_WORDS:
            return " ".join(words[:MAX_COMMENT_WORDS])
    return ""
