"""The speed of the stages of indexing, on a sample of the tree's files, in this process.

The stages use the same code of `pipeline` as an update. Segments go into a temporary folder.
"""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from codelode.bench.sample import FileSample
from codelode.discover.options import WalkOptions
from codelode.discover.walk import walk
from codelode.pipeline.batch import BatchIndexer, batches
from codelode.pipeline.changes import KnownFiles
from codelode.pipeline.identity import next_manifest
from codelode.pipeline.seal import Sealer
from codelode.pipeline.stages import StageClock
from codelode.store.storage import LocalStorage
from codelode.types import SourceFile, Task

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from codelode.embed.encoder import Encoder

T = TypeVar("T")

SAMPLE_BYTES = 32 << 20
WALKING_SHARE = 0.25
STAGES = ("read", "chunk", "tokenize", "embed", "build", "seal", "commit")


@dataclass(frozen=True, slots=True)
class Stage:
    """CPU seconds of a stage, its share of all stages, and bytes and chunks per CPU second."""

    name: str
    cpu_seconds: float
    share: float
    bytes_per_second: float
    chunks_per_second: float


@dataclass(frozen=True, slots=True)
class Indexing:
    """The indexing of `files` files, drawn from the `found_files` files that a walk found.

    `whole_tree` is False if there was no time to walk the whole tree. `wall_seconds` and
    `cpu_seconds` cover all stages together, without the walk. `bytes` is the size of the
    `files` files, and `index_bytes` the size of the segments made from them.
    """

    found_files: int
    found_bytes: int
    walk_seconds: float
    whole_tree: bool
    files: int
    bytes: int
    chunks: int
    index_bytes: int
    wall_seconds: float
    cpu_seconds: float
    stages: list[Stage]


def measure_stages(
    root: Path, encoder: Encoder, options: WalkOptions, files: int, seed: int, duration: float
) -> Indexing | None:
    """Index up to `files` files drawn from the tree, in about `duration` seconds.

    Indexes at least one batch. Returns None if the tree has no file to read.
    """
    sample = FileSample(files, SAMPLE_BYTES, seed)
    began = time.perf_counter()
    walking = _Deadline(began + WALKING_SHARE * duration)
    drawn = sample.draw(walking.watch(_files(root, options)))
    walked = time.perf_counter()
    if not drawn:
        return None
    manifest = next_manifest(None, root, encoder, options)
    clock = StageClock()
    totals: Counter[str] = Counter()
    with tempfile.TemporaryDirectory(prefix="lode-bench-") as folder:
        indexer = BatchIndexer(root, encoder, options.max_file_size)
        sealer = Sealer(LocalStorage(Path(folder)), manifest, KnownFiles(None), False, clock)
        for batch in _Deadline(began + duration).watch(batches(map(Task, drawn))):
            run = indexer.index(batch)
            clock.update(run.stages)
            totals.update(files=run.files, bytes=run.bytes_read, chunks=run.chunks)
            sealer.add(run)
        index_bytes = sealer.finish({}).index_bytes
    seconds = {name: spent.cpu for name, spent in clock.times.items()}
    return Indexing(
        sample.found,
        sample.found_bytes,
        walked - began,
        not walking.struck,
        totals["files"],
        totals["bytes"],
        totals["chunks"],
        index_bytes,
        time.perf_counter() - walked,
        sum(seconds.values()),
        _stages(seconds, totals["bytes"], totals["chunks"]),
    )


def _files(root: Path, options: WalkOptions) -> Iterator[SourceFile]:
    return (found for found in walk(root, options) if isinstance(found, SourceFile))


def _stages(seconds: dict[str, float], size: int, chunks: int) -> list[Stage]:
    """Return the stages in the order of processing, without those that took no time."""
    whole = sum(seconds.values())
    names = [*STAGES, *(name for name in seconds if name not in STAGES)]
    return [
        Stage(name, spent, spent / whole, size / spent, chunks / spent)
        for name in names
        if (spent := seconds.get(name, 0.0)) > 0
    ]


class _Deadline:
    """A deadline for iterations, in `perf_counter` time; each yields at least its first item."""

    def __init__(self, at: float) -> None:
        self.at = at
        self.struck = False

    def watch(self, items: Iterable[T]) -> Iterator[T]:
        """Yield items until the deadline; set `struck` if items are left then."""
        for number, item in enumerate(items):
            if number and time.perf_counter() >= self.at:
                self.struck = True
                return
            yield item
