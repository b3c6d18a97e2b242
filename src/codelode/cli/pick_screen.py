"""The texts on the screen of `lode pick`, as pieces with the names of their styles."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from codelode.answers.lines import shown_lines
from codelode.render.excerpt_tokens import ShownLine, excerpt_tokens
from codelode.render.highlight import mark
from codelode.render.matches import TermMatcher
from codelode.render.paths import from_here, joined
from codelode.render.sanitize import cut, visible_name, visible_text, width
from codelode.render.text import TAB_COLUMNS
from codelode.render.units import count, seconds

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from codelode.cli.live_search import Found
    from codelode.render.paths import GivenRoot
    from codelode.types import Hit

Pieces = list[tuple[str, str]]
"""Texts, each with its style: names after `class:`, separated by spaces."""


def summary(found: Found) -> Pieces:
    """Return the problem, a hint if there is no query, or the number of hits and the time taken."""
    if found.problem:
        return [("", f"  {visible_name(found.problem)}")]
    if not found.query:
        return [("", "  type to search")]
    return [("", f"  {count(len(found.hits), 'hit')} · {seconds(found.seconds)}")]


def hit_line(hit: Hit, root: str, roots: Sequence[GivenRoot], columns: int) -> Pieces:
    """Return the place, the name and the kind of a hit, cut to `columns`.

    A long path loses its beginning: the name of the file and the symbol say more.
    """
    path = visible_name(from_here(joined(root, hit.path), roots))
    symbol = visible_name(f"{hit.symbol} ({hit.kind})") if hit.symbol else ""
    stale = "  [changed on disk since]" if hit.stale else ""
    line = f":{hit.line}"
    room = max(columns - width(line) - min(width(symbol) + 2, columns // 2), 8)
    if width(path) > room:
        path = "…" + _end(path, room - 1)
    left = max(columns - width(path) - width(line) - 2, 0)
    pieces = [("class:path", path), ("class:line", line)]
    if symbol and left > 1:
        pieces.append(("class:symbol", "  " + cut(symbol, left)))
    if stale and width(stale) + width(symbol) <= left:
        pieces.append(("class:class", stale))
    return pieces


def _end(text: str, columns: int) -> str:
    """Return as much of the end of a text as fits into `columns`."""
    while width(text) > columns:
        text = text[max(1, (width(text) - columns) // 2) :]
    return text


@lru_cache(maxsize=64)
def preview(hit: Hit, root: Path, terms: tuple[str, ...], rows: int, columns: int) -> Pieces:
    """Return lines of the file around a hit, highlighted, with the line of the hit marked."""
    lines = shown_lines(root, hit, terms, context=rows, full=True)
    known = [(line.number, line.text) for line in lines]
    first = max(hit.line - rows // 3, lines[0].number if lines else 1)
    lines = [line for line in lines if first <= line.number < first + rows]
    gutter = max((len(str(line.number)) for line in lines), default=0) + 1
    room = max(columns - gutter - 2, 1)
    wholes = [visible_text(line.text).expandtabs(TAB_COLUMNS) for line in lines]
    texts = [cut(whole, room) for whole in wholes]
    numbers = [line.number for line in lines]
    shown = [*map(ShownLine, numbers, wholes, texts)]
    highlighted = excerpt_tokens(shown, known, hit.language)
    matcher = TermMatcher(terms)
    pieces: Pieces = []
    for line, text, tokens in zip(lines, texts, highlighted, strict=True):
        here = "class:landing" if line.number == hit.line else "class:number"
        pieces.append((here, f"{line.number:>{gutter}}"))
        pieces.append(("", " " if line.number != hit.line else "▸"))
        for names, token in mark(tokens, matcher.spans(text)):
            pieces.append((" ".join(f"class:{name}" for name in names.split()), token))
        pieces.append(("", "\n"))
    return pieces
