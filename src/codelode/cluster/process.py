"""A searcher as a process of its own: `python -m codelode.cluster.process`.

It ends when the process that started it ends.
"""

from __future__ import annotations

from codelode.cluster.files import CachedFiles, FileOptions
from codelode.cluster.searcher import Searcher, SearcherOptions
from codelode.search.parallel_scan import share_cores
from codelode.system.processes import ParentProcess


def main() -> None:
    """Run a searcher until the parent closes the pipe or dies."""
    parent = ParentProcess.connect()
    options = SearcherOptions(**parent.options["searcher"])
    share_cores(parent.options["processes"])
    searcher = Searcher(options, CachedFiles(FileOptions(**parent.options["files"])))
    for _ in parent.requests():
        pass
    searcher.close()


if __name__ == "__main__":
    main()
