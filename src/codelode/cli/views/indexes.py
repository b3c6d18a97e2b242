"""The output of `lode list` and `lode clean`: tables of indexes and of removed indexes."""

from __future__ import annotations

import shlex
import sys
import time
from typing import TYPE_CHECKING

from codelode.cli import streams
from codelode.render.sanitize import visible_name
from codelode.render.units import age, count, size

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from codelode.answers.indexes import Removal
    from codelode.store.catalog import IndexEntry


def print_indexes(found: Sequence[IndexEntry], covered: Mapping[str, str]) -> None:
    """Print a table of indexes, and their total size; `covered` is from `indexes.covering`."""
    now = time.time()
    print(f"{'size':>9}  {'files':>9}  {'updated':<14}  {'last used':<14}  root")
    for each in found:
        ages = f"{age(now - each.last_commit):<14}  {age(now - each.last_used):<14}"
        print(f"{size(each.size):>9}  {each.files:>9,}  {ages}  {_name(each, covered)}")
    total = sum(each.size for each in found)
    if len(found) > 1:
        print(f"{size(total):>9}  in {count(len(found), 'index')}")
    if covered:
        sys.stdout.flush()
        command = f"lode clean {shlex.quote(next(iter(covered)))}"
        streams.say(f"`{command}` removes an index that another one covers")


def print_roots(found: Sequence[IndexEntry]) -> None:
    """Print the roots that exist, one per line. Omits a root whose name has several lines."""
    guard = visible_name if streams.is_terminal(sys.stdout) else str
    for each in found:
        if each.root is not None and not each.orphan and "\n" not in each.root:
            print(guard(each.root))


def print_removal(removal: Removal) -> None:
    """Print the removed indexes and the space freed, and the indexes that are in use."""
    for each in removal.removed:
        print(f"removed {size(each.size):>9}  {_name(each, {})}")
    if removal.fetched_bytes:
        print(f"removed {size(removal.fetched_bytes):>9}  fetched segments of rosters")
    if len(removal.removed) + bool(removal.fetched_bytes) != 1:
        print(f"freed {size(removal.freed_bytes)}")
    sys.stdout.flush()
    for each in removal.busy:
        streams.say(f"not removed, another process is indexing: {each.root or each.directory}")


def _name(each: IndexEntry, covered: Mapping[str, str]) -> str:
    guard = visible_name if streams.is_terminal(sys.stdout) else str
    notes = [each.problem] if each.problem else []
    if each.orphan:
        notes.append("root is gone")
    if outer := covered.get(each.root or ""):
        notes.append(f"the index of {outer} covers it, too")
    return guard(each.root or str(each.directory)) + (f"  ({', '.join(notes)})" if notes else "")
