"""Definitions as text for a language model: one line each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from codelode.mcp.budget import shorten
from codelode.mcp.token_count import count_tokens
from codelode.render.sanitize import visible_name

if TYPE_CHECKING:
    from codelode.types import SymbolHit


def symbol_line(symbol: SymbolHit, shown_path: str) -> str:
    """Return a definition with its place: `src/retry.py:9 Retry.schedule (method) [9-12]`."""
    return f"{visible_name(shown_path)}:{symbol.line} {_described(symbol, symbol.symbol)}"


def outline_line(symbol: SymbolHit) -> str:
    """Return a definition in an outline, indented by its depth: `9 schedule (method) [9-12]`."""
    return f"{'  ' * symbol.depth}{symbol.line} {_described(symbol, symbol.name)}"


def _described(symbol: SymbolHit, name: str) -> str:
    notes = " declaration" if symbol.declaration else ""
    stale = " (changed on disk since)" if symbol.stale else ""
    lines = f"[{symbol.start_line}-{symbol.end_line}]"
    return f"{visible_name(name)} ({symbol.kind}{notes}) {lines}{stale}"


def fitting(lines: Sequence[str], footer: str, tokens: int) -> str:
    """Return a text of at most `tokens` tokens: the lines that fit, and the footer.

    The number of lines left out, if any, is between the two.
    """
    room = tokens - count_tokens(f"\n[{len(lines):,} more: narrow by path or kind]\n\n{footer}\n")
    shown: list[str] = []
    for line in lines:
        cost = count_tokens(f"{line}\n")
        if cost > room and shown:
            break
        shown.append(shorten(line, max(room, 0)) if cost > room else line)
        room -= cost
    left = len(lines) - len(shown)
    more = [f"[{left:,} more: narrow by path or kind]"] if left else []
    return shorten("\n".join([*shown, *more, "", footer]), tokens)
