"""The index that holds a file which the user names, or an error that says why there is none."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from codelode.answers.build import build_if_missing
from codelode.errors import UsageError
from codelode.index import Index
from codelode.store.locate import path_below

if TYPE_CHECKING:
    from codelode.answers.build import Meter, Tell

_SIMILAR = 75
"""From this similarity on, in percent, one path is suggested for another."""


def index_of_file(
    file: str,
    index_dir: str | None = None,
    allowed: bool = True,
    meter: Meter | None = None,
    tell: Tell | None = None,
) -> tuple[Index, str]:
    """Return the index that holds a file, and the path of the file in it: see `Index.around`.

    A missing index is built if that is `allowed`. An index that lacks the file is brought up to
    date if that is quick. If the index does not cover the folder of the file after that, the folder
    gets an index of its own, and `tell` gets a message. A file that is gone from the disk may
    still be in the index.

    Raises `NoIndexError`; `UsageError` if there is no such file, or if it is not indexed.
    """
    given = Path(file)
    if given.is_dir():
        raise UsageError(f"{file} is a folder: name a file in it")
    near = next(folder for folder in given.parents if folder.is_dir())
    folder = near.resolve()
    index = Index.around(folder, index_dir)
    path = path_below(index.root, folder / given.relative_to(near))
    if not os.path.lexists(given):
        if not index.searchable() or not index.holds(path):
            raise UsageError(f"no such file: {file}{_suggestion(index, path, given)}")
        return index, path
    build_if_missing(index, allowed, meter, tell)
    if index.holds(path):
        return index, path
    index.refresh()
    own = Index.around(folder, index_dir)
    if own.root != index.root:
        index, path = own, path_below(own.root, folder / given.name)
        build_if_missing(index, allowed, meter, tell)
    if index.holds(path):
        return index, path
    raise _not_indexed(file, index)


def _not_indexed(file: str, index: Index) -> UsageError:
    """Return the error that an existing file is not in an index."""
    from codelode.render.index_command import index_command

    place = index.reader.index_dir
    command = index_command(index.root, "--dry-run --list-skipped", index_dir=place)
    return UsageError(f"{file} is not in the index of {index.root}: `{command}` says why")


def _suggestion(index: Index, path: str, given: Path) -> str:
    """Return advice that names the indexed file with the most similar path; "" if none is near."""
    from rapidfuzz import fuzz, process

    from codelode.answers.tree_summary import indexed_paths

    if not index.searchable():
        return ""
    paths = list(indexed_paths(index.reader.home()))
    name = path.rpartition("/")[2]
    same = [each for each in paths if each.rpartition("/")[2] == name]
    least = 0 if same else _SIMILAR
    best = process.extractOne(path, same or paths, scorer=fuzz.ratio, score_cutoff=least)
    if best is None:
        return ""
    found = index.reader.home().root / best[0]
    shown = os.fspath(found) if given.is_absolute() else os.path.relpath(found)
    return f"; did you mean {shown}?"
