"""The progress bar of updates and transfers: files, MB/s and the time left.

`rich` is imported only once there is something to show.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from codelode.render.units import count, size

if TYPE_CHECKING:
    from types import TracebackType

    from rich.progress import Progress, TaskID

PATIENCE_SECONDS = 0.3
"""Updates shorter than this show no bar."""
RATE_SECONDS = 0.5
"""Rates are shown only after this time."""


class ProgressBar:
    """A progress bar for `files` files of `total` bytes, as a context manager.

    `action` and `noun` are the words that the bar shows, such as `indexing` and `file`.
    """

    def __init__(
        self, files: int, total: int, action: str = "indexing", noun: str = "file"
    ) -> None:
        self._files, self._total = files, total
        self._action, self._noun = action, noun
        self._done_files = self._done_bytes = 0
        self._began = time.monotonic()
        self._bar: Progress | None = None
        self._task: TaskID | None = None

    def __enter__(self) -> ProgressBar:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def found(self, files: int, size: int) -> None:
        """Ignore files that the walk finds: the totals are known from the start."""

    def indexed(self, files: int, size: int) -> None:
        """Add files and bytes that are done, and redraw the bar."""
        self._done_files += files
        self._done_bytes += size
        elapsed = time.monotonic() - self._began
        if self._bar is None:
            if elapsed < PATIENCE_SECONDS:
                return
            self._open()
        assert self._bar is not None and self._task is not None
        self._bar.update(
            self._task,
            total=max(self._total, self._done_bytes),
            completed=self._done_bytes,
            done=f"{self._done_files:,}/{count(max(self._files, self._done_files), self._noun)}",
            rate=f"{size_per_second(self._done_bytes, elapsed)}",
        )

    def _open(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        self._bar = Progress(
            TextColumn(self._action),
            BarColumn(),
            TextColumn("{task.fields[done]}"),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(compact=True, elapsed_when_finished=True),
            console=Console(stderr=True),
            transient=True,
        )
        self._task = self._bar.add_task("", total=self._total, done="", rate="")
        self._bar.start()


def size_per_second(amount: int, duration: float) -> str:
    """Return a rate such as `3.2 MB/s`; empty if the duration is less than `RATE_SECONDS`."""
    return f"{size(amount / duration)}/s" if duration >= RATE_SECONDS else ""
