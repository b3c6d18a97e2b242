"""The actor that Ray runs: a searcher."""

from __future__ import annotations

import os

from codelode.cluster.files import CachedFiles, FileOptions
from codelode.cluster.searcher import Searcher, SearcherOptions


class SearcherActor:
    """A searcher that Ray starts, and starts again after its end.

    The constructor makes all of its state: Ray calls nothing else after a restart.
    """

    def __init__(self, options: SearcherOptions, files: FileOptions) -> None:
        self._searcher = Searcher(options, CachedFiles(files))

    def process(self) -> int:
        """Return the process id; the reply says that the searcher runs."""
        return os.getpid()
