"""What passes between a process that is asked and its workers, as JSON can say it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from codelode import errors
from codelode.errors import CodelodeError
from codelode.types import Answer, Hit


@dataclass(frozen=True, slots=True)
class WorkerOptions:
    """What a worker has to know before its first question: what its `IndexReader` is made of."""

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
        """The same paths, whatever the working folder will be when a worker starts."""
        kept = str(Path(index_dir).expanduser().absolute()) if index_dir else None
        return cls(str(root), str(directory), model, kept, processes)


def pack(answer: Answer) -> tuple[dict[str, Any], bytes]:
    """An answer, and the texts of its hits. Surrogates in paths are kept, floats are exact."""
    texts = [hit.text.encode() for hit in answer.hits]
    fields = {name: getattr(answer, name) for name in Answer.__dataclass_fields__}
    fields["hits"] = hits = [[getattr(hit, name) for name in _HIT] for hit in answer.hits]
    for values, text in zip(hits, texts, strict=True):
        values[_TEXT] = len(text)
    return {"answer": fields}, b"".join(texts)


def pack_error(error: CodelodeError | OSError) -> dict[str, Any]:
    """An error."""
    if isinstance(error, OSError):
        return {"os": [error.errno, error.strerror, error.filename]}
    return {"error": type(error).__name__, "arguments": error.args}


def unpack(reply: dict[str, Any], texts: bytes) -> Answer:
    """The answer that was packed. Raises the error that was."""
    if "error" in reply:
        raise getattr(errors, reply["error"])(*reply["arguments"])
    if "os" in reply:
        raise OSError(*reply["os"])
    fields = reply["answer"]
    end = 0
    for values in fields["hits"]:
        start, end = end, end + values[_TEXT]
        values[_TEXT] = texts[start:end].decode()
    fields["hits"] = [Hit(*values) for values in fields["hits"]]
    return Answer(**fields)


_HIT = tuple(Hit.__dataclass_fields__)
_TEXT = _HIT.index("text")
