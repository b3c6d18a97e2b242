"""Messages between a process that indexes and its workers, as JSON and bytes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from codelode.pipeline.batch import Run
from codelode.report import FileCost, StageTime
from codelode.system.error_message import raise_packed
from codelode.types import Skip, SkipReason, SourceFile, Task

if TYPE_CHECKING:
    from codelode.system.framing import Frame


@dataclass(frozen=True, slots=True)
class WorkerOptions:
    """The first message to a worker.

    `memory_limit` is in bytes. `costs` asks for the cost of each file, and `trace` for a profile at
    the end. `started` is the time at which the worker was started, by `time.monotonic`.
    """

    root: str
    model: str | None
    max_file_size: int
    memory_limit: int
    costs: bool = False
    trace: bool = False
    started: float = 0.0


def pack_batch(batch: Sequence[Task]) -> list[object]:
    """Return a batch as JSON. Surrogates in paths are kept."""
    return [
        [
            _pack_file(task.file),
            task.content_hash.hex() if task.content_hash else None,
            task.language,
            task.skip,
        ]
        for task in batch
    ]


def unpack_batch(head: Sequence[Any]) -> list[Task]:
    """Return the batch that was packed."""
    return [
        Task(
            SourceFile(*file),
            bytes.fromhex(content_hash) if content_hash else None,
            language,
            SkipReason(skip) if skip else None,
        )
        for file, content_hash, language, skip in head
    ]


def pack_run(run: Run) -> Frame:
    """Return a run as JSON, and its segment as bytes."""
    head = {
        "files": run.files,
        "chunks": run.chunks,
        "bytes_read": run.bytes_read,
        "skips": [(skip.path, skip.reason, skip.detail) for skip in run.skips],
        "same": [_pack_file(file) for file in run.same],
        "stages": {name: (spent.wall, spent.cpu) for name, spent in run.stages.items()},
        "peak_rss": run.peak_rss,
        "last_path": run.last_path,
        "costs": [(f.path, f.wall, f.cpu, f.bytes, f.chunks) for f in run.costs],
        "cpu": run.cpu,
        "waited": run.waited,
    }
    return head, run.data


def unpack_run(head: dict[str, Any], data: bytes) -> Run:
    """Return the run that was packed, or raise the error that was packed instead."""
    raise_packed(head)
    head["skips"] = [
        Skip(path, SkipReason(reason), detail) for path, reason, detail in head["skips"]
    ]
    head["same"] = [SourceFile(*fields) for fields in head["same"]]
    head["stages"] = {name: StageTime(*spent) for name, spent in head["stages"].items()}
    head["costs"] = [FileCost(*fields) for fields in head["costs"]]
    return Run(data=data, **head)


def _pack_file(file: SourceFile) -> list[object]:
    return [file.path, file.size, file.mtime_ns, file.ctime_ns, file.inode, file.language]
