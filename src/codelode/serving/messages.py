"""Messages between a process that searches and its workers, as JSON and bytes."""

from __future__ import annotations

from collections.abc import Sequence
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
        """Return the options for workers that read the index of `reader`."""
        index_dir = None if reader.index_dir is None else str(reader.index_dir)
        return cls(str(reader.root), str(reader.directory), reader.model, index_dir, processes)

    def reader(self) -> IndexReader:
        """Return a reader that is opened with these arguments, for a worker."""
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
    fields = {name: getattr(answer, name) for name in Answer.__dataclass_fields__}
    fields["freshness"] = astuple(answer.freshness)
    fields["hits"], texts = pack_hits(answer.hits)
    return {"answer": fields}, texts


def unpack_answer(reply: dict[str, Any], texts: bytes) -> Answer:
    """Return the answer that was packed, or raise the error that was packed instead."""
    raise_packed(reply)
    fields = reply["answer"]
    fields["hits"] = unpack_hits(fields["hits"], texts)
    fields["freshness"] = Freshness(*fields["freshness"])
    fields["missing"] = tuple(fields["missing"])
    return Answer(**fields)


def pack_hits(hits: Sequence[Hit]) -> tuple[list[list[Any]], bytes]:
    """Return hits as JSON, and their texts as bytes."""
    texts = [hit.text.encode() for hit in hits]
    packed = [[getattr(hit, name) for name in _HIT] for hit in hits]
    for values, text in zip(packed, texts, strict=True):
        values[_TEXT] = len(text)
    return packed, b"".join(texts)


def unpack_hits(packed: list[list[Any]], texts: bytes) -> list[Hit]:
    """Return the hits that were packed."""
    hits, end = [], 0
    for values in packed:
        start, end = end, end + values[_TEXT]
        hits.append(
            Hit(**dict(zip(_HIT, values, strict=True)) | {"text": texts[start:end].decode()})
        )
    return hits


_HIT = tuple(Hit.__dataclass_fields__)
_TEXT = _HIT.index("text")
