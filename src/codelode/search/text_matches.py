"""Finds the chunks in which a pattern matches, in the texts of neighboring files, end to end.

A call of RE2 takes longer than a microsecond, but it dismisses a text without a match faster than
anything else. Therefore, many files are searched at once, and after a match, the search goes on in
the next chunk. If a pattern has a literal part and the text contains it, `bytes.find` finds each
place of it, in a tenth of a microsecond.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from codelode.search.regex_terms import common_literal
from codelode.search.verbatim import Pattern, fixed_string, matcher, search_from

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from codelode.search.verbatim import Matcher

_ANY_BYTE = re.compile(r"\\C")
_LINE_END = 10


class Layout(NamedTuple):
    """The place of files and chunks in the texts of neighboring files, end to end.

    `files` has the offset of each file, and the end of the last; `first_chunks` has the number of
    the first chunk of each file, and the number of chunks. `chunks` has the offset of each chunk.
    """

    files: list[int]
    first_chunks: list[int]
    chunks: list[int]


class _Plan(NamedTuple):
    """How to search for a pattern.

    `literal` occurs in every match; it is empty if none is known. With `is_literal`, the pattern
    matches it and nothing else. With `in_lines`, a match has no line feed, and files that
    end with a line feed have the same matches when they are searched as one text.
    """

    matcher: Matcher
    literal: bytes
    literal_matcher: Matcher | None
    is_literal: bool
    in_lines: bool


def matched_chunks(pattern: Pattern, text: bytes, layout: Callable[[], Layout]) -> Iterator[int]:
    """Yield the numbers of the chunks in which a match begins, as if each file were alone."""
    plan = _plan(pattern)
    if plan.literal_matcher is not None and plan.literal_matcher.search(text, 0) is None:
        return
    files, first_chunks, chunks = layout()
    for first, stop in pairwise(_cuts(plan, text, files)):
        base = files[first]
        part = text if stop - first == len(files) - 1 else text[base : files[stop]]
        number = first_chunks[first]
        starts = [start - base for start in chunks[number : first_chunks[stop]]]
        next_match = _next_match(pattern, plan, part)
        at = 0
        while (begin := next_match(at)) >= 0:
            place = bisect_right(starts, begin)
            yield number + place - 1
            if place == len(starts):
                break
            at = starts[place]


def _cuts(plan: _Plan, text: bytes, files: Sequence[int]) -> list[int]:
    """Return the numbers of the files before which the text must be cut, and their total number.

    The result begins with 0.
    """
    last = len(files) - 1
    if not plan.in_lines:
        return list(range(last + 1))
    inner = enumerate(files[1:last], 1)
    return [0, *(i for i, end in inner if end and text[end - 1] != _LINE_END), last]


def _next_match(pattern: Pattern, plan: _Plan, text: bytes) -> Callable[[int], int]:
    """Return a function that finds the first match at or after an offset: its offset, or -1."""
    search, edge = plan.matcher, pattern.edge
    find = _literal_finder(pattern, plan, text)
    if find is None:
        return lambda at: search_from(search, edge, text, at)
    if plan.is_literal:
        return find

    def next_match(at: int) -> int:
        place = find(at)
        if place < 0:
            return -1
        if plan.in_lines:  # no match begins before the line
            at = max(at, text.rfind(b"\n", at, place) + 1)
        return search_from(search, edge, text, at)

    return next_match


def _literal_finder(pattern: Pattern, plan: _Plan, text: bytes) -> Callable[[int], int] | None:
    """Return a finder of the pattern's literal from an offset on; None if RE2 is needed.

    Without regard to case, some letters beyond ASCII are equal to letters of ASCII.
    """
    literal = plan.literal
    if not literal:
        return None
    if pattern.ignore_case:
        if not (literal.isascii() and text.isascii()):
            return None
        text, literal = text.lower(), literal.lower()
    return lambda at: text.find(literal, at)


@lru_cache(64)
def _plan(pattern: Pattern) -> _Plan:
    whole = matcher(pattern)
    text, is_literal = common_literal(pattern.source)
    if "\n" in text and not pattern.multiline:
        text = ""  # it never matches
    try:
        literal = text.encode()
    except UnicodeEncodeError:  # a lone surrogate
        literal = b""
    in_lines = not (
        pattern.multiline
        or pattern.whole_text
        or _ANY_BYTE.search(pattern.source)
        or whole.search(b"\n", 1)  # an empty match at the end of a file
    )
    literal_matcher = None
    if literal:
        literal_matcher = whole if is_literal else matcher(fixed_string(text, pattern.ignore_case))
    return _Plan(whole, literal, literal_matcher, is_literal, in_lines)
