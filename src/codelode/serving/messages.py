"""Messages between a process that searches and its workers, as JSON and bytes."""

from __future__ import annotations

from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

from codelode.reader import IndexReader
from codelode.search.request import SearchRequest
from codelode.system.error_message import raise_packed
from codelode.types import Answer, Freshness, Hit


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
    def of(cls, reader: IndexReader, processes: int) -> WorkerOptions:
        """Return the options with which workers read the same index."""
        index_dir = None if reader.index_dir is None else str(reader.index_dir)
        return cls(str(reader.root), str(reader.directory), reader.model, index_dir, processes)

    def reader(self) -> IndexReader:
        """Return the reader of a worker."""
        index_dir = None if self.index_dir is None else Path(self.index_dir)
        return IndexReader(Path(self.root), Path(self.directory), self.model, index_dir)


def pack_request(request: SearchRequest) -> list[Any]:
    """Return a request as JSON."""
    return [getattr(request, name) for name in SearchRequest.__dataclass_fields__]


def unpack_request(fields: list[Any]) -> SearchRequest:
    """Return the request that was packed."""
    return SearchRequest(*fields)


def pack_answer(answer: Answer) -> tuple[dict[str, Any], bytes]:
    """Return an answer as JSON, and the texts of its hits as bytes.

    Surrogates in paths are kept, floats are exact.
    """
    texts = [hit.text.encode() for hit in answer.hits]
    fields = {name: getattr(answer, name) for name in Answer.__dataclass_fields__}
    fields["freshness"] = astuple(answer.freshness)
    fields["hits"] = hits = [[getattr(hit, name) for name in _HIT] for hit in answer.hits]
    for values, text in zip(hits, texts, strict=True):
        values[_TEXT] = len(text)
    return {"answer": fields}, b"".join(texts)


def unpack_answer(reply: dict[str, Any], texts: bytes) -> Answer:
    """Return the answer that was packed, or raise the error."""
    raise_packed(reply)
    fields = reply["answer"]
    end = 0
    for values in fields["hits"]:
        start, end = end, end + values[_TEXT]
        values[_TEXT] = texts[start:end].decode()
    fields["hits"] = [Hit(*values) for values in fields["hits"]]
    fields["freshness"] = Freshness(*fields["freshness"])
    return Answer(**fields)


_HIT = tuple(Hit.__dataclass_fields__)
_TEXT = _HIT.index("text")
