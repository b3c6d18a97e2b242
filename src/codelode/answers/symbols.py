"""Definitions as dictionaries, and the index that a file belongs to."""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from codelode.answers.search import freshness_object
from codelode.answers.unicode import path_fields, without_surrogates
from codelode.errors import UsageError
from codelode.index import Index
from codelode.store.locate import path_below

if TYPE_CHECKING:
    from collections.abc import Sequence

    from codelode.types import Freshness, SymbolHit


def symbols_object(
    root: Path, name: str, symbols: Sequence[SymbolHit], truncated: bool, state: Freshness
) -> dict[str, Any]:
    """Return definitions by name; `truncated` says that there are more."""
    return {
        "query": without_surrogates(name),
        "root": without_surrogates(os.fsdecode(root)),
        "symbols": [symbol_object(each) for each in symbols],
        "truncated": truncated,
        "freshness": freshness_object(state),
    }


def outline_object(root: Path, path: str, symbols: Sequence[SymbolHit]) -> dict[str, Any]:
    """Return the definitions of a file. `path` is relative to `root`."""
    return {
        "root": without_surrogates(os.fsdecode(root)),
        **path_fields(path),
        "symbols": [symbol_object(each) for each in symbols],
    }


def symbol_object(symbol: SymbolHit) -> dict[str, Any]:
    """Return a definition."""
    return {**asdict(symbol), **path_fields(symbol.path)}


def index_of_file(file: str, index_dir: str | None = None) -> tuple[Index, str]:
    """Return the index that covers a file, and the path of the file in it: see `Index.around`.

    Raises `UsageError` if there is no such file.
    """
    given = Path(file)
    if given.is_dir():
        raise UsageError(f"{file} is a folder: name a file in it")
    if not given.parent.is_dir():
        raise UsageError(f"no such file: {file}")
    folder = given.parent.resolve()
    index = Index.around(folder, index_dir)
    return index, path_below(index.root, folder / given.name)
