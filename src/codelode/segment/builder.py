"""A segment from a batch of files."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

import numpy as np
import xxhash

from codelode.segment.columns import BLOCK, CHUNK, FILE
from codelode.segment.format import write_segment
from codelode.segment.postings import DEFINITION, build_postings
from codelode.segment.quantizer import quantize
from codelode.segment.text import BLOCK_BYTES, compress
from codelode.sparse import ranges
from codelode.tokens import term_hash, term_hashes, text_terms
from codelode.types import SkipReason

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from codelode.segment.format import Piece
    from codelode.tokens import WordCounts
    from codelode.types import Chunk, Document, SourceFile

SKIP_REASONS = tuple(SkipReason)
_EMPTY_HASH = bytes(16)


def path_hash(path: str) -> int:
    """The 64-bit hash by which a file is found and by which ties between hits are broken."""
    return int(xxhash.xxh3_64_intdigest(path.encode("utf-8", "surrogateescape")))


def _hashes_of_words(words: WordCounts) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
    """The hashes of the terms of every word: those of word i are `values[starts[i]:starts[i+1]]`.

    As `tokens.terms` has them: the parts, and the whole word where it has several.
    """
    split = words.parts
    compound = np.zeros(len(split.starts) - 1, bool)
    compound[split.compounds] = True
    starts = split.starts + np.concatenate(([0], np.cumsum(compound)))
    values = np.empty(starts[-1], np.uint64)
    is_whole = np.zeros(len(values), bool)
    places = starts[split.compounds + 1] - 1
    is_whole[places] = True
    values[~is_whole] = term_hashes(map(str.encode, split.parts))[split.ids]
    values[places] = term_hashes(split.wholes)
    return starts, values


class SegmentBuilder:
    """Collects files and their chunks, then writes them with their words and vectors."""

    def __init__(self) -> None:
        self.paths: list[str] = []  # of each chunk, as `Passages` wants them
        self.texts: list[bytes] = []
        self._files: list[tuple[object, ...]] = []
        self._chunks: list[tuple[object, ...]] = []
        self._defines: list[tuple[int, str]] = []
        self._languages: dict[str, int] = {}
        self._kinds: dict[str, int] = {}
        self._path_blob: list[bytes] = []
        self._symbols: list[bytes] = []
        self._symbol_bytes = self._path_bytes = 0
        self._frames: list[bytes] = []
        self._raw: list[int] = []

    @property
    def rows(self) -> int:
        """How many files there are so far, those that were read in vain included."""
        return len(self._files)

    def skip(self, file: SourceFile, reason: SkipReason) -> None:
        """Remember a file that was read in vain, so that an update need not read it again."""
        number = SKIP_REASONS.index(reason) + 1
        self._add_file(file, file.language, _EMPTY_HASH, 0, 0, number)

    def add(self, file: SourceFile, document: Document, chunks: Sequence[Chunk]) -> None:
        """Add a file with the chunks that cover its text."""
        number = len(self._files)
        frames = compress(document.text)
        self._add_file(
            file, document.language, document.content_hash, len(chunks), len(document.text), 0
        )
        self._frames += frames
        size = len(document.text)
        self._raw += [min(BLOCK_BYTES, size - i * BLOCK_BYTES) for i in range(len(frames))]
        for chunk in chunks:
            symbol, kind = b"", 0
            if chunk.symbol is not None:
                symbol = chunk.symbol.name.encode("utf-8", "replace")[:0xFFFF]
                kind = self._kinds.setdefault(chunk.symbol.kind, len(self._kinds) + 1)
            ordinal = len(self._chunks)
            self._defines += [(ordinal, define.name) for define in chunk.defines]
            lines = (chunk.start_line, chunk.end_line, 0)
            place = (self._symbol_bytes, len(symbol), kind)
            self._chunks.append((number, chunk.start, chunk.end, *lines, *place))
            self._symbols.append(symbol)
            self._symbol_bytes += len(symbol)
            self.paths.append(document.path)
            self.texts.append(document.text[chunk.start : chunk.end])

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
        tongue = 0
        if language is not None:
            tongue = self._languages.setdefault(language, len(self._languages) + 1)
        stat = (file.size, file.mtime_ns, file.ctime_ns, file.inode)
        digest = np.frombuffer(content_hash, np.uint8)
        place = (self._path_bytes, len(name), len(self._chunks), chunks, len(self._frames))
        self._files.append(
            (path_hash(file.path), *stat, digest, *place, text_bytes, 0, tongue, skip)
        )
        self._path_blob.append(name)
        self._path_bytes += len(name)

    def finish(self, words: WordCounts, vectors: NDArray[np.float32]) -> bytes:
        """The segment as bytes. `words` and `vectors` have a row for each of `self.texts`."""
        files = np.array(self._files, FILE)
        chunks = np.array(self._chunks, CHUNK)
        triples, chunks["tokens"] = self._term_triples(words)
        np.add.at(files["tokens"], chunks["file"], chunks["tokens"])
        codes, scales = quantize(vectors)
        lengths = np.fromiter(map(len, self._frames), np.int64, len(self._frames))
        blocks = np.zeros(len(lengths), BLOCK)
        blocks["start"] = np.cumsum(lengths) - lengths
        blocks["length"], blocks["raw"] = lengths, self._raw
        meta = {
            "dimensions": int(vectors.shape[1]),
            "languages": list(self._languages),
            "kinds": list(self._kinds),
        }
        path_postings = build_postings(*self._path_triples())
        sink = io.BytesIO()
        sections: Mapping[str, Iterable[Piece]] = {
            "meta": [json.dumps(meta).encode()],
            "files": [files],
            "paths": self._path_blob,
            "chunks": [chunks],
            "symbols": self._symbols,
            **postings_sections("", build_postings(*triples)),
            **postings_sections("path-", path_postings),
            "scales": [scales],
            "codes": [codes],
            "blocks": [blocks],
            "text": self._frames,
        }
        write_segment(sink, sections)
        return sink.getvalue()

    def _term_triples(
        self, words: WordCounts
    ) -> tuple[tuple[NDArray[np.uint64], NDArray[np.int64], NDArray[np.int64]], NDArray[np.int64]]:
        """(term, chunk, count) of all text and definitions; and the number of terms per chunk."""
        starts, values = _hashes_of_words(words)
        rows = np.repeat(np.arange(len(words.indptr) - 1), np.diff(words.indptr))
        widths = np.diff(starts)[words.ids]
        picks = ranges(starts[words.ids], widths)
        ordinals = np.repeat(rows, widths)
        counts = np.repeat(words.counts.astype(np.int64), widths)
        tokens = np.bincount(ordinals, counts, len(self.texts)).astype(np.int64)
        defined = [(ordinal, name.casefold()) for ordinal, name in self._defines]
        names = np.array([term_hash(name, DEFINITION) for _, name in defined], np.uint64)
        places = np.array([ordinal for ordinal, _ in defined], np.int64)
        return (
            np.concatenate((values[picks], names)),
            np.concatenate((ordinals, places)),
            np.concatenate((counts, np.ones(len(names), np.int64))),
        ), tokens

    def _path_triples(self) -> tuple[NDArray[np.uint64], NDArray[np.int64], NDArray[np.int64]]:
        pairs = [
            (term_hash(term), number)
            for number, name in enumerate(self._path_blob)
            for term in text_terms(name.decode("utf-8", "replace"))
        ]
        hashes = np.array([term for term, _ in pairs], np.uint64)
        numbers = np.array([number for _, number in pairs], np.int64)
        return hashes, numbers, np.ones(len(pairs), np.int64)


def postings_sections(prefix: str, postings: object) -> dict[str, Iterable[Piece]]:
    """The four sections of an inverted index."""
    names = ("terms", "starts", "ordinals", "frequencies")
    return {prefix + name: [getattr(postings, name)] for name in names}
