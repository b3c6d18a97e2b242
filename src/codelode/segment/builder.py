"""A run from a batch of files."""

from __future__ import annotations

import io
import json
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from codelode.chunked import ChunkedDocument, DefinitionColumns
from codelode.segment.container import write_segment
from codelode.segment.definition_table import definition_table
from codelode.segment.dictionary import keys_of
from codelode.segment.name_keys import clean_name
from codelode.segment.postings import TermCounts, build_postings
from codelode.segment.quantizer import quantize
from codelode.segment.run import run_sections, table_sections
from codelode.segment.schema import (
    CHUNK,
    FILE,
    FILE_NAME,
    SKIP_REASONS,
    group_symbols,
    path_hash,
    set_starts,
)
from codelode.segment.stats import STAT_COLUMNS, stat_row, stats_sections
from codelode.segment.text import BlockWriter
from codelode.text.tokens import folded_name, term_hashes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from codelode.segment.container import Piece
    from codelode.text.word_counts import WordCounts
    from codelode.types import Chunk, Document, SkipReason, SourceFile

_NO_HASH = bytes(16)
_NO_CHUNKS = ChunkedDocument([], DefinitionColumns())


class _FileRow(NamedTuple):
    """The columns of `schema.FILE` that are known when a file is added."""

    path_hash: int
    size: int
    content_hash: NDArray[np.uint8]
    path_length: int
    chunks: int
    definitions: int
    text_bytes: int
    language: int
    skip: int


class _ChunkRow(NamedTuple):
    """The columns of `schema.CHUNK` that are known when a file is added."""

    file: int
    start: int
    length: int
    start_line: int
    more_lines: int
    symbol_length: int
    kind: int


_new_chunk_row = partial(tuple.__new__, _ChunkRow)  # faster than `_ChunkRow(...)`


