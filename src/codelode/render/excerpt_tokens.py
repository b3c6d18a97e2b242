"""Highlighting of excerpts: the lexer also reads lines that are not shown.

Whether a line lies within a comment or a string depends on the lines above it, including the parts
of them that an excerpt cuts off.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from codelode.render.excerpt import split_lines
from codelode.render.highlight import highlight
from codelode.render.sanitize import ELLIPSIS, visible_text

if TYPE_CHECKING:
    from codelode.render.highlight import Token
    from codelode.types import Hit

MOST_HIDDEN = 1_500
"""The characters of hidden lines that are read, the nearest first: a lexer is slow."""

MOST_OF_LINE = 500
"""A longer line is read as far as it is shown."""


class ShownLine(NamedTuple):
    """A line of an excerpt: its number, its text, and the part of the text that is shown.

    `whole` is free of control characters, as `text` is.
    """

    number: int
    whole: str
    text: str


def lines_of(hit: Hit) -> Iterable[tuple[int, str]]:
    """Return the lines of a hit with their numbers."""
    return enumerate(split_lines(hit.text), hit.start_line)


def excerpt_tokens(
    shown: Sequence[ShownLine], lines: Iterable[tuple[int, str]], language: str | None
) -> list[list[Token]]:
    """Return the tokens of the shown part of each line; the texts of the tokens make up that part.

    `lines` are numbered lines around and between the shown ones; they may include the shown ones.
    """
    if not shown:
        return []
    numbers, last = {each.number for each in shown}, shown[-1].number
    hidden = [each for each in lines if each[0] < last and each[0] not in numbers]
    rows: list[tuple[int, str, str | None]] = []
    room = MOST_HIDDEN
    for number, text in reversed(hidden):
        room -= len(text)
        if room < 0:
            break
        rows.append((number, visible_text(text), None))
    for each in shown:
        read = each.whole if len(each.whole) <= MOST_OF_LINE else each.text
        rows.append((each.number, read, each.text))
    rows.sort(key=lambda row: row[0])
    found = highlight([text for _, text, _ in rows], language)
    return [
        _part(tokens, whole, text)
        for tokens, (_, whole, text) in zip(found, rows, strict=True)
        if text is not None
    ]


def _part(tokens: list[Token], whole: str, text: str) -> list[Token]:
    """Return the tokens of a part of a line; an ellipsis may stand for what was cut off."""
    if text == whole:
        return tokens
    kept, begin, end = text, "", ""
    if not whole.startswith(kept[:1]) and kept.startswith(ELLIPSIS):
        begin, kept = ELLIPSIS, kept[1:]
    if kept.endswith(ELLIPSIS) and kept not in whole:
        end, kept = ELLIPSIS, kept[:-1]
    start = whole.find(kept)
    if start < 0:
        return [("", text)]
    pieces: list[Token] = [("", begin)] if begin else []
    at = 0
    for name, piece in tokens:
        inside = piece[max(start - at, 0) : max(start + len(kept) - at, 0)]
        if inside:
            pieces.append((name, inside))
        at += len(piece)
    return [*pieces, ("", end)] if end else pieces
