"""Lines of source as HTML: highlighted, with the words of the query marked."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from html import escape
from typing import TYPE_CHECKING, NamedTuple

from codelode.lru import LruCache
from codelode.page.markup import Markup
from codelode.render.excerpt_tokens import ShownLine, excerpt_tokens, lines_of
from codelode.render.highlight import MATCH, highlight, mark
from codelode.render.matches import matcher_of
from codelode.render.sanitize import cut, visible_text

if TYPE_CHECKING:
    from codelode.render.excerpt import Line
    from codelode.render.highlight import Token
    from codelode.types import Hit

MAX_COLUMNS = 400
"""Longer lines are cut: those of minified files would make the page heavy."""
MAX_HIGHLIGHTED = 150_000
"""The number of characters of a file that are highlighted, which takes about a second."""
_REMEMBERED = 2_000
BLOCK_LINES = 100
"""The number of lines that a browser lays out together when they come into view."""

_SHORT = {
    "comment": "c",
    "keyword": "k",
    "number": "m",
    "string": "s",
    "builtin": "b",
    "class": "t",
    "decorator": "d",
    "function": "f",
    "tag": "g",
}


class _Row(NamedTuple):
    """A highlighted line: its tokens, and its HTML without marked words."""

    tokens: list[Token]
    html: str


_known: LruCache[tuple[str | None, str, tuple[int, ...], tuple[str, ...]], list[_Row]] = LruCache(
    _REMEMBERED
)
"""The cache of highlighted excerpts: while a user types, most hits stay the same."""


def excerpt_lines(lines: Sequence[Line], hit: Hit, href: str) -> Markup:
    """Return the excerpt of a hit; `href` is the address of the hit's file, without a fragment."""
    texts = tuple(cut(visible_text(line.text), MAX_COLUMNS) for line in lines)
    terms = frozenset().union(*(line.terms for line in lines))
    matcher = matcher_of(terms)
    rows = []
    previous = lines[0].number - 1 if lines else 0
    for line, text, row in zip(lines, texts, _highlighted(texts, lines, hit), strict=True):
        marked = _row(mark(row.tokens, matcher.spans(text))) if line.terms else row.html
        gap = " gap" if line.number != previous + 1 else ""
        here = " at" if line.number == hit.line else ""
        previous = line.number
        rows.append(
            f'<span class="l{gap}{here}"><a class="no" href="{escape(href)}#L{line.number}"'
            f' tabindex="-1" aria-hidden="true">{line.number}</a>{marked}\n</span>'
        )
    return Markup(f'<pre class="code"><code>{"".join(rows)}</code></pre>')


def _highlighted(texts: tuple[str, ...], lines: Sequence[Line], hit: Hit) -> list[_Row]:
    """Return the highlighted lines of an excerpt."""
    key = hit.language, hit.text, tuple(line.number for line in lines), texts
    rows = _known.get(key)
    if rows is None:
        shown = [
            ShownLine(line.number, visible_text(line.text), text)
            for line, text in zip(lines, texts, strict=True)
        ]
        found = excerpt_tokens(shown, lines_of(hit), hit.language)
        rows = [_Row(each, _row(each)) for each in found]
        _known.put(key, rows)
    return rows


def file_lines(texts: Sequence[str], language: str | None, terms: Collection[str]) -> Markup:
    """Return all lines of a file, each with an anchor: `#L12`."""
    shown = [cut(visible_text(text), MAX_COLUMNS * 10) for text in texts]
    matcher = matcher_of(frozenset(terms))
    rows = [
        f'<span class="l" id="L{number}"><a class="no" href="#L{number}">{number}</a>'
        f"{_row(mark(row, matcher.spans(text) if terms else ()))}\n</span>"
        for number, (text, row) in enumerate(
            zip(shown, highlight(shown, language, MAX_HIGHLIGHTED), strict=True), 1
        )
    ]
    blocks = [
        f'<span class="block">{"".join(rows[at : at + BLOCK_LINES])}</span>'
        for at in range(0, len(rows), BLOCK_LINES)
    ]
    return Markup(f'<pre class="code whole"><code>{"".join(blocks)}</code></pre>')


def _row(tokens: Sequence[Token]) -> str:
    """Return the tokens of a line as HTML; adjacent tokens of one class form one element."""
    pieces: list[str] = []
    for name, text in _merged(tokens):
        classes = name.split()
        matched = MATCH in classes
        short = next((_SHORT[each] for each in classes if each in _SHORT), "")
        piece = escape(text, quote=False)
        if short:
            piece = f'<span class="{short}">{piece}</span>'
        pieces.append(f"<mark>{piece}</mark>" if matched else piece)
    return "".join(pieces)


def _merged(tokens: Sequence[Token]) -> list[Token]:
    merged: list[Token] = []
    for name, text in tokens:
        if merged and (merged[-1][0] == name or (not text.strip() and MATCH not in merged[-1][0])):
            merged[-1] = merged[-1][0], merged[-1][1] + text
        else:
            merged.append((name, text))
    return merged
