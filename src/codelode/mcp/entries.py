"""The entries of an answer for agents: hits, with overlapping ones merged."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from codelode.render.excerpt import split_lines
from codelode.render.sanitize import cut, visible_name, visible_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from codelode.types import Hit

LINE_COLUMNS = 300
"""The maximum length of a line: minified code must not use up the budget."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Lines of a file to show: `lines`, which begin at the line number `start_line`.

    `path` is the path to show; `line` is the 1-based line to go to, one of `lines`. `label` is the
    qualified name and kind of the definition, or empty. `keys` identify the hits of the entry
    across updates. `note` is empty, unless the file has changed or was deleted since it was
    indexed.
    """

    path: str
    line: int
    start_line: int
    lines: tuple[str, ...]
    label: str
    keys: tuple[str, ...]
    note: str = ""

    @property
    def end_line(self) -> int:
        """The number of the last line."""
        return self.start_line + max(len(self.lines), 1) - 1

    @property
    def landing_text(self) -> str:
        """The text of `line`, without indentation: the signature of a definition."""
        at = self.line - self.start_line
        return self.lines[at].strip() if 0 <= at < len(self.lines) else ""


def entry_of(hit: Hit, shown_path: str, mask: Callable[[str], str]) -> Entry:
    """Return the entry of a hit. `mask` hides secrets and must keep the number of lines."""
    lines = [cut(visible_text(line), LINE_COLUMNS) for line in split_lines(mask(hit.text))]
    symbol = visible_name(hit.symbol or "")
    while lines and not lines[-1].strip() and hit.start_line + len(lines) - 1 > hit.line:
        lines.pop()
    return Entry(
        path=visible_name(shown_path),
        line=hit.line,
        start_line=hit.start_line,
        lines=tuple(lines),
        label=f"{symbol} ({hit.kind})" if symbol and hit.kind else symbol,
        keys=(key_of(hit, shown_path),),
        note=_note(hit),
    )


def _note(hit: Hit) -> str:
    if hit.deleted or hit.excluded:
        return "deleted since" if hit.deleted else "excluded since"
    return "changed on disk since" if hit.stale else ""


def key_of(hit: Hit, shown_path: str) -> str:
    """Return the key of a hit. Made of path and text, it survives updates that move lines."""
    return f"{shown_path}\0{hit.text}"


def merged(entries: Iterable[Entry]) -> list[Entry]:
    """Return the entries in order, each merged into the first entry that it overlaps."""
    kept: list[Entry] = []
    for entry in entries:
        current, at = entry, len(kept)
        # A merged entry is longer and may overlap another one.
        while (other := _overlapping(kept, current)) is not None:
            taken = kept.pop(other)
            current = _union(taken, current) if other < at else _union(current, taken)
            at = min(at, other)
        kept.insert(min(at, len(kept)), current)
    return kept


def _overlapping(entries: Sequence[Entry], entry: Entry) -> int | None:
    for at, other in enumerate(entries):
        if (
            other.path == entry.path
            and other.start_line <= entry.end_line
            and entry.start_line <= other.end_line
        ):
            return at
    return None


def _union(first: Entry, second: Entry) -> Entry:
    """Return the union of two entries; the line to go to is the first entry's."""
    start = min(first.start_line, second.start_line)
    above, below = (first, second) if first.start_line == start else (second, first)
    lines = above.lines + below.lines[above.end_line - below.start_line + 1 :]
    return replace(
        first,
        start_line=start,
        lines=lines,
        label=first.label or second.label,
        keys=first.keys + second.keys,
        note=first.note or second.note,
    )
