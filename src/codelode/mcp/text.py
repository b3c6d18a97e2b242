"""Entries as text for a model: whole, as an excerpt, or as a location.

src/retry.py:9 RetryScheduler.schedule (method) [9-12]
    def schedule(self, attempt: int) -> float:
        ...

src/queue.py:4 Queue.push (method): def push(self, item): [4-11]

The brackets hold the lines of the entry. Where an excerpt leaves out lines, `… 30` says that the
next line is line 30. Lines are not numbered: numbers would take a fifth of the tokens.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from codelode.render.excerpt import Section, excerpt, number_lines
from codelode.render.sanitize import cut

if TYPE_CHECKING:
    from collections.abc import Collection

    from codelode.mcp.entries import Entry

_SIGNATURE_COLUMNS = 120


def location(entry: Entry) -> str:
    """Return one line: the place, the name and the signature."""
    signature = cut(entry.landing_text, _SIGNATURE_COLUMNS)
    return f"{_head(entry)}: {signature}{_extent(entry)}" if signature else header(entry)


def header(entry: Entry) -> str:
    """Return one line: the place and the name."""
    return f"{_head(entry)}{_extent(entry)}"


def whole(entry: Entry) -> str:
    """Return the header and all lines."""
    return "\n".join([header(entry), *entry.lines])


def shortened(entry: Entry, terms: Collection[str]) -> str:
    """Return the header and the lines with the most terms of the query."""
    numbered = number_lines(entry.lines, entry.start_line, terms)
    shown, expected = [header(entry)], entry.start_line
    for line in excerpt(Section(numbered), entry.line) if numbered else ():
        if line.number != expected:
            shown.append(f"… {line.number}")
        shown.append(line.text)
        expected = line.number + 1
    return "\n".join(shown)


def _head(entry: Entry) -> str:
    return f"{entry.path}:{entry.line}{entry.label and ' '}{entry.label}"


def _extent(entry: Entry) -> str:
    note = f" ({entry.note})" if entry.note else ""
    return f" [{entry.start_line}-{entry.end_line}]{note}"
