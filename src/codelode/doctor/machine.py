"""Findings about the machine: Python, the cache folder, memory, limits of watching."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from codelode import __version__
from codelode.doctor.diagnosis import Diagnosis
from codelode.errors import UsageError
from codelode.render.units import count, size
from codelode.store.locate import index_folder
from codelode.system.cpu import available_cores
from codelode.system.inotify import LIMITS as _LIMITS
from codelode.system.memory import allowed_bytes
from codelode.system.mounts import remote_mount

if TYPE_CHECKING:
    from collections.abc import Iterator

_LEAST_FREE_BYTES = 1 << 30


def environment() -> Iterator[Diagnosis]:
    """Yield findings about the program and the system."""
    memory = allowed_bytes()
    facts = [
        f"codelode {__version__}",
        f"Python {platform.python_version()}",
        f"{platform.system()} {platform.machine()}",
        count(available_cores(), "core"),
        *([f"{size(memory)} of memory"] if memory else []),
    ]
    yield Diagnosis("environment", "ok", ", ".join(facts))
    if sys.platform != "linux":
        yield Diagnosis(
            "environment", "note", f"untested on {platform.system()}", "report what does not work"
        )


def cache(index_dir: str | None) -> Iterator[Diagnosis]:
    """Yield findings about the folder that holds indexes."""
    try:
        folder = index_folder(index_dir)
    except UsageError as error:
        yield Diagnosis("index folder", "problem", str(error), "name another one by --index-dir")
        return
    existing = next(each for each in (folder, *folder.parents) if each.exists())
    if not os.access(existing, os.W_OK | os.X_OK):
        yield Diagnosis(
            "index folder",
            "problem",
            f"{folder}: no permission to write in {existing}",
            "change its permissions, or set LODE_INDEX_DIR to another folder",
        )
        return
    free = shutil.disk_usage(existing).free
    if free < _LEAST_FREE_BYTES:
        yield Diagnosis(
            "index folder",
            "problem",
            f"{folder}: only {size(free)} free",
            "free some space: `lode list`, `lode clean --older-than 90d`",
        )
    else:
        yield Diagnosis("index folder", "ok", f"{folder}, {size(free)} free")


def watching(root: Path, folders: int | None) -> Iterator[Diagnosis]:
    """Yield findings about watching a tree; `folders` is the number of its folders, if known."""
    remote = remote_mount(root)
    if remote is not None:
        yield Diagnosis(
            "watching",
            "note",
            f"{root} is on {remote}, which does not report changes",
            "nothing to do: the watcher walks the tree every few seconds instead",
        )
    watches, instances = (_limit(f"max_user_{name}") for name in ("watches", "instances"))
    if watches is None or instances is None:
        yield Diagnosis("watching", "note", "this system reports no changes of folders")
        return
    limits = f"inotify allows {count(watches, 'watch')} and {count(instances, 'instance')}"
    if folders is not None and folders > watches:
        yield Diagnosis(
            "watching",
            "problem",
            f"{limits}; {root} has {count(folders, 'folder')}, so that `lode watch` has to walk the"
            " tree every few seconds",
            f"sudo sysctl fs.inotify.max_user_watches={_next_power(2 * folders)}",
        )
    else:
        yield Diagnosis("watching", "ok", limits)


def _limit(name: str) -> int | None:
    try:
        return int((_LIMITS / name).read_text())
    except (OSError, ValueError):
        return None


def _next_power(number: int) -> int:
    return 1 << (number - 1).bit_length()
