"""A run from a batch of files."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

import numpy as np
import xxhash

from codelode.segment.container import write_segment
from codelode.segment.dictionary import keys_of
from codelode.segment.postings import (
    DEFINITION,
    FILE_NAME,
    TermCounts,
    build_postings,
)
from codelode.segment.quantizer import quantize
from codelode.segment.run import run_sections
from codelode.segment.schema import CHUNK, FILE, MAX_SYMBOL_BYTES
from codelode.segment.stats import STAT_COLUMNS, stat_row, stats_sections
from codelode.segment.text import BlockWriter
from codelode.text.tokens import folded_name, term_hashes
from codelode.types import SkipReason

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from codelode.segment.container import Piece
    from codelode.text.word_counts import WordCounts
    from codelode.types import ChunkedDocument, Document, SourceFile

SKIP_REASONS = tuple(SkipReason)
_EMPTY_HASH = bytes(16)


def path_hash(path: str) -> int:
    """The 64-bit hash by which a file is found and by which ties between hits are broken."""
    return int(xxhash.xxh3_64_intdigest(path.encode("utf-8", "surrogateescape")))


class SegmentBuilder:
    """Collects files and their chunks, then writes them with their words and vectors."""

    def __init__(self) -> None:
        self.paths: list[str] = []  # of each chunk, as `Passages` wants them
        self.texts: list[bytes] = []
        self._files: list[tuple[object, ...]] = []
        self._stats: list[tuple[int, int, int]] = []
        self._chunks: list[tuple[object, ...]] = []
        self._names: list[str] = []  # terms of definitions and file names, with their field
        self._named: list[int] = []  # the chunk of each of these
        self._languages: dict[str, int] = {}
        self._kinds: dict[str, int] = {}
        self._path_blob: list[bytes] = []
        self._symbols: list[bytes] = []
        self._symbol_bytes = self._path_bytes = self._text_bytes = 0
        self._text = BlockWriter()

    @property
    def rows(self) -> int:
        """How many files there are so far, those that were read in vain included."""
        return len(self._files)

    def skip(self, file: SourceFile, reason: SkipReason) -> None:
        """Remember a file that was read in vain, so that an update need not read it again."""
        number = SKIP_REASONS.index(reason) + 1
        self._add_file(file, file.language, _EMPTY_HASH, 0, 0, number)

    def add(self, file: SourceFile, document: Document, chunked: ChunkedDocument) -> None:
        """Add a file with the chunks that cover its text."""
        chunks = chunked.chunks
        number = len(self._files)
        self._add_file(
            file, document.language, document.content_hash, len(chunks), len(document.text), 0
        )
        self._text.add(document.text)
        self._text_bytes += len(document.text)
        text, at, last_name = document.text, self._symbol_bytes, b""
        for ordinal, (start, end, first, last, symbol, defines) in enumerate(
            chunks, len(self._chunks)
        ):
            name, kind = b"", 0
            if symbol is not None:
                name = symbol.name.encode("utf-8", "replace")[:MAX_SYMBOL_BYTES]
                kind = self._kinds.setdefault(symbol.kind, len(self._kinds) + 1)
            if defines:
                self._names += [f"{DEFINITION}:{folded_name(define.name)}" for define in defines]
                self._named += [ordinal] * len(defines)
            size = len(name)
            if size and name != last_name:  # else the pieces of a definition share its name
                self._symbols.append(name)
                at, last_name = at + size, name
            self._chunks.append(
                (number, start, end - start, first, last - first, 0, at - size, size, kind)
            )
            self.texts.append(text[start:end])
        if chunks:
            self._names.append(f"{FILE_NAME}:{folded_name(document.path.rpartition('/')[2])}")
            self._named.append(len(self._chunks) - len(chunks))
        self.paths += [document.path] * len(chunks)
        self._symbol_bytes = at

    def _add_file(
        self,
        file: SourceFile,
        language: str | None,
        content_hash: bytes,
        chunks: int,
        text_bytes: int,
        skip: int,
    ) -> None:
        name = file.path.encode("utf-8", "surrogateescape")
        language_number = 0
        if language is not None:
            language_number = self._languages.setdefault(language, len(self._languages) + 1)
        digest = np.frombuffer(content_hash, np.uint8)
        place = (self._path_bytes, len(name), len(self._chunks), chunks, self._text_bytes)
        self._files.append(
            (path_hash(file.path), file.size, digest, *place, text_bytes, 0, language_number, skip)
        )
        self._stats.append(stat_row(file))
        self._path_blob.append(name)
        self._path_bytes += len(name)

    def finish(self, words: WordCounts, vectors: NDArray[np.float32]) -> bytes:
        """The run as bytes. `words` and `vectors` have a row for each of `self.texts`."""
        files = np.array(self._files, FILE)
        chunks = np.array(self._chunks, CHUNK)
        terms, chunks["tokens"] = self._term_counts(words)
        np.add.at(files["tokens"], chunks["file"], chunks["tokens"])
        quantized = quantize(vectors)
        self._text.flush()
        meta = {
            "dimensions": int(vectors.shape[1]),
            "languages": list(self._languages),
            "kinds": list(self._kinds),
        }
        sink = io.BytesIO()
        sections: Mapping[str, Iterable[Piece]] = {
            "meta": [json.dumps(meta).encode()],
            "files": [files],
            **stats_sections(np.array(self._stats, np.int64).reshape(-1, len(STAT_COLUMNS))),
            "paths": self._path_blob,
            "chunks": [chunks],
            "symbols": self._symbols,
            **run_sections(build_postings(terms)),
            "scales": [quantized.scales],
            "codes": [quantized.codes],
            "residuals": [quantized.residuals],
            "blocks": [self._text.table()],
            "text": self._text.frames,
        }
        write_segment(sink, sections)
        return sink.getvalue()

    def _term_counts(self, words: WordCounts) -> tuple[TermCounts, NDArray[np.int64]]:
        """Return the terms of each chunk, of its text and names; and its length in terms."""
        split, found = words.parts, words.part_counts
        whole = np.full(len(split.starts) - 1, -1)
        whole[split.whole_words] = np.arange(len(split.whole_words))
        whole = whole[words.ids]
        compound = np.flatnonzero(whole >= 0)
        ordinals = np.concatenate((found.texts, words.texts[compound]))
        counts = np.concatenate((found.counts, words.counts[compound]))
        # Numbers and compounds, which have no parts, do not count as length: so BM25 ranks as well
        # as it did without them (docs/decisions/012-words.md).
        has_parts = np.diff(split.starts)[words.ids[compound]] > 0
        lengths = np.concatenate((found.counts, words.counts[compound] * has_parts))
        tokens = np.bincount(ordinals, lengths, len(self.texts)).astype(np.int64)
        hashes = (
            split.hashes,
            term_hashes(split.wholes),
            term_hashes(map(str.encode, self._names)),
        )
        wholes, names = np.cumsum([len(hashes[0]), len(hashes[1])])
        terms = TermCounts(
            keys=keys_of(np.concatenate(hashes)),
            terms=np.concatenate(
                (found.parts, whole[compound] + wholes, np.arange(len(hashes[2])) + names)
            ),
            ordinals=np.concatenate((ordinals, np.array(self._named, np.int64))),
            counts=np.concatenate((counts, np.ones(len(hashes[2]), np.int64))),
        )
        return terms, tokens
