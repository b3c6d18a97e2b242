"""Intercept, one by one, the system calls with which the store changes files.

`intercepted(below, hook)` runs `hook(call)` before every open, write, fsync, rename, unlink, mkdir
and truncate of a file or folder in the folder `below`. The hook may kill the process, raise an
`OSError`, ask for a short write, or record the call; if it returns, the call is made.
"""

from __future__ import annotations

import io
import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import codelode.store.storage
from codelode.errors import CodelodeError


@dataclass(frozen=True, slots=True)
class Call:
    """A call about to be made; `number` counts from 1. `path` and `target` are absolute."""

    number: int
    name: str
    path: str
    target: str = ""
    data: bytes = b""


Hook = Callable[[Call], int | None]
"""A hook returns None, or the number of bytes to write to force a short write."""


class _Counter:
    def __init__(self, below: Path, hook: Hook) -> None:
        self.below = os.path.realpath(below)
        self.hook = hook
        self.count = 0

    def see(self, name: str, path: Any, target: Any = "", data: bytes = b"") -> int | None:
        place = os.path.normpath(os.fsdecode(path))
        if place != self.below and not place.startswith(self.below + os.sep):
            return None
        self.count += 1
        goal = os.path.normpath(os.fsdecode(target)) if target else ""
        return self.hook(Call(self.count, name, place, goal, data))


class _File(io.FileIO):
    """A file whose writes are intercepted."""

    def __init__(self, path: Any, counter: _Counter) -> None:
        counter.see("create", path)
        super().__init__(path, "w")
        self._path, self._counter = path, counter

    def write(self, data: Any, /) -> int:
        view = memoryview(data)
        length = self._counter.see("write", self._path, data=bytes(view))
        return super().write(view if length is None else view[:length])


def _path_of(descriptor: int) -> str:
    return str(Path(f"/proc/self/fd/{descriptor}").readlink())


@contextmanager
def intercepted(below: Path, hook: Hook) -> Iterator[None]:
    """Pass to `hook` every call of this process that changes a file below the folder `below`."""
    counter = _Counter(below, hook)
    real = {name: getattr(os, name) for name in _WRAPPERS}

    def open_file(path: Any, mode: str = "r", *rest: Any, **options: Any) -> Any:
        if mode != "wb":
            return open(path, mode, *rest, **options)
        return io.BufferedWriter(_File(path, counter))

    for name, wrap in _WRAPPERS.items():
        setattr(os, name, wrap(real[name], counter))
    setattr(codelode.store.storage, "open", open_file)  # noqa: B010
    try:
        yield
    finally:
        delattr(codelode.store.storage, "open")
        for name, function in real.items():
            setattr(os, name, function)


def _one_path(name: str) -> Callable[[Any, _Counter], Any]:
    def wrap(real: Any, counter: _Counter) -> Any:
        def call(path: Any, *rest: Any, **options: Any) -> Any:
            if "dir_fd" not in options:
                counter.see(name, path)
            return real(path, *rest, **options)

        return call

    return wrap


def _two_paths(real: Any, counter: _Counter) -> Any:
    def call(path: Any, target: Any, **options: Any) -> Any:
        counter.see("rename", path, target)
        return real(path, target, **options)

    return call


def _by_descriptor(name: str) -> Callable[[Any, _Counter], Any]:
    def wrap(real: Any, counter: _Counter) -> Any:
        def call(descriptor: int, *rest: Any) -> Any:
            counter.see(name, _path_of(descriptor))
            return real(descriptor, *rest)

        return call

    return wrap


_WRAPPERS: dict[str, Callable[[Any, _Counter], Any]] = {
    "open": _one_path("open"),
    "mkdir": _one_path("mkdir"),
    "unlink": _one_path("unlink"),
    "rename": _two_paths,
    "replace": _two_paths,
    "fsync": _by_descriptor("fsync"),
    "ftruncate": _by_descriptor("ftruncate"),
    "pwrite": _by_descriptor("pwrite"),
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of a child, and the report or error that it wrote.

    `kind` is "done", "refused" (a `CodelodeError`), "crashed" or "killed" (SIGKILL). After another
    signal, it is "died of" and the name of the signal.
    """

    kind: str
    said: str

    @property
    def acknowledged(self) -> bool:
        """Whether the child reported success, even if it was killed afterwards."""
        return self.said.startswith("done") and self.kind in ("done", "killed")


def start(work: Callable[[], object]) -> tuple[int, int]:
    """Run `work` in a fork; return its pid and the read end of a pipe with its report."""
    reader, writer = os.pipe()
    sys.stdout.flush()
    pid = os.fork()
    if pid:
        os.close(writer)
        return pid, reader
    os.close(reader)
    status = 0
    try:
        result = work()
        os.write(writer, f"done {result}".encode())
    except CodelodeError as error:
        os.write(writer, f"{type(error).__name__}: {error}".encode())
        status = 3
    except BaseException:
        os.write(writer, traceback.format_exc().encode()[-4000:])
        status = 4
    finally:
        os._exit(status)


def finish(pid: int, reader: int) -> Outcome:
    """Wait for a child that `start` made; return its outcome."""
    with open(reader, "rb") as pipe:
        said = pipe.read().decode("utf-8", "replace")
    _, status = os.waitpid(pid, 0)
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        kind = "killed" if number == signal.SIGKILL else f"died of {signal.Signals(number).name}"
        return Outcome(kind, said)
    return Outcome({0: "done", 3: "refused"}.get(os.WEXITSTATUS(status), "crashed"), said)


def in_child(work: Callable[[], object]) -> Outcome:
    """Run `work` in a fork of this process, wait for it, and return its outcome."""
    return finish(*start(work))


def kill_at(number: int) -> Hook:
    """Return a hook that kills the process before call `number`."""

    def hook(call: Call) -> int | None:
        if call.number == number:
            os.kill(os.getpid(), signal.SIGKILL)
        return None

    return hook
