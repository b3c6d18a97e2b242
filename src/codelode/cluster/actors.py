"""The actor that Ray runs: a searcher."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import NamedTuple

from codelode.cluster import understudy
from codelode.cluster.files import CachedFiles, FileOptions
from codelode.cluster.searcher import Searcher, SearcherOptions


class State(NamedTuple):
    """A searcher as the process that talks to Ray sees it.

    `node` is Ray's id of the searcher's node, `fronts` the number of fronts it is connected to.
    """

    options: SearcherOptions
    files: FileOptions
    node: str
    process: int
    fronts: int


class SearcherActor:
    """A searcher that Ray starts, and restarts if it ends.

    The constructor sets up the whole state, as Ray calls nothing else after a restart.
    """

    def __init__(self, options: SearcherOptions, files: FileOptions) -> None:
        import ray

        self._options, self._files = options, files
        self._node: str = ray.get_runtime_context().get_node_id()
        here = replace(options, node=self._node)
        self._searcher = Searcher(here, CachedFiles(files))
        self._understudy = understudy.start(here, files)

    def state(self) -> State:
        """Return the state; any reply at all proves that the searcher runs."""
        fronts = self._searcher.connected
        return State(self._options, self._files, self._node, os.getpid(), fronts)

    def leave(self) -> None:
        """Disconnect from the fronts, and end the understudy; this process goes on."""
        self._understudy.close()
        self._searcher.close()
