"""A walk in a child process, while this process still imports the modules of a search.

A cold search spends as long on imports as on the walk of 10,000 files, and Python threads do not
run in parallel. The child is forked when little more than the walk is loaded.
"""

from __future__ import annotations

import atexit
import json
import marshal
import os
import time
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from codelode.discover.options import WalkOptions
from codelode.discover.walk import walk
from codelode.system.cpu import available_cores
from codelode.system.fork import enlarge_pipe, fork_to, is_readable, kill
from codelode.types import SourceFile

if TYPE_CHECKING:
    from pathlib import Path

LEAST_FILES, MOST_FILES = 1000, 100_000
"""Fewer files are walked in less time than a fork saves; more cannot be walked within a budget."""

_PIPE_BYTES = 1 << 20


class Walked(NamedTuple):
    """The files of a walk, and when it began."""

    began_ns: int
    files: list[SourceFile]


class _Ahead:
    """A walk in a child process. The constructor forks; it raises `OSError` if that fails."""

    def __init__(self, root: str, options: WalkOptions) -> None:
        self.root = root
        self.options = options
        self.is_taken = False
        self._began_ns = time.time_ns()
        self._parent = os.getpid()
        self._reading, writing = os.pipe()
        self._child = fork_to(partial(_walk, root, options, writing))
        os.close(writing)

    def walked(self, deadline: float) -> Walked | None:
        """Return the result; None if the child fails or misses the deadline.

        `deadline` is a time by `time.monotonic`.
        """
        pieces = []
        while is_readable(self._reading, max(min(deadline - time.monotonic(), 3600.0), 0.0)):
            data = os.read(self._reading, _PIPE_BYTES)
            if data:
                pieces.append(data)
                continue
            with suppress(EOFError, ValueError, TypeError):  # incomplete: a signal ended the child
                rows = marshal.loads(b"".join(pieces))
                return Walked(self._began_ns, list(map(SourceFile._make, rows)))
            return None
        return None

    def end(self) -> None:
        """End the child, which has done its work or is not needed."""
        child, self._child = self._child, 0  # another thread may end it too
        if child and self._parent == os.getpid():
            kill(child)
            os.close(self._reading)


def _walk(root: str, options: WalkOptions, writing: int) -> None:
    """Walk the tree in a child process, and write its files to the pipe `writing`."""
    null = os.open(os.devnull, os.O_RDWR)
    for number in range(3):  # else readers of the parent's streams would wait for this process
        os.dup2(null, number)
    rows = [tuple(item) for item in walk(root, options) if isinstance(item, SourceFile)]
    enlarge_pipe(writing, _PIPE_BYTES)  # else the child may have to wait for the reader
    with os.fdopen(writing, "wb") as pipe:
        pipe.write(marshal.dumps(rows))


_begun: _Ahead | None = None


def begin(folder: str, root: str) -> None:
    """Begin the walk of `root` ahead of a search, if that pays; `folder` holds the index."""
    global _begun
    if not hasattr(os, "fork") or available_cores() < 2:
        return
    with suppress(OSError, ValueError, LookupError, TypeError):  # the search will report the error
        with open(f"{folder}/manifest.json", "rb") as file:
            manifest = json.loads(file.read().partition(b"\n")[2])
        files = sum(entry["files"] for entry in manifest["segments"])
        if manifest["root"] == root and LEAST_FILES <= files <= MOST_FILES:
            exclude = (os.path.realpath(folder),)
            _begun = _Ahead(root, WalkOptions.of(manifest["options"], exclude=exclude))
            atexit.register(_end)


def take(root: Path, options: WalkOptions, deadline: float) -> Walked | None:
    """Return the result of the walk that `begin` started; only the first call gets it.

    Returns None if `begin` started none, or if the walk has another root or other options, fails,
    or misses the deadline.
    """
    ahead = _begun
    if ahead is None or ahead.is_taken:
        return None
    ahead.is_taken = True
    try:
        if (ahead.root, ahead.options) != (os.fspath(root), options):
            return None
        return ahead.walked(deadline)
    finally:
        ahead.end()


def _end() -> None:
    """End a walk that nobody has asked for, or that hangs."""
    if _begun is not None:
        _begun.end()
