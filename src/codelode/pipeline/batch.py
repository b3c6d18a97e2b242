"""One batch of files to one run: read, chunk, count words, embed, build."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from codelode.chunk.chunker import chunk
from codelode.discover.read import read
from codelode.errors import MemoryCapError
from codelode.pipeline.memory import peak_rss_bytes
from codelode.segment.builder import SegmentBuilder
from codelode.segment.columns import MAX_CHUNKS
from codelode.tokens import count_words
from codelode.types import Passages, Skip, SkipReason, SourceFile

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from codelode.embed.encoder import Encoder
    from codelode.types import Task

# A file skipped for these reasons need not be read again until it changes.
_LASTING = {SkipReason.BINARY, SkipReason.ENCODING, SkipReason.EMPTY, SkipReason.TOO_LARGE}


@dataclass(slots=True)
class Run:
    """What came of a batch. `data` is a segment; empty if no file of the batch was worth a row.

    `same` are the files that only look changed: their content is what was indexed. `seconds` holds
    CPU seconds by stage, `peak_rss` the process's peak so far, in bytes.
    """

    data: bytes
    files: int
    chunks: int
    bytes_read: int
    skips: list[Skip]
    same: list[SourceFile]
    seconds: dict[str, float]
    peak_rss: int
    last_path: str


@dataclass(slots=True)
class BatchIndexer:
    """What stays the same from batch to batch."""

    root: Path
    encoder: Encoder
    max_file_size: int

    def index(self, batch: Sequence[Task]) -> Run:
        """Read and index the files of a batch, in order.

        Raises `MemoryCapError`, naming stage and file, if there is no memory for it.
        """
        clock = _StageClock()
        run = Run(b"", 0, 0, 0, [], [], clock.seconds, 0, batch[-1].file.path)
        path = batch[0].file.path
        try:
            builder = SegmentBuilder()
            for task in batch:
                path = task.file.path
                self._add(task, builder, run, clock)
            path = f"{batch[0].file.path} to {path}"
            if builder.rows:
                clock.stage = "tokenize"
                words = count_words(builder.texts)
                clock.stage = "embed"
                passages = Passages(builder.paths, builder.texts, words)
                vectors = self.encoder.encode_passages(passages)
                clock.stage = "build"
                run.data = builder.finish(words, vectors)
        except MemoryError:
            raise MemoryCapError(
                f"out of the memory allowed in the stage {clock.stage!r} at {path!r}; raise"
                " --max-memory; what was committed before is kept"
            ) from None
        clock.stop()
        run.chunks = len(builder.texts)
        run.peak_rss = peak_rss_bytes()
        return run

    def _add(self, task: Task, builder: SegmentBuilder, run: Run, clock: _StageClock) -> None:
        """Read and chunk one file."""
        file = task.file
        clock.stage = "read"
        document = read(self.root, file, self.max_file_size)
        if isinstance(document, Skip):
            run.skips.append(document)
            if document.reason in _LASTING:
                builder.skip(file, document.reason)
            return
        run.bytes_read += file.size
        if document.content_hash == task.content_hash:
            run.same.append(file)
            return
        clock.stage = "chunk"
        chunks = chunk(document)
        if len(builder.texts) + len(chunks) > MAX_CHUNKS:
            run.skips.append(Skip(file.path, SkipReason.TOO_LARGE, "too many chunks"))
            return
        clock.stage = "build"
        builder.add(file, document, chunks)
        run.files += 1


class _StageClock:
    """CPU seconds of this process, by stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._stage = ""
        self._began = time.process_time()

    @property
    def stage(self) -> str:
        return self._stage

    @stage.setter
    def stage(self, stage: str) -> None:
        self.stop()
        self._stage = stage

    def stop(self) -> None:
        """Add what has gone by since the stage began."""
        now = time.process_time()
        if self._stage:
            spent = self.seconds.get(self._stage, 0.0)
            self.seconds[self._stage] = spent + now - self._began
        self._began = now
