"""Hits as text: a header line that grep can find, then numbered lines of source.

src/retry.py:12  Queue.schedule (method)  0.83
   12  def schedule(self, delay):
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from codelode.render.ansi import (
    BOLD,
    CYAN,
    DIM,
    GREEN,
    MAGENTA,
    YELLOW,
    paint,
    paint_tokens,
)
from codelode.render.excerpt_tokens import ShownLine, excerpt_tokens, lines_of
from codelode.render.highlight import mark
from codelode.render.matches import TermMatcher
from codelode.render.sanitize import cut, cut_around, visible_name, visible_text, width

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from codelode.render.excerpt import Line
    from codelode.render.hyperlinks import Target
    from codelode.types import Hit

TAB_COLUMNS = 4
LEAST_COLUMNS = 20
_MARGIN = "  "


@dataclass(frozen=True, slots=True)
class Style:
    """The style of hits: in color or not, for a terminal or not, cut to a width, with scores."""

    color: bool = False
    terminal: bool = False
    columns: int | None = None
    scores: bool = False

    @property
    def guarded(self) -> bool:
        """Whether to escape control characters: if the output is for a terminal, or is colored."""
        return self.color or self.terminal


def render_hit(
    hit: Hit, lines: Sequence[Line], style: Style, target: Target | None = None
) -> Iterator[str]:
    """Yield the lines of text for a hit: the header, any features, and the source `lines`.

    With a `target`, the path and the line in the header are a link, and so are the line numbers.
    """
    yield header(hit, style, target)
    for features in _features(hit, style.columns if style.terminal else None):
        yield paint(features, DIM) if style.color else features
    if target is not None and not target.format.has_line:
        target = None
    yield from _body(hit, lines, style, target)


def _features(hit: Hit, columns: int | None) -> Iterator[str]:
    """Yield the features of a hit that are not 0, in lines that break only between features."""
    line = ""
    for name, value in (hit.features or {}).items():
        if value:
            feature = f"  {name} {value:.3g}"
            if line and columns is not None and len(line) + len(feature) > columns:
                yield line
                line = ""
            line += feature if line else f"  {feature}"
    if line:
        yield line


def header(hit: Hit, style: Style, target: Target | None = None) -> str:
    """Return the header of a hit: path, line and symbol, then score and staleness."""
    path, symbol = hit.path, hit.symbol or ""
    if style.guarded:
        path, symbol = visible_name(path), visible_name(symbol)
    fields = [
        ((path, MAGENTA), (":", ""), (str(hit.line), GREEN)),
        ((symbol, BOLD), (f" ({hit.kind})" if symbol and hit.kind else "", "")),
        ((f"{hit.score:.2f}" if style.scores or hit.features else "", CYAN),),
        ((_state(hit), YELLOW),),
    ]
    texts = [
        "".join(paint(text, code) if code and style.color else text for text, code in field)
        for field in fields
    ]
    if target is not None:
        texts[0] = target.link(texts[0], hit.line, hit.column)
    return "  ".join(filter(None, texts))


def _state(hit: Hit) -> str:
    """Return how the file on disk differs from what was indexed; empty if it does not."""
    if hit.deleted:
        return "[deleted since]"
    if hit.excluded:
        return "[excluded since]"
    return "[changed on disk since]" if hit.stale else ""


def _body(hit: Hit, lines: Sequence[Line], style: Style, target: Target | None) -> Iterator[str]:
    if not lines:
        return
    gutter = max(len(str(lines[-1].number)), 4)
    name = (hit.symbol or "").rpartition(".")[2]
    texts = [_fit(line, gutter, style, name * (line.number == hit.line)) for line in lines]
    if style.color:
        texts = _painted(texts, lines, hit)
    previous = lines[0].number - 1
    for line, text in zip(lines, texts, strict=True):
        if line.number != previous + 1:
            yield _gutter("…", gutter, (DIM,), style).rstrip()
        previous = line.number
        emphasis = (YELLOW,) if line.terms else (DIM,)
        yield f"{_gutter(str(line.number), gutter, emphasis, style, target)}{text}".rstrip()


def _painted(texts: Sequence[str], lines: Sequence[Line], hit: Hit) -> list[str]:
    """Return texts in color, with the query terms of their `lines` marked."""
    shown = [
        ShownLine(line.number, visible_text(line.text).expandtabs(TAB_COLUMNS), text)
        for line, text in zip(lines, texts, strict=True)
    ]
    return [
        paint_tokens(mark(tokens, TermMatcher(line.terms).spans(text) if line.terms else ()))
        for text, line, tokens in zip(
            texts, lines, excerpt_tokens(shown, lines_of(hit), hit.language), strict=True
        )
    ]


def _fit(line: Line, gutter: int, style: Style, name: str = "") -> str:
    """Return the text of a line, cut to the columns beside the gutter, around the matching words.

    A line whose beginning holds `name`, the name of the definition, keeps that beginning.
    """
    text = line.text
    if style.guarded:
        text = visible_text(text).expandtabs(TAB_COLUMNS)
    if style.columns is None:
        return text
    room = max(style.columns - gutter - len(_MARGIN) * 2, LEAST_COLUMNS)
    beginning = cut(text, room)
    if not line.terms or beginning == text or (name and name in beginning):
        return beginning
    return cut_around(text, TermMatcher(line.terms).spans(text), room)


def _gutter(
    label: str, columns: int, codes: tuple[str, ...], style: Style, target: Target | None = None
) -> str:
    shown = paint(label, *codes) if style.color else label
    if target is not None:
        shown = target.link(shown, int(label))
    return f"{_MARGIN}{' ' * (columns - width(label))}{shown}{_MARGIN}"
