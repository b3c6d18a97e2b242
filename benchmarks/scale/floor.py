"""Measure the floor of indexing: read all files, parse those with a grammar, discard the result.

    python -m benchmarks.scale.floor ROOT [--jobs N]

Prints one JSON object: wall-clock seconds, and CPU seconds over all processes.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import resource
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from codelode.chunk.grammars import grammar, grammar_name
from codelode.discover.read import read
from codelode.discover.walk import walk
from codelode.system.cpu import available_cores
from codelode.types import Skip, SourceFile

BATCH = 64
MAX_PARSED_BYTES = 500_000


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds of one run: wall-clock, and CPU over all its processes."""

    wall: float
    cpu: float


def floor(root: Path, jobs: int) -> Cost:
    """Read all files in `jobs` processes, and parse those that have a grammar.

    Files above `MAX_PARSED_BYTES` are only read. Discovery is not timed.
    """
    files = [item for item in walk(root) if isinstance(item, SourceFile)]
    batches = [(root, files[i : i + BATCH]) for i in range(0, len(files), BATCH)]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    with multiprocessing.get_context("spawn").Pool(jobs) as pool:
        pool.map(_parse, batches, chunksize=1)
        pool.close()
        pool.join()
    wall = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(wall, cpu)


def _parse(batch: tuple[Path, list[SourceFile]]) -> None:
    root, files = batch
    for file in files:
        document = read(root, file)
        if isinstance(document, Skip):
            continue
        name = grammar_name(document.language, document.path)
        if name is not None and len(document.text) <= MAX_PARSED_BYTES:
            grammar(name).parser.parse(document.text)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale.floor")
    parser.add_argument("root", type=Path)
    parser.add_argument("--jobs", type=int, default=available_cores())
    options = parser.parse_args()
    print(json.dumps(asdict(floor(options.root, options.jobs))))


if __name__ == "__main__":
    main()
