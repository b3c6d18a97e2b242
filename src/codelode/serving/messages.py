"""Messages between a process that searches and its workers, as JSON and bytes."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from codelode.system.error_message import raise_packed
from codelode.types import Answer, Hit


@dataclass(frozen=True, slots=True)
class WorkerOptions:
    """The first message to a worker: the arguments of its `IndexReader`.

    `processes` workers search at the same time.
    """

    root: str
    directory: str
    model: str | None
    index_dir: str | None
    processes: int

    @classmethod
    def of(
        cls,
        root: Path,
        directory: Path,
        model: str | None,
        index_dir: str | os.PathLike[str] | None,
        processes: int,
    ) -> WorkerOptions:
        """Make the paths independent of the folder that a worker starts in."""
        kept = str(Path(index_dir).expanduser().absolute()) if index_dir else None
        return cls(str(root), str(directory), model, kept, processes)


def pack(answer: Answer) -> tuple[dict[str, Any], bytes]:
    """Return an answer as JSON, and the texts of its hits as bytes.

    Surrogates in paths are kept, floats are exact.
    """
    texts = [hit.text.encode() for hit in answer.hits]
    fields = {name: getattr(answer, name) for name in Answer.__dataclass_fields__}
    fields["hits"] = hits = [[getattr(hit, name) for name in _HIT] for hit in answer.hits]
    for values, text in zip(hits, texts, strict=True):
        values[_TEXT] = len(text)
    return {"answer": fields}, b"".join(texts)


def unpack(reply: dict[str, Any], texts: bytes) -> Answer:
    """Return the answer that was packed, or raise the error."""
    raise_packed(reply)
    fields = reply["answer"]
    end = 0
    for values in fields["hits"]:
        start, end = end, end + values[_TEXT]
        values[_TEXT] = texts[start:end].decode()
    fields["hits"] = [Hit(*values) for values in fields["hits"]]
    return Answer(**fields)


_HIT = tuple(Hit.__dataclass_fields__)
_TEXT = _HIT.index("text")
