"""Turn a batch of files into a run: read, chunk, count words, embed, build."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from codelode.chunk.chunker import chunk
from codelode.discover.read import read
from codelode.embed.heads import encode_chunks, with_heads
from codelode.errors import MemoryCapError
from codelode.pipeline.stages import StageClock
from codelode.report import FileCost
from codelode.segment.builder import SegmentBuilder
from codelode.segment.schema import MAX_CHUNKS
from codelode.system.memory import peak_rss_bytes
from codelode.types import Document, Skip, SkipReason, SourceFile

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from codelode.chunked import ChunkedDocument
    from codelode.embed.encoder import Encoder
    from codelode.report import StageTime
    from codelode.types import Task

# A file that is skipped for one of these reasons is not read again until it changes.
_LASTING = {SkipReason.BINARY, SkipReason.ENCODING, SkipReason.EMPTY, SkipReason.TOO_LARGE}


BATCH_BYTES = 1 << 20
BATCH_FILES = 256


def batches(tasks: Iterable[Task]) -> Iterator[list[Task]]:
    """Divide tasks into batches of neighbors, of up to `BATCH_BYTES` and `BATCH_FILES` each.

    The batches depend on the tasks alone, not on the number of workers.
    """
    batch: list[Task] = []
    size = 0
    for task in tasks:
        if batch and (size + task.file.size > BATCH_BYTES or len(batch) == BATCH_FILES):
            yield batch
            batch, size = [], 0
        batch.append(task)
        size += task.file.size
    if batch:
        yield batch


@dataclass(slots=True)
class Run:
    """The result of a batch. `data` is the bytes of a segment, or empty if there is no file to add.

    `same` are the files that only look changed: their content is as indexed. `stages` has the time
    of each stage, and `costs` the cost of each file, if requested. `peak_rss` is the peak resident
    memory of the process so far, in bytes, `cpu` its CPU seconds so far, and `waited` the seconds
    that it waited for this batch.
    """

    last_path: str
    data: bytes = b""
    files: int = 0
    chunks: int = 0
    bytes_read: int = 0
    skips: list[Skip] = field(default_factory=list)
    same: list[SourceFile] = field(default_factory=list)
    stages: dict[str, StageTime] = field(default_factory=dict)
    costs: list[FileCost] = field(default_factory=list)
    peak_rss: int = 0
    cpu: float = 0.0
    waited: float = 0.0


@dataclass(slots=True)
class BatchIndexer:
    """Indexes batches. With `costs`, it records the cost of each file."""

    root: Path
    encoder: Encoder
    max_file_size: int
    costs: bool = False
    _place: str = ""  # the file or files that are being indexed

    def index(self, batch: Sequence[Task]) -> Run:
        """Return the run of a batch, whose files are read in order.

        Raises `MemoryCapError`, naming stage and file, if there is not enough memory.
        """
        clock = StageClock()
        run = Run(last_path=batch[-1].file.path, stages=clock.times)
        try:
            builder = SegmentBuilder()
            if self.costs:
                for task in batch:
                    self._add_measured(task, builder, run, clock)
            else:
                self._add(batch, builder, run, clock)
            self._place = f"{batch[0].file.path} to {batch[-1].file.path}"
            if builder.rows:
                clock.enter("tokenize")
                found = with_heads(self.encoder, builder.paths, builder.texts, builder.names)
                clock.enter("embed")
                vectors = encode_chunks(self.encoder, found)
                clock.enter("build")
                run.data = builder.finish(found.words, vectors)
        except MemoryError:
            raise MemoryCapError(
                f"out of the memory allowed in the stage {clock.stage!r} at {self._place!r}; raise"
                " --max-memory; what was committed before is kept"
            ) from None
        clock.enter("")
        run.chunks = len(builder.texts)
        run.peak_rss = peak_rss_bytes()
        run.cpu = time.process_time()
        return run

    def _add_measured(
        self, task: Task, builder: SegmentBuilder, run: Run, clock: StageClock
    ) -> None:
        """Read and chunk one file, and record its cost."""
        wall, cpu, before = time.perf_counter(), time.process_time(), len(builder.texts)
        self._add([task], builder, run, clock)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        chunks = len(builder.texts) - before
        run.costs.append(FileCost(task.file.path, wall, cpu, task.file.size, chunks))

    def _add(
        self, tasks: Sequence[Task], builder: SegmentBuilder, run: Run, clock: StageClock
    ) -> None:
        """Read all files, then chunk all, then add all to the builder.

        Going by stages reads the slow CPU clock less often: reading it for each file and stage took
        0.5 % of the time.
        """
        clock.enter("read")
        found = [(task.file, self._read(task, run)) for task in tasks]
        clock.enter("chunk")
        chunked = [self._chunked(document) for _, document in found]
        clock.enter("build")
        for (file, document), pieces in zip(found, chunked, strict=True):
            self._place = file.path
            if isinstance(document, SkipReason):
                builder.skip(file, document)
            elif document is not None and pieces is not None:
                if len(builder.texts) + len(pieces.chunks) > MAX_CHUNKS:
                    run.skips.append(Skip(file.path, SkipReason.TOO_LARGE, "too many chunks"))
                    continue
                builder.add(file, document, pieces)
                run.files += 1

    def _read(self, task: Task, run: Run) -> Document | SkipReason | None:
        """Return the document of a file, or the reason to skip it if the reason is in `_LASTING`.

        Returns None if nothing has changed, or if the reason is another one.
        """
        file = task.file
        self._place = file.path
        document = read(self.root, file, self.max_file_size)
        if isinstance(document, Skip):
            if document.reason is task.skip:
                run.same.append(file)
                return None
            run.skips.append(document)
            return document.reason if document.reason in _LASTING else None
        run.bytes_read += file.size
        if task.is_as_indexed(document):
            run.same.append(file)
            return None
        return document

    def _chunked(self, document: Document | SkipReason | None) -> ChunkedDocument | None:
        """Return the chunks of `document`; None if it is None or a reason to skip the file."""
        if not isinstance(document, Document):
            return None
        self._place = document.path
        return chunk(document)