class SegmentBuilder:
    """Collects files and their chunks, then writes them with their words and vectors."""

    def __init__(self) -> None:
        self.paths: list[str] = []  # one per chunk, as in `Passages`
        self.texts: list[bytes] = []
        self.names: list[bytes] = []  # the name of each chunk's definition, or empty
        self._files: list[_FileRow] = []
        self._stats: list[tuple[int, int, int]] = []
        self._chunks: list[_ChunkRow] = []
        self._definitions: list[DefinitionColumns] = []
        self._file_names: list[tuple[str, int]] = []  # per file: its name as a term, first chunk
        self._languages: dict[str, int] = {}
        self._kinds: dict[str, int] = {}
        self._path_blob: list[bytes] = []
        self._symbols: list[bytes] = []
        self._symbol_starts: list[int] = []
        self._symbol_bytes = 0
        self._text = BlockWriter()

    @property
    def rows(self) -> int:
        """The number of files so far, skipped ones included."""
        return len(self._files)

    def skip(self, file: SourceFile, reason: SkipReason) -> None:
        """Record a skipped file, so that an update need not read it again."""
        self._add_file(file, file.language, skip=SKIP_REASONS.index(reason) + 1)

    def add(self, file: SourceFile, document: Document, chunked: ChunkedDocument) -> None:
        """Add a file with the chunks that cover its text, and with its definitions."""
        if chunked.chunks:
            name = folded_name(document.path.rpartition("/")[2])
            self._file_names.append((name, len(self._chunks)))
        self._add_chunks(document.text, chunked.chunks)
        self._add_file(file, document.language, document, chunked)
        self._text.add(document.text)
        self.paths += [document.path] * len(chunked.chunks)

    def _add_chunks(self, text: bytes, chunks: Sequence[Chunk]) -> None:
        number, at, last_name = len(self._files), self._symbol_bytes, b""
        for start, end, first, last, symbol in chunks:
            name, kind = b"", 0
            if symbol is not None:
                name = clean_name(symbol.name)
                kind = self._kinds.setdefault(symbol.kind, len(self._kinds) + 1)
            size = len(name)
            if size and name != last_name:  # else the chunk shares the previous name
                self._symbols.append(name)
                at, last_name = at + size, name
            row = (number, start, end - start, first, last - first, size, kind)
            self._chunks.append(_new_chunk_row(row))
            self._symbol_starts.append(at - size)
            self.names.append(name)
            self.texts.append(text[start:end])
        self._symbol_bytes = at

    def _add_file(
        self,
        file: SourceFile,
        language: str | None,
        document: Document | None = None,
        chunked: ChunkedDocument = _NO_CHUNKS,
        skip: int = 0,
    ) -> None:
        path = file.path.encode("utf-8", "surrogateescape")
        content_hash = document.content_hash if document else _NO_HASH
        number = 0
        if language is not None:
            number = self._languages.setdefault(language, len(self._languages) + 1)
        self._path_blob.append(path)
        self._stats.append(stat_row(file))
        self._definitions.append(chunked.columns)
        self._files.append(
            _FileRow(
                path_hash=path_hash(file.path),
                size=file.size,
                content_hash=np.frombuffer(content_hash, np.uint8),
                path_length=len(path),
                chunks=len(chunked.chunks),
                definitions=len(chunked.columns.names),
                text_bytes=len(document.text) if document else 0,
                language=number,
                skip=skip,
            )
        )

    def finish(self, words: WordCounts, vectors: NDArray[np.float32]) -> bytes:
        """Return the run as bytes; `words` and `vectors` have a row for each of `self.texts`."""
        files = _table(FILE, self._files, _FileRow._fields)
        chunks = _table(CHUNK, self._chunks, _ChunkRow._fields)
        set_starts(files)
        chunks["symbol_start"], groups = group_symbols(np.array(self._symbol_starts, np.int64))
        terms, chunks["tokens"] = self._term_counts(words)
        np.add.at(files["tokens"], chunks["file"], chunks["tokens"])
        quantized = quantize(vectors)
        definitions = definition_table(self._definitions, self._kinds)
        self._text.flush()
        sections: Mapping[str, Iterable[Piece]] = {
            "meta": [json.dumps(self._meta(vectors.shape[1])).encode()],
            "files": [files],
            **stats_sections(np.array(self._stats, np.int64).reshape(-1, len(STAT_COLUMNS))),
            "paths": self._path_blob,
            "chunks": [chunks],
            "symbols": self._symbols,
            "symbol_groups": [groups],
            **table_sections(definitions),
            **run_sections(build_postings(terms)),
            "scales": [quantized.scales],
            "codes": [quantized.codes],
            "residuals": [quantized.residuals],
            "blocks": [self._text.table()],
            "text": self._text.frames,
        }
        sink = io.BytesIO()
        write_segment(sink, sections)
        return sink.getvalue()

    def _meta(self, dimensions: int) -> dict[str, object]:
        languages, kinds = list(self._languages), list(self._kinds)
        return {"dimensions": dimensions, "languages": languages, "kinds": kinds}

    def _term_counts(self, words: WordCounts) -> tuple[TermCounts, NDArray[np.int64]]:
        """Return the terms of the texts, and each text's length, counted in terms: int64[texts]."""
        split, parts = words.parts, words.part_counts
        whole = np.full(len(split.starts) - 1, -1)
        whole[split.whole_words] = np.arange(len(split.whole_words))
        whole = whole[words.ids]
        compound = np.flatnonzero(whole >= 0)
        ordinals = np.concatenate((parts.texts, words.texts[compound]))
        counts = np.concatenate((parts.counts, words.counts[compound])).astype(np.int64)
        # Numbers and compounds, which have no parts, do not count in the length: BM25 then ranks
        # as well as it did without them (docs/decisions/012-words.md).
        has_parts = np.diff(split.starts)[words.ids[compound]] > 0
        lengths = np.concatenate((parts.counts, words.counts[compound] * has_parts))
        names = term_hashes((name.encode() for name, _ in self._file_names), FILE_NAME)
        hashes = (split.hashes, term_hashes(split.wholes), names)
        wholes, last = len(hashes[0]), len(hashes[0]) + len(hashes[1])
        numbers = np.arange(last, last + len(names))
        firsts = np.array([chunk for _, chunk in self._file_names], np.int64)
        terms = TermCounts(
            keys=keys_of(np.concatenate(hashes)),
            terms=np.concatenate((parts.parts, whole[compound] + wholes, numbers)),
            ordinals=np.concatenate((ordinals, firsts)),
            counts=np.concatenate((counts, np.ones(len(names), np.int64))),
        )
        return terms, np.bincount(ordinals, lengths, len(self.texts)).astype(np.int64)


def _table(
    dtype: np.dtype[np.void], rows: Sequence[tuple[object, ...]], names: Sequence[str]
) -> NDArray[np.void]:
    """Return a table whose columns `names` are filled from rows; the others are 0."""
    table = np.zeros(len(rows), dtype)
    for name, values in zip(names, zip(*rows, strict=True), strict=False):  # `rows` may be empty
        table[name] = values
    return table
