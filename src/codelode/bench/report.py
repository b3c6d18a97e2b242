"""The whole of `lode bench`, in order."""

from __future__ import annotations

import os
import platform
import sys
import time
from collections import Counter
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from codelode import __version__
from codelode.bench.latency import Cold, Latency, Throughput, cold, measure, throughput
from codelode.bench.memory import Memory, memory_now
from codelode.bench.queries import make_queries
from codelode.bench.recall import Recall, measure_recall
from codelode.bench.sample import draw_chunks
from codelode.bench.stages import Indexing, measure_stages
from codelode.discover.options import WalkOptions
from codelode.errors import UsageError
from codelode.search.request import MODES
from codelode.system.cpu import available_cores, load_average

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from codelode.bench.sample import SampledChunk
    from codelode.index import Index
    from codelode.pipeline.status import Status
    from codelode.types import Answer

COLD_SHARE, MODES_SHARE, FILTERED_SHARE, THREADS_SHARE = 0.1, 0.3, 0.1, 0.1
RECALL_SHARE, STAGES_SHARE = 0.15, 0.25
"""Of the time allowed. What one part does not need, the others do not get: each is also bounded
by how much it samples."""


@dataclass(frozen=True, slots=True)
class BenchOptions:
    """At most `queries` queries and `files` files, in about `seconds` seconds."""

    queries: int = 200
    files: int = 5_000
    threads: int | None = None  # one per core
    seconds: float = 20.0
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Machine:
    """What it was measured on. `load` is how many processes wanted a core in the minute before."""

    system: str
    cores: int
    load: float
    python: str
    codelode: str


@dataclass(frozen=True, slots=True)
class Report:
    """What was measured. Parts are None (or empty) where there was nothing to measure.

    `latency` is by mode; `filtered` that of hybrid searches for the language `filter` alone.
    `throughput` is of hybrid searches. `memory` is that of this process after the searches.
    """

    machine: Machine
    index: Status
    seed: int
    queries: list[str]
    latency: dict[str, Latency]
    filter: str | None
    filtered: Latency | None
    throughput: list[Throughput]
    cold: Cold | None
    recall: Recall | None
    indexing: Indexing | None
    memory: Memory
    seconds: float


def bench(index: Index, options: BenchOptions, announce: Callable[[str], None]) -> Report:
    """Measure an index and its tree; `announce` is told what comes next.

    Raises `NoIndexError`, `DamagedError`, `ModelError`, `MismatchError`, and `UsageError` if the
    index holds nothing.
    """
    began = time.perf_counter()
    machine = _machine()  # its load, before we are part of it
    announce("sampling the index")
    snapshot = index.snapshot()
    chunks = draw_chunks(snapshot, options.queries, options.seed)
    if not chunks:
        raise UsageError(f"the index of {index.root} is empty: there is nothing to measure")
    queries = make_queries(chunks, options.queries)
    encoder = index.encoder()
    language = _commonest_language(chunks)
    searching = _search(index, queries, language, options, announce)
    memory = memory_now(snapshot.manifest.index_bytes)
    announce("recall against exact search")
    recall = measure_recall(
        snapshot, encoder, queries, options.seed, RECALL_SHARE * options.seconds
    )
    announce("the stages of indexing")
    walk = WalkOptions(**snapshot.manifest.options, exclude=(os.path.realpath(index.directory),))
    indexing = measure_stages(
        index.root, encoder, walk, options.files, options.seed, STAGES_SHARE * options.seconds
    )
    return Report(
        machine=machine,
        index=index.status(changes=False),
        seed=options.seed,
        queries=queries,
        latency=searching.latency,
        filter=language,
        filtered=searching.filtered,
        throughput=searching.throughput,
        cold=searching.cold,
        recall=recall,
        indexing=indexing,
        memory=memory,
        seconds=time.perf_counter() - began,
    )


@dataclass(slots=True)
class _Searching:
    latency: dict[str, Latency]
    filtered: Latency | None
    throughput: list[Throughput]
    cold: Cold | None


def _search(
    index: Index,
    queries: Sequence[str],
    language: str | None,
    options: BenchOptions,
    announce: Callable[[str], None],
) -> _Searching:
    """All that is measured by searching. Cold processes first: this one is still small then."""
    if not queries:
        return _Searching({}, None, [], None)
    announce("cold searches")
    processes = cold(index, queries, COLD_SHARE * options.seconds)
    announce("warm searches")
    ways: dict[str, Callable[[str], Answer]]
    ways = {mode: partial(index.answer, mode=mode) for mode in MODES}
    latencies = measure(ways, queries, MODES_SHARE * options.seconds)
    filtered = None
    if language is not None:
        way = {language: partial(index.answer, languages=[language])}
        filtered = measure(way, queries, FILTERED_SHARE * options.seconds)[language]
    announce("searches from several threads")
    counts = sorted({1, options.threads or available_cores()})
    each = THREADS_SHARE * options.seconds / len(counts)
    rates = [throughput(ways["hybrid"], queries, threads, each) for threads in counts]
    return _Searching(latencies, filtered, rates, processes)


def _commonest_language(chunks: Sequence[SampledChunk]) -> str | None:
    """That of most chunks of the sample."""
    languages = Counter(chunk.language for chunk in chunks if chunk.language)
    return max(languages, key=lambda name: (languages[name], name), default=None)


def _machine() -> Machine:
    system = f"{platform.system()} {platform.machine()}"
    python = ".".join(map(str, sys.version_info[:3]))
    return Machine(system, available_cores(), load_average(), python, __version__)
