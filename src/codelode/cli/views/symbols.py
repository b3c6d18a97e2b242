"""The output of `lode symbols` and `lode outline`: one definition per line."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from codelode.cli import streams
from codelode.cli.terminal import Links
from codelode.render.ansi import BOLD, DIM, GREEN, MAGENTA, YELLOW, paint
from codelode.render.sanitize import visible_name

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence

    from codelode.types import SymbolHit


def print_symbols(
    symbols: Sequence[SymbolHit],
    root: str,
    shown: Callable[[str], str],
    options: argparse.Namespace,
) -> None:
    """Print the place, kind and qualified name of each definition.

    Paths are relative to `root`; `shown` returns them as people see them.
    """
    color, links = streams.use_color(options.color, sys.stdout), Links(options)
    guard = visible_name if color or streams.is_terminal(sys.stdout) else str
    for each in symbols:
        path = guard(shown(each.path))
        symbol = guard(each.symbol)
        place = f"{_painted(path, color, MAGENTA)}:{_painted(str(each.line), color, GREEN)}"
        place = links.link(place, Path(root) / each.path, each.line)
        print("  ".join((place, each.kind, _painted(symbol, color, BOLD), *_notes(each, color))))
    sys.stdout.flush()


def print_outline(symbols: Sequence[SymbolHit], root: str, options: argparse.Namespace) -> None:
    """Print the line, kind and name of each definition, indented by its nesting."""
    color, links = streams.use_color(options.color, sys.stdout), Links(options)
    guard = visible_name if color or streams.is_terminal(sys.stdout) else str
    digits = max((len(str(each.line)) for each in symbols), default=0)
    around: list[str] = []  # the qualified names of the enclosing definitions
    for each in symbols:
        del around[each.depth :]
        outer = f"{around[-1]}." if around else ""
        name = _painted(guard(each.symbol.removeprefix(outer)), color, BOLD)
        shown = _painted(str(each.line), color, GREEN)
        number = links.link(shown, Path(root) / each.path, each.line)
        line = " " * (digits - len(str(each.line))) + number
        indent = "  " * each.depth
        print("  ".join((line, f"{indent}{each.kind} {name}", *_notes(each, color))))
        around.append(each.symbol)
    sys.stdout.flush()


def _notes(symbol: SymbolHit, color: bool) -> list[str]:
    notes = [_painted("(declaration)", color, DIM)] if symbol.declaration else []
    return [*notes, _painted("[changed on disk since]", color, YELLOW)] if symbol.stale else notes


def _painted(text: str, color: bool, code: str) -> str:
    return paint(text, code) if color else text
