"""The understudy of a searcher: a process that takes its place at once if the searcher dies.

Ray starts a dead searcher again, but that takes seconds: the start of Python, the imports of Ray
and of codelode. An understudy, on the same machine, has started and imported codelode in advance.
When its searcher ends, it opens the same files, and searches under the same name until the searcher
is back: a front knows only the latest connection of each name.
"""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import TYPE_CHECKING

from codelode.cluster.files import CachedFiles, FileOptions
from codelode.cluster.kept_process import KeptProcess
from codelode.cluster.searcher import Searcher, SearcherOptions
from codelode.system.processes import ParentProcess

if TYPE_CHECKING:
    from collections.abc import Iterable

MODULE = "codelode.cluster.understudy"

LONGEST_SECONDS = 3600.0
"""The longest time for which an understudy searches: by then, somebody has seen the problem."""

LOOK_SECONDS = 5.0
"""An understudy ends after this time if no front is there."""


def start(options: SearcherOptions, files: FileOptions) -> KeptProcess:
    """Start the understudy of the searcher in this process. Raises `OSError`."""
    return KeptProcess(MODULE, {"searcher": asdict(options), "files": asdict(files)})


def main() -> None:
    """Wait until the parent ends, and search in its place unless it has sent `LEAVE`."""
    parent = ParentProcess.connect()
    options = SearcherOptions(**parent.options["searcher"])
    files = CachedFiles(FileOptions(**parent.options["files"]))
    if not _is_told_to_leave(parent.requests()):
        stand_in(Searcher(options, files, redials=False))


def stand_in(searcher: Searcher) -> None:
    """Answer calls until all fronts are gone or have the searcher back, for an hour at most."""
    end = time.monotonic() + LONGEST_SECONDS
    while time.monotonic() < end and not searcher.wait(LOOK_SECONDS):
        if not searcher.connected:  # there may be no front any more
            break
    searcher.close()


def _is_told_to_leave(requests: Iterable[object]) -> bool:
    """Wait until the parent sends `LEAVE` or ends; return whether it sent `LEAVE`."""
    return any(True for _ in requests)


if __name__ == "__main__":
    main()
