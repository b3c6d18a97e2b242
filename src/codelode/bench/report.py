"""All measurements of `lode bench`, in order."""

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
    from codelode.store.snapshot import Snapshot
    from codelode.types import Answer

COLD_SHARE, MODES_SHARE, FILTERED_SHARE, THREADS_SHARE = 0.1, 0.3, 0.1, 0.1
RECALL_SHARE, STAGES_SHARE = 0.15, 0.25
"""Shares of the time allowed. Time that one part does not need is not given to others: each part is
also bounded by its sample."""


@dataclass(frozen=True, slots=True)
class BenchOptions:
    """Options: at most `queries` queries and `files` files, in about `seconds` seconds."""

    queries: int = 200
    files: int = 5_000
    threads: int | None = None  # None: one per core
    seconds: float = 20.0
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Machine:
    """The machine. `load` is the load average of the minute before the first measurement."""

    system: str
    cores: int
    load: float
    python: str
    codelode: str


@dataclass(frozen=True, slots=True)
class Report:
    """All figures. A part is None (or empty) if there was nothing to measure.

    `latency` is by mode; `filtered` is the latency of hybrid searches for the language `filter`
    only. `throughput` is for hybrid searches; `memory` is of this process after all searches.
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
    """Measure an index and its tree. `announce` is called with the name of each step.

    Raises `NoIndexError`, `DamagedError`, `ModelError`, `MismatchError`, and `UsageError` if the
    index is empty.
    """
    began = time.perf_counter()
    machine = _machine()  # first, before the measurements raise the load
    announce("sampling the index")
    snapshot = index.snapshot()
    chunks = draw_chunks(snapshot, options.queries, options.seed)
    if not chunks:
        raise UsageError(f"the index of {index.root} is empty: there is nothing to measure")
    queries = make_queries(chunks, options.queries)
    language = _commonest_language(chunks)
    searches = _search(index, queries, language, options, announce)
    memory = memory_now(snapshot.manifest.index_bytes)
    announce("recall against exact search")
    seconds = RECALL_SHARE * options.seconds
    recall = measure_recall(snapshot, index.encoder(), queries, options.seed, seconds)
    announce("the stages of indexing")
    return Report(
        machine=machine,
        index=index.status(changes=False),
        seed=options.seed,
        queries=queries,
        latency=searches.latency,
        filter=language,
        filtered=searches.filtered,
        throughput=searches.throughput,
        cold=searches.cold,
        recall=recall,
        indexing=_index_sample(index, snapshot, options),
        memory=memory,
        seconds=time.perf_counter() - began,
    )


def _index_sample(index: Index, snapshot: Snapshot, options: BenchOptions) -> Indexing | None:
    """Measure indexing, with the options that the index was made with."""
    exclude = (os.path.realpath(index.directory),)
    walk = WalkOptions(**snapshot.manifest.options, exclude=exclude)
    seconds = STAGES_SHARE * options.seconds
    return measure_stages(index.root, index.encoder(), walk, options.files, options.seed, seconds)


@dataclass(slots=True)
class _SearchFigures:
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
) -> _SearchFigures:
    """Measure searches: first in new processes, while this process is still small."""
    if not queries:
        return _SearchFigures(latency={}, filtered=None, throughput=[], cold=None)
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
    return _SearchFigures(latencies, filtered, rates, processes)


def _commonest_language(chunks: Sequence[SampledChunk]) -> str | None:
    """Return the most common language of the sampled chunks; None if no chunk has a language."""
    languages = Counter(chunk.language for chunk in chunks if chunk.language)
    return max(languages, key=lambda name: (languages[name], name), default=None)


def _machine() -> Machine:
    system = f"{platform.system()} {platform.machine()}"
    python = ".".join(map(str, sys.version_info[:3]))
    return Machine(system, available_cores(), load_average(), python, __version__)
