"""Definitions as dictionaries."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from codelode.answers.search import freshness_object
from codelode.answers.unicode import path_fields, without_surrogates

if TYPE_CHECKING:
    from collections.abc import Sequence

    from codelode.types import Freshness, SymbolHit


def symbols_object(
    root: str,
    name: str,
    symbols: Sequence[SymbolHit],
    truncated: bool = False,
    state: Freshness | None = None,
) -> dict[str, Any]:
    """Return the definitions found for a name; `truncated` says that there are more."""
    return {
        "query": without_surrogates(name),
        "root": without_surrogates(root),
        "symbols": [symbol_object(each) for each in symbols],
        "truncated": truncated,
        "freshness": state and freshness_object(state),
    }


def outline_object(root: str, path: str, symbols: Sequence[SymbolHit]) -> dict[str, Any]:
    """Return the definitions of a file. `path` is relative to `root`."""
    return {
        "root": without_surrogates(root),
        **path_fields(path),
        "symbols": [symbol_object(each) for each in symbols],
    }


def symbol_object(symbol: SymbolHit) -> dict[str, Any]:
    """Return a definition."""
    return {**asdict(symbol), **path_fields(symbol.path)}
