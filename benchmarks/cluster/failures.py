"""Measure searches while searchers fail: partial answers, latency, and the time to recover.

    python -m benchmarks.cluster.failures INDEX

INDEX is the folder of an index. The cluster has three searchers, two of which hold each piece.
Searches run throughout.
"""

from __future__ import annotations

import argparse
import os
import signal
import statistics
import threading
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.cluster.searchers import QUERIES, end, start_searcher
from codelode.cluster.front import Chosen, Front, FrontOptions
from codelode.cluster.pieces import Corpus, HeldRepository
from codelode.embed.load import load
from codelode.search.request import SearchRequest
from codelode.store.manifest import read_manifest
from codelode.store.storage import LocalStorage
from codelode.system.processes import ChildProcess

SEARCHERS = 3
SECONDS = 6.0


class Cluster:
    """A front, and its searchers in child processes."""

    def __init__(self, index: Path) -> None:
        manifest = read_manifest(LocalStorage(index))
        corpus = Corpus("1", (HeldRepository("index", "", str(index), manifest),))
        self.front = Front(FrontOptions("benchmark", searchers=SEARCHERS))
        self.chosen = Chosen(corpus.select({"index"}), load(manifest.encoder))
        self.processes = [self.start(number) for number in range(SEARCHERS)]
        self.front.show(corpus)
        assert self.front.views.wait_for(lambda view: len(view.members) == SEARCHERS, 120)

    def start(self, number: int) -> ChildProcess:
        return start_searcher(self.front, number, SEARCHERS)

    def is_whole(self) -> bool:
        return self.front.is_whole() and len(self.front.searchers()) == SEARCHERS

    def close(self) -> None:
        end(self.front, self.processes)


def observe(cluster: Cluster, name: str, fail: Callable[[], None]) -> None:
    """Search for some seconds, call `fail` after one second, and print what happened."""
    requests = [SearchRequest(query) for query in QUERIES]
    taken: list[float] = []
    partial = 0
    began = time.monotonic()
    whole = 0.0
    thread = threading.Timer(1.0, fail)
    thread.start()
    while time.monotonic() - began < SECONDS or not cluster.is_whole():
        before = time.perf_counter()
        found = cluster.front.search(requests[len(taken) % len(requests)], lambda _: cluster.chosen)
        taken.append(time.perf_counter() - before)
        partial += bool(found.missing)
        if not cluster.is_whole():
            whole = time.monotonic() - began - 1.0
    thread.join()
    middle, slowest = 1e3 * statistics.median(taken), 1e3 * max(taken)
    print(
        f"{name:32} {len(taken):5} searches, {partial} partial, p50 {middle:6.1f} ms,"
        f" slowest {slowest:7.1f} ms, whole after {whole:5.2f} s",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("index", type=Path)
    cluster = Cluster(parser.parse_args().index)

    def kill() -> None:
        os.kill(cluster.processes[0].pid, signal.SIGKILL)
        cluster.processes[0].wait()
        cluster.processes[0].close()
        cluster.processes[0] = cluster.start(0)

    def stop() -> None:
        os.kill(cluster.processes[1].pid, signal.SIGSTOP)
        time.sleep(3)
        os.kill(cluster.processes[1].pid, signal.SIGCONT)

    try:
        observe(cluster, "nothing fails", lambda: None)
        observe(cluster, "kill -9, started again at once", kill)
        observe(cluster, "SIGSTOP for 3 s", stop)
    finally:
        cluster.close()


if __name__ == "__main__":
    main()
