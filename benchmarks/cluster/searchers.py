"""Measure the cost of a cluster: 1, 2 and 4 searchers against one process, for 1 and 8 clients.

    python -m benchmarks.cluster.searchers INDEX [--rounds 5]

INDEX is the folder of an index. Each query goes in turn to one process, and to fronts with 1, 2 and
4 searchers (processes of this machine, two replicas). Every answer of a front is compared with the
answer of the one process. All processes share the cores of this machine, so the throughput does not
grow with the number of searchers.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from pathlib import Path

from codelode import Hit
from codelode.cluster.front import Chosen, Front, FrontOptions
from codelode.cluster.pieces import Corpus, HeldRepository
from codelode.cluster.searcher import SearcherOptions
from codelode.cluster.serve import PROCESS
from codelode.embed.load import load
from codelode.search.request import SearchRequest
from codelode.search.searcher import search_all
from codelode.search.shard import Shard
from codelode.search.source import Source
from codelode.store.snapshot import Snapshot
from codelode.store.storage import LocalStorage
from codelode.system.processes import ChildProcess

SEARCHERS = (1, 2, 4)
CLIENTS = 8
QUERIES = (
    "where are retries scheduled",
    "parse a configuration file",
    "allocate a page of memory",
    "open a socket and connect",
    "compare two versions",
    "read a directory recursively",
    "mutex lock",
    "render the template of a page",
    "checksum of a block",
    "register a callback",
)

Ask = Callable[[SearchRequest], list[Hit]]


@contextmanager
def front_with(searchers: int, corpus: Corpus) -> Iterator[Ask]:
    """Run a front and its searchers; yield a function that searches."""
    front = Front(FrontOptions("benchmark", searchers=searchers))
    encoder = load(corpus.repositories[0].manifest.encoder)
    processes = [start_searcher(front, number, searchers) for number in range(searchers)]
    try:
        front.show(corpus)
        assert front.views.wait_for(lambda view: len(view.members) == searchers, 120)
        chosen = Chosen(corpus.select({"index"}), encoder)
        yield lambda request: front.search(request, lambda _: chosen).hits
    finally:
        end(front, processes)


def start_searcher(front: Front, number: int, searchers: int) -> ChildProcess:
    """Start searcher `number` of `searchers` as a child process."""
    searcher = SearcherOptions(f"s{number}", [front.address], front.token)
    files = {"folder": "/nowhere", "most_bytes": 1}
    options = {"searcher": asdict(searcher), "files": files, "processes": searchers}
    return ChildProcess(PROCESS, options)


def end(front: Front, processes: Sequence[ChildProcess]) -> None:
    """End a front and its searchers."""
    for process in processes:
        process.end_input()
    front.close()
    for process in processes:
        process.wait(5)
        process.close()


def measure(asks: dict[str, Ask], requests: Sequence[SearchRequest], rounds: int) -> None:
    """Print the median time of a search, and the searches per second of several clients."""
    expected = {request.query: asks["one process"](request) for request in requests}
    seconds: dict[str, list[float]] = {name: [] for name in asks}
    for _ in range(rounds):
        for request in requests:
            for name, ask in asks.items():
                began = time.perf_counter()
                hits = ask(request)
                seconds[name].append(time.perf_counter() - began)
                assert hits == expected[request.query], (name, request.query)
    base = statistics.median(seconds["one process"])
    for name, taken in seconds.items():
        middle = statistics.median(taken)
        print(f"{name:14} p50 {1e3 * middle:6.1f} ms  ({1e3 * (middle - base):+6.1f} ms)", end="")
        with ThreadPoolExecutor(CLIENTS) as pool:
            began = time.perf_counter()
            list(pool.map(asks[name], [*requests] * rounds))
            rate = rounds * len(requests) / (time.perf_counter() - began)
        print(f"  {CLIENTS} clients: {rate:6.1f} searches/s", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("index", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    snapshot = Snapshot.open(LocalStorage(options.index))
    manifest = snapshot.manifest
    encoder = load(manifest.encoder)
    shard = Shard(snapshot)
    repository = HeldRepository("index", "", str(options.index), manifest)
    corpus = Corpus("1", (repository,))
    print(f"{manifest.files:,} files, {manifest.chunks:,} chunks, {len(shard)} segments")

    def here(request: SearchRequest) -> list[Hit]:
        return search_all([Source(shard)], encoder, request).hits

    requests = [SearchRequest(query, explain=True) for query in QUERIES]
    with ExitStack() as stack:
        asks: dict[str, Ask] = {"one process": here}
        for number in SEARCHERS:
            asks[f"{number} searchers"] = stack.enter_context(front_with(number, corpus))
        measure(asks, requests, options.rounds)


if __name__ == "__main__":
    main()
