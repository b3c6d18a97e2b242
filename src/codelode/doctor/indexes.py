"""Findings about indexes: the index of a root, and the indexes whose roots are gone."""

from __future__ import annotations

import shlex
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from codelode.answers.indexes import covering, listed
from codelode.answers.tree_summary import indexed_paths
from codelode.doctor.diagnosis import Diagnosis
from codelode.errors import CodelodeError, DamagedError
from codelode.render.index_command import index_dir_flag
from codelode.render.units import count, size

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codelode.index import Index


def health(index: Index, deep: bool) -> Iterator[Diagnosis]:
    """Yield findings about the index of a root; `deep` checks every byte of it."""
    root = shlex.quote(str(index.root)) + index_dir_flag(index.reader.index_dir)
    try:
        if not index.searchable():
            yield Diagnosis("index", "note", f"{index.root} has no index", f"lode index {root}")
            return
        status = index.status(changes=False)
        if not status.complete:
            yield Diagnosis(
                "index", "problem", "does not cover the whole tree", f"lode index {root}"
            )
        facts = f"{count(status.files, 'file')}, {size(status.index_bytes)}, model {status.model}"
        yield Diagnosis("index", "ok", f"{facts}, in {status.directory}")
        if status.watch is not None and status.watch.problem:
            remedy = "mend the cause; the watcher tries again by itself"
            yield Diagnosis("index", "problem", f"watcher: {status.watch.problem}", remedy)
        if deep:
            yield from _verified(index, root)
    except DamagedError as error:
        yield Diagnosis("index", "problem", error.problem, f"lode verify --repair {root}")
    except CodelodeError as error:
        yield Diagnosis("index", "problem", str(error), f"lode index --rebuild {root}")


def _verified(index: Index, root: str) -> Iterator[Diagnosis]:
    findings = index.verify()
    for each in findings:
        text = f"{each.file}, {each.section}: {each.problem}"
        yield Diagnosis("index", "problem", text, f"lode verify --repair {root}")
    if not findings:
        yield Diagnosis("index", "ok", "every byte and every reference is valid")


def orphans(index_dir: str | None) -> Iterator[Diagnosis]:
    """Yield a finding that counts the indexes on this machine, and those whose roots are gone."""
    found = listed(index_dir)
    gone = [each for each in found if each.orphan]
    total = f"{count(len(found), 'index')}, {size(sum(each.size for each in found))}"
    if not gone:
        yield Diagnosis("indexes", "ok", total)
        return
    lost = f"{count(len(gone), 'index')} ({size(sum(each.size for each in gone))})"
    yield Diagnosis(
        "indexes", "note", f"{total}; {lost} of folders that are gone", "lode clean --orphans"
    )


def doubled(index_dir: str | None) -> Iterator[Diagnosis]:
    """Yield a finding for each index that the index of an enclosing folder could replace."""
    for root, outer in covering(listed(index_dir), index_dir).items():
        fact = f"{root} has an index of its own, and the index of {outer} covers it, too"
        yield Diagnosis("indexes", "note", fact, f"lode clean {shlex.quote(root)}")


def folders_of(index: Index) -> int | None:
    """Return the number of folders with indexed files; None without a readable index."""
    try:
        return len({PurePosixPath(path).parent for path in indexed_paths(index)})
    except CodelodeError:
        return None
