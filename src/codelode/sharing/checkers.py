"""Check fetched segments on all cores: in child processes, and in this one."""

from __future__ import annotations

from dataclasses import asdict
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from codelode.sharing.check import check_content
from codelode.system.cpu import available_cores
from codelode.system.error_message import raise_packed
from codelode.system.processes import ChildProcess

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path
    from typing import Self

    from codelode.store.manifest import SegmentEntry
    from codelode.store.snapshot import LiveSegment

CHECKER = "codelode.sharing.checker"
WORTH_BYTES = 16 << 20
"""For fewer bytes, a process would take longer to start than to work."""


class Checkers:
    """A checker of the segments in a folder, which several threads may call.

    Use it as a context manager.
    """

    def __init__(self, folder: Path, dimensions: int, entries: Collection[SegmentEntry]) -> None:
        """Start processes for the checks of these segments: at most one fewer than there are cores.

        They start up while the segments are being fetched.
        """
        large = sum(entry.bytes >= WORTH_BYTES for entry in entries)
        options = {"folder": str(folder), "dimensions": dimensions}
        count = max(0, min(available_cores(), large) - 1)
        self._children = [ChildProcess(CHECKER, options) for _ in range(count)]
        self._free: SimpleQueue[ChildProcess] = SimpleQueue()
        for child in self._children:
            self._free.put(child)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for child in self._children:
            child.end_input()
        for child in self._children:
            child.wait(0)
            child.close()

    def check(self, live: LiveSegment) -> None:
        """Check the content of a segment. Raises `DamagedError`."""
        try:
            child = self._free.get_nowait()
        except Empty:
            check_content(live.segment)
            return
        try:
            child.send(asdict(live.entry))
            frame = child.receive()
        except BrokenPipeError:
            frame = None
        if frame is None:  # the child has died: this process checks
            check_content(live.segment)
            return
        self._free.put(child)
        raise_packed(frame[0])
