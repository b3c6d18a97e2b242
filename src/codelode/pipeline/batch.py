"""One batch of files to one run: read, chunk, count words, embed, build."""

from __future__ import annotations

import resource
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from codelode.chunk.chunker import chunk
from codelode.discover.read import read
from codelode.segment.builder import SegmentBuilder, TermHasher
from codelode.segment.columns import MAX_CHUNKS
from codelode.tokens import count_words
from codelode.types import Passages, Skip, SkipReason, SourceFile

if TYPE_CHECKING:
    from collections.abc import Sequence

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


@dataclass(slots=True)
class BatchIndexer:
    """What stays the same from batch to batch."""

    root: Path
    encoder: Encoder
    max_file_size: int
    hasher: TermHasher = field(default_factory=TermHasher)

    def index(self, batch: Sequence[Task]) -> Run:
        """Read and index the files of a batch, in order."""
        clock = _StageClock()
        builder = SegmentBuilder()
        run = Run(b"", 0, 0, 0, [], [], clock.seconds, 0)
        for task in batch:
            file = task.file
            document = read(self.root, file, self.max_file_size)
            clock.lap("read")
            if isinstance(document, Skip):
                run.skips.append(document)
                if document.reason in _LASTING:
                    builder.skip(file, document.reason)
                continue
            run.bytes_read += file.size
            if document.content_hash == task.content_hash:
                run.same.append(file)
                continue
            chunks = chunk(document)
            clock.lap("chunk")
            if len(builder.texts) + len(chunks) > MAX_CHUNKS:
                run.skips.append(Skip(file.path, SkipReason.TOO_LARGE, "too many chunks"))
                continue
            builder.add(file, document, chunks)
            clock.lap("build")
            run.files += 1
        if builder.rows:
            words = count_words(builder.texts)
            clock.lap("tokenize")
            vectors = self.encoder.encode_passages(Passages(builder.paths, builder.texts, words))
            clock.lap("embed")
            run.data = builder.finish(words, vectors, self.hasher)
            clock.lap("build")
        run.chunks = len(builder.texts)
        run.peak_rss = peak_rss_bytes()
        return run


class _StageClock:
    """CPU seconds of this process, by stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._last = time.process_time()

    def lap(self, stage: str) -> None:
        now = time.process_time()
        self.seconds[stage] = self.seconds.get(stage, 0.0) + now - self._last
        self._last = now


def peak_rss_bytes() -> int:
    """The largest resident set this process has had, in bytes.

    From /proc where there is one: after a fork, `getrusage` starts from the parent's peak.
    """
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if sys.platform == "darwin" else peak * 1024
    return int(status.partition("VmHWM:")[2].split(maxsplit=1)[0]) * 1024
