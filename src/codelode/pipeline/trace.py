"""Profiles for speedscope: which function ran when, in this process and in its workers.

pyinstrument takes the samples and writes speedscope's format. Each process samples itself; one
file holds the profiles of all.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any

from codelode.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

INTERVAL_SECONDS = 0.005
"""The time between two samples: half of pyinstrument's default, for half a megabyte a second."""


def check(path: Path) -> None:
    """Raise `UsageError` if there is no profiler, or if no file can be written at `path`."""
    if path.is_dir():
        raise UsageError(
            f"cannot write a profile to {path}: it is a folder"
            " (give ROOT before --profile, or --profile=FILE)"
        )
    if not path.parent.is_dir():
        raise UsageError(f"cannot write a profile to {path}: there is no such folder")
    _require_profiler()


def _require_profiler() -> None:
    try:
        import_module("pyinstrument")
    except ImportError as error:
        raise UsageError(
            "a profile for speedscope needs the package 'pyinstrument':"
            " pip install 'codelode[profile]'"
        ) from error


@contextmanager
def tracing(path: Path | None) -> Iterator[list[tuple[str, str]] | None]:
    """Profile this thread; at the end, write its profile and the workers' profiles to a file.

    Yields the list to which the caller adds the profiles of workers: (name of the process,
    profile). Without a path, profiles nothing and yields None. Raises `UsageError` if there is no
    profiler, or if the file cannot be written at the end.
    """
    if path is None:
        yield None
        return
    tracer = Tracer()
    traces: list[tuple[str, str]] = []
    try:
        yield traces
        _write(path, joined([("parent", tracer.finish()), *traces]))
    finally:
        tracer.stop()


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, "utf-8")
    except OSError as error:
        raise UsageError(
            f"cannot write a profile to {path}: {error.strerror}; the index is up to date"
        ) from error


class Tracer:
    """A profiler that samples the thread that creates it, until `finish` or `stop`."""

    def __init__(self) -> None:
        _require_profiler()
        from pyinstrument import Profiler

        # `async_mode` is off, so that the program may run a profiler of its own at the same time.
        self._profiler = Profiler(interval=INTERVAL_SECONDS, async_mode="disabled")
        self._profiler.start()

    def finish(self) -> str:
        """Stop, and return the profile as the text of a speedscope file."""
        from pyinstrument.renderers import SpeedscopeRenderer

        session = self._profiler.stop()
        # The default drops functions below 1 % of the time, but they make up most of a time line.
        text: str = SpeedscopeRenderer(processor_options={"filter_threshold": 0}).render(session)
        return text

    def stop(self) -> None:
        """Stop the profiler if it is still running, and discard the profile."""
        if self._profiler.is_running:
            self._profiler.stop()


def joined(traces: Sequence[tuple[str, str]]) -> str:
    """Join speedscope files into one; each is given with the name of its process."""
    frames: list[Any] = []
    profiles: list[dict[str, Any]] = []
    document: dict[str, Any] = {}
    for name, text in traces:
        document = json.loads(text)
        for profile in document["profiles"]:
            for event in profile["events"]:
                event["frame"] += len(frames)
            profiles.append({**profile, "name": name})
        frames += document["shared"]["frames"]
    whole = {
        "name": "lode index",
        "activeProfileIndex": 0,
        "profiles": profiles,
        "shared": {"frames": frames},
    }
    return json.dumps({**document, **whole})
