"""How fast the stages of indexing are, on some of the tree's files, in this process.

The stages are those of `pipeline`: what an update runs. Segments go into a folder that is removed
afterwards.
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
    """CPU seconds of a stage, its share of all, and bytes and chunks a CPU second."""

    name: str
    cpu_seconds: float
    share: float
    bytes_per_second: float
    chunks_per_second: float


@dataclass(frozen=True, slots=True)
class Indexing:
    """`files` files were indexed, of `found_files` that the walk found in `walk_seconds`.

    `whole_tree` is False if there was no time to walk through all of it. `wall_seconds` and
    `cpu_seconds` are of all stages together, without the walk. `index_bytes` is the size of the
    segments made of `bytes` bytes.
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
    """Index up to `files` files drawn from the tree, in about `duration` seconds; one batch at
    least. None if the tree has none to read.
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
    """In the order in which a file goes through them; those that took no time have no rates."""
    whole = sum(seconds.values())
    names = [*STAGES, *(name for name in seconds if name not in STAGES)]
    return [
        Stage(name, spent, spent / whole, size / spent, chunks / spent)
        for name in names
        if (spent := seconds.get(name, 0.0)) > 0
    ]


class _Deadline:
    """Ends iterations at a time of `perf_counter`, after one item at the earliest."""

    def __init__(self, at: float) -> None:
        self.at = at
        self.struck = False

    def watch(self, items: Iterable[T]) -> Iterator[T]:
        """The items until then; `struck` says whether there were more."""
        for number, item in enumerate(items):
            if number and time.perf_counter() >= self.at:
                self.struck = True
                return
            yield item
