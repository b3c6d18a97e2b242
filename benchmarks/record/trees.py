"""Descriptions of measured trees: name, size and a digest of the files, but not the location."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from benchmarks.corpora import digest
from benchmarks.record.measurement import Corpus
from codelode.discover.walk import walk
from codelode.types import SourceFile


def describe(root: Path, name: str | None = None) -> Corpus:
    """Return the name, size and digest of the files that an index of the tree would hold.

    The digest covers the paths relative to the root, in order. `name` defaults to the name of the
    folder.
    """
    files = [item for item in walk(root) if isinstance(item, SourceFile)]
    size = sum(file.size for file in files)
    paths = sorted(file.path for file in files)
    return Corpus(name or root.resolve().name, len(files), size, digest(paths))


def without_paths(arguments: Iterable[str], names: dict[Path, str]) -> list[str]:
    """Replace the paths of trees by their names; shorten other absolute paths to `.../NAME`."""
    return [_named(argument, names) for argument in arguments]


def _named(argument: str, names: dict[Path, str]) -> str:
    flag, equals, value = argument.partition("=")  # such as --json=FILE or NAME=FILE
    if equals:
        return f"{_named(flag, names)}={_named(value, names)}"
    path = Path(argument)
    if path.is_absolute() or argument.startswith("~") or ".." in path.parts:
        return names.get(path.expanduser().resolve(), f".../{path.name}")
    return argument if argument.startswith("-") else names.get(path.resolve(), argument)
