"""Measure searches of one index: latency, memory, throughput, recall.

    python -m benchmarks.scale.queries ROOT [--index-dir DIR] [--queries N] [--cold N] [--json FILE]
    python -m benchmarks.scale.queries --synthetic CHUNKS

The queries are fixed questions with common words, and names from the index itself; the same index
always gives the same queries. Except in cold processes, the index has answered other queries
before. Memory: `private` is the anonymous memory of the process; `mapped` is the memory of mapped
files, mainly the index, which the kernel shares between processes and reclaims when needed.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.record.processes import children
from codelode import Index
from codelode.search.dense import cosines, dense_candidates
from codelode.search.filters import chunk_masks
from codelode.search.shard import Shard
from codelode.text.tokens import query_terms

if TYPE_CHECKING:
    from collections.abc import Iterator

QUESTIONS = (
    "allocate memory for a page table",
    "parse command line options",
    "retry after a timeout",
    "close the connection and free its buffers",
    "return the error code of the device if the lock is not held",
    "static int init function",
    "struct device register driver probe",
    "where is the interrupt handler registered",
    "get name from pointer and set value",
    "how are timers scheduled on a cpu",
    "write data to the device and return its status",
    "read_config",
    "is_valid",
    "kmalloc",
    "return",
)
FILTERS: dict[str, dict[str, Any]] = {
    "lexical": {"mode": "lexical"},
    "semantic": {"mode": "semantic"},
    "glob *.h": {"globs": ["*.h"]},
    "glob !*.c": {"globs": ["!*.c"]},
    "language c": {"languages": ["c"]},
    "one folder": {},  # stands for the glob `folder_of(index)`
}
THREADS = (1, 2, 4, 8)
PROCESSES = (1, 2)


def sampled(index: Index, count: int) -> list[str]:
    """Return `count` queries: the fixed ones, then names of symbols.

    A name is used as it is, as words, or as words in front of a fixed query.
    """
    random = np.random.default_rng(0)
    segments = [live.segment for live in index.snapshot().segments]
    queries = list(QUESTIONS)
    while len(queries) < count:
        segment = segments[int(random.integers(len(segments)))]
        chunk = random.integers(0, len(segment.chunks), 1)
        (name,) = segment.symbol_names(chunk)
        if not query_terms(name):
            continue
        words = name.replace("_", " ")
        queries.append((name, words, f"{words} {QUESTIONS[len(queries) % 11]}")[len(queries) % 3])
    return queries[:count]


def folder_of(index: Index) -> str:
    """Return a glob for the top folder of one file of the index."""
    segment = index.snapshot().segments[0].segment
    return f"/{segment.path(len(segment.files) // 2).split('/')[0]}/**"


def latencies(index: Index, queries: list[str], options: dict[str, Any]) -> dict[str, float]:
    """Return percentiles in milliseconds, and CPU milliseconds per query."""
    index.search(queries[0], **options, fresh="never")  # computes the filter, which is cached
    seconds = []
    cpu = time.process_time()
    for query in queries:
        began = time.perf_counter()
        index.search(query, **options, fresh="never")
        seconds.append(time.perf_counter() - began)
    cpu = time.process_time() - cpu
    p50, p95, p99 = np.percentile(seconds, [50, 95, 99]) * 1e3
    return {
        "p50_ms": round(float(p50), 2),
        "p95_ms": round(float(p95), 2),
        "p99_ms": round(float(p99), 2),
        "cpu_ms": round(cpu / len(queries) * 1e3, 2),
    }


def throughput(index: Index, queries: list[str], threads: int) -> float:
    """Return the queries per second of several threads that search one index."""
    todo: Iterator[str] = iter(queries)
    lock = threading.Lock()

    def work() -> None:
        while True:
            with lock:
                query = next(todo, None)
            if query is None:
                return
            index.search(query, fresh="never")

    workers = [threading.Thread(target=work) for _ in range(threads)]
    began = time.perf_counter()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return round(len(queries) / (time.perf_counter() - began), 1)


def served(root: Path, index_dir: Path | None, texts: list[str], others: list[str]) -> Any:
    """Measure queries per second and memory, with 1 to 8 threads on 1 to 2 search processes."""
    result: dict[str, Any] = {}
    for processes in PROCESSES:
        with Index.open(root, index_dir, processes=processes) as index:
            for _ in range(2):
                throughput(
                    index, others, max(THREADS)
                )  # starts the processes, which map the index and verify its pages
            rates = {n: throughput(index, texts, n) for n in THREADS}
            result[str(processes)] = {
                "queries_per_second": rates,
                "memory_each": [memory(pid) for pid in children(os.getpid())],
            }
    return result


def memory(process: int | str = "self") -> dict[str, float]:
    """Return the memory of this process or of another, in megabytes."""
    rollup = Path(f"/proc/{process}/smaps_rollup").read_text()
    pairs = (line.split() for line in rollup.splitlines()[1:])
    kilobytes = {pair[0].rstrip(":"): int(pair[1]) for pair in pairs}
    return {
        "private_mb": round(kilobytes["Anonymous"] / 1e3, 1),
        "mapped_mb": round((kilobytes["Rss"] - kilobytes["Anonymous"]) / 1e3, 1),
    }


def recall(index: Index, queries: list[str], k: int = 10) -> float:
    """Return recall@k: the share of the k nearest chunks that the dense leg finds.

    Exact search determines the nearest chunks. It compares the query in float32 with the codes,
    because the index holds only codes.
    """
    snapshot, encoder = index.snapshot(), index.encoder()
    shard = Shard(snapshot)
    masks = chunk_masks(shard)
    shares = []
    for query in queries:
        vector = encoder.encode_query(query)
        if not vector.any():
            continue
        found = dense_candidates(shard, vector, masks, 100)
        got = np.concatenate(
            [
                cosines(live.segment, found.ordinals[found.segments == number], vector)
                for number, live in enumerate(snapshot.segments)
            ]
        )
        exact = np.concatenate(
            [
                cosines(live.segment, np.arange(len(live.segment.codes)), vector)
                for live in snapshot.segments
            ]
        )
        kth = np.partition(exact, len(exact) - k)[len(exact) - k]
        shares.append(min(1.0, float((got >= kth - 1e-6).sum()) / k))
    return round(statistics.mean(shares), 4)


def cold(root: Path, index_dir: Path | None, runs: int) -> dict[str, float]:
    """Return medians of `lode search` processes: wall and CPU milliseconds, peak megabytes."""
    command = [sys.executable, "-m", "codelode", "search", "--json", QUESTIONS[0], str(root)]
    if index_dir is not None:
        command += ["--index-dir", str(index_dir)]
    walls, cpus, peaks = [], [], []
    for _ in range(runs):
        began = time.perf_counter()
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        walls.append((time.perf_counter() - began) * 1e3)
        cpus.append((usage.ru_utime + usage.ru_stime) * 1e3)
        peaks.append(usage.ru_maxrss / 1e3)
    return {
        "wall_ms": round(statistics.median(walls), 1),
        "cpu_ms": round(statistics.median(cpus), 1),
        "peak_resident_mb": round(statistics.median(peaks), 1),
    }


def measured(root: Path, index_dir: Path | None, queries: int, runs: int) -> dict[str, Any]:
    """Return all measurements of one index."""
    # Measured first, while this process is small: a child inherits the peak of its parent.
    alone = cold(root, index_dir, runs)
    index = Index.open(root, index_dir)
    texts = sampled(index, 2 * queries)
    texts, others = texts[:queries], texts[queries:]
    for text in others:
        index.search(text, fresh="never")
    result: dict[str, Any] = {"chunks": index.snapshot().manifest.chunks}
    result["hybrid"] = latencies(index, texts, {})
    result["memory"] = memory()
    few = texts[: max(20, queries // 3)]
    for name, options in FILTERS.items():
        chosen = options or {"globs": [folder_of(index)]}
        result[name] = latencies(index, few, chosen)
    result["queries_per_second"] = {n: throughput(index, texts, n) for n in THREADS}
    result["search_processes"] = served(root, index_dir, texts, others)
    result["recall@10"] = recall(index, texts[:20])
    result["cold"] = alone
    result["load_average"] = os.getloadavg()[0]
    return result


def main() -> None:
    """Measure and print one JSON object."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale.queries")
    parser.add_argument("root", type=Path, nargs="?")
    parser.add_argument("--index-dir", type=Path)
    parser.add_argument("--synthetic", type=int, metavar="CHUNKS")
    parser.add_argument("--queries", type=int, default=300)
    parser.add_argument("--cold", type=int, default=11)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="codelode-scale-") as scratch:
        root, index_dir = options.root, options.index_dir
        if options.synthetic:
            root, index_dir = Path(scratch), Path(scratch) / "indexes"
            command = [sys.executable, "-m", "benchmarks.scale.synthetic"]
            subprocess.run(
                [*command, str(options.synthetic), root, index_dir], check=True, stdout=sys.stderr
            )
        if root is None:
            parser.error("give an indexed ROOT, or --synthetic")
        result = measured(root, index_dir, options.queries, options.cold)
    print(json.dumps(result, indent=1))
    if options.json:
        options.json.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
