"""Fit the entries of an answer into a token budget."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from codelode.mcp.text import location, shortened, whole
from codelode.mcp.token_count import count_tokens

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from codelode.mcp.entries import Entry

FIRST_SHARE = 0.6
"""The share of the budget for the best entry; the other entries share the rest."""


@dataclass(slots=True)
class _Block:
    """One form of an entry, and its cost in tokens."""

    text: str
    cost: int


def fit(entries: Sequence[Entry], terms: Collection[str], tokens: int) -> list[str]:
    """Return the text of the first entries, as many as fit into a number of tokens.

    The best entries are whole, the next ones are excerpts, and the rest are locations. At least one
    entry is returned, cut if necessary. The cost is at most `tokens`.
    """
    blocks: list[_Block] = []
    spent = 0
    for number, entry in enumerate(entries):
        block = _block(location(entry))
        if not number:
            for richer in _richer(entry, terms):
                if richer.cost <= max(tokens * FIRST_SHARE, block.cost):
                    block = richer
                    break
        if spent + block.cost > tokens:
            break
        blocks.append(block)
        spent += block.cost
    if not blocks and entries:
        return [shorten(location(entries[0]), tokens)]
    for entry, block in zip(entries, blocks, strict=False):
        for richer in _richer(entry, terms) if "\n" not in block.text else ():
            if spent - block.cost + richer.cost <= tokens:
                spent += richer.cost - block.cost
                block.text, block.cost = richer.text, richer.cost
                break
    return [block.text for block in blocks]


def shorten(text: str, tokens: int) -> str:
    """Return as much of a text as costs at most `tokens` tokens; an ellipsis marks a cut."""
    if count_tokens(text) <= tokens:
        return text
    least, most = 0, len(text)
    while least < most:
        middle = (least + most + 1) // 2
        if count_tokens(f"{text[:middle]}…") <= tokens:
            least = middle
        else:
            most = middle - 1
    return f"{text[:least]}…" if least else ""


def _block(text: str) -> _Block:
    return _Block(text, count_tokens(f"{text}\n\n"))


def _richer(entry: Entry, terms: Collection[str]) -> Iterator[_Block]:
    """Yield the whole entry, then its excerpt, unless the entry is only a location."""
    if entry.lines:
        yield _block(whole(entry))
        yield _block(shortened(entry, terms))
