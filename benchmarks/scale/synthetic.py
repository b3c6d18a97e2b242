"""Make a synthetic index of any size with realistic proportions, without a tree to index.

    python -m benchmarks.scale.synthetic CHUNKS ROOT INDEX_DIR [--seed N]

The real builder makes a few full segments from random words and vectors. The others are copies of
these with different vectors and chunk lengths, and therefore different scores. The parts that a
search touches have the size and skew of an index of 10,000 files of the Linux kernel (85 distinct
terms per chunk, two thirds of the terms in only one chunk, the most common term in 78 % of all
chunks; 12 chunks per file). The vectors form clusters, but the queries deliberately belong to none
of them: this measures time, not quality.

The same seed gives the same bytes. Ten million chunks take some minutes and 6 GB.
"""

from __future__ import annotations

import argparse
import io
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from codelode.chunked import ChunkedDocument, DefinitionColumns
from codelode.discover.options import WalkOptions
from codelode.embed.load import load
from codelode.pipeline.identity import next_manifest
from codelode.segment.builder import SegmentBuilder
from codelode.segment.container import write_segment
from codelode.segment.merge import merge
from codelode.segment.reader import Segment
from codelode.segment.run import RunSegment
from codelode.segment.schema import MAX_CHUNKS
from codelode.store.commit import publish
from codelode.store.locate import index_directory, real_root
from codelode.store.manifest import SegmentEntry
from codelode.store.storage import SEGMENT_SUFFIX, LocalStorage
from codelode.text.word_counts import WordCounts, spelled
from codelode.types import Chunk, Document, SourceFile, Symbol

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from codelode.segment.container import Piece

BASES = 4
"""Segments made from scratch; more take longer and do not change the measurements."""

VOCABULARY = 150_000
RARE_WORDS = 6_000_000
WORDS_PER_CHUNK = 85
RARE_PER_CHUNK = 8
REPEATS = 0.4
"""The probability that a word does not occur again in the same chunk."""
CHUNKS_PER_FILE = 12
CLUSTERS = 4096
COMMON = (
    "return if int struct the static void const char error device null data to of a in is for set"
    " get name init size value type len dev ret buf is_valid read write lock address memory file"
    " list flags state function page free alloc config register port index key count status"
    " info driver time string node queue message user path table command line parse timeout retry"
    " connection close open start stop handler request response server client thread event test"
    " check update add remove create delete find search sort hash map block bit mask shift byte"
    " word clock timer schedule interrupt probe bus power reset enable disable version module"
).split()
_SYLLABLES = "ba co di fu ge ha ki lo mu ne pa qui ro sa ti vu wa xe yo za tra sto pli gre".split()


class Words:
    """A source of words for chunks: Zipf's law over a vocabulary, plus words that rarely recur."""

    def __init__(self, random: np.random.Generator) -> None:
        self._random = random
        names = [_spell(i) for i in range(VOCABULARY)]
        self.names = list(dict.fromkeys([*COMMON, *names]))[:VOCABULARY]
        weights = 1 / (np.arange(len(self.names)) + 8.0) ** 1.1
        self._cumulated = np.cumsum(weights / weights.sum())

    def counts(self, chunks: int) -> WordCounts:
        """Draw the words of `chunks` chunks."""
        lengths = np.maximum(4, self._random.normal(WORDS_PER_CHUNK, 26, chunks).astype(int))
        rows = np.repeat(np.arange(chunks), lengths)
        ids = np.searchsorted(self._cumulated, self._random.random(len(rows)))
        rare_rows = np.repeat(np.arange(chunks), RARE_PER_CHUNK)
        rare = self._random.integers(0, RARE_WORDS, len(rare_rows)) + len(self.names)
        keys = np.concatenate((rows, rare_rows)) << 32 | np.concatenate((ids, rare))
        keys, counts = np.unique(keys, return_counts=True)
        counts *= self._random.geometric(REPEATS, len(counts))
        used, ids = np.unique(keys & 0xFFFFFFFF, return_inverse=True)
        known = len(self.names)
        vocabulary = [
            (self.names[i] if i < known else _spell(i + 1_000_000)).encode() for i in used.tolist()
        ]
        indptr = np.searchsorted(keys, np.arange(chunks + 1) << 32)
        return WordCounts(
            spelled(vocabulary), indptr, ids.astype(np.int32), counts.astype(np.int32)
        )


def _spell(number: int) -> str:
    letters = ""
    while number or not letters:
        number, digit = divmod(number, len(_SYLLABLES))
        letters += _SYLLABLES[digit]
    return letters


def vectors(random: np.random.Generator, rows: int, dimensions: int) -> NDArray[np.float32]:
    """Return random unit vectors around the centers of clusters."""
    centers = random.normal(size=(CLUSTERS, dimensions)).astype(np.float32)
    found = centers[random.integers(0, CLUSTERS, rows)]
    found += random.normal(size=found.shape).astype(np.float32)
    found /= np.linalg.norm(found, axis=1, keepdims=True)
    return found


def base(words: Words, random: np.random.Generator, chunks: int, dimensions: int) -> Segment:
    """Make a segment of random files."""
    builder = SegmentBuilder()
    made = 0
    while made < chunks:
        count = min(CHUNKS_PER_FILE, chunks - made)
        picked = random.integers(0, 40_000, 3 + count).tolist()
        folders = "/".join(words.names[i] for i in picked[:2])
        path = f"{folders}/{words.names[picked[2]]}_{made}.{'h' if made % 5 == 0 else 'c'}"
        names = [words.names[i] for i in picked[3:]]
        pieces = [f"int {name}(void)\n{{\n\treturn {name};\n}}\n".encode() * 12 for name in names]
        ends = np.cumsum([len(piece) for piece in pieces]).tolist()
        symbols = [Symbol(f"{name}_{made + i}", "function") for i, name in enumerate(names)]
        rows = [
            Chunk(end - len(piece), end, i * 48 + 1, i * 48 + 48, symbol)
            for i, (piece, end, symbol) in enumerate(zip(pieces, ends, symbols, strict=True))
        ]
        text = b"".join(pieces)
        first_lines = [row.start_line for row in rows]
        columns = DefinitionColumns(
            [each.name for each in symbols],
            ["function"] * count,
            first_lines,
            [row.end_line for row in rows],
            first_lines,
            [-1] * count,
            [False] * count,
            [""] * count,
        )
        file = SourceFile(path, len(text), 1, 1, made, "c")
        document = Document(path, "c", text, "utf-8", bytes(16))
        builder.add(file, document, ChunkedDocument(rows, columns))
        made += count
    data = builder.finish(words.counts(chunks), vectors(random, chunks, dimensions))
    run, sink = RunSegment.from_bytes("run", data), io.BytesIO()
    merge([(run, np.ones(len(run.files), bool))], sink)
    return Segment.from_bytes("base", sink.getvalue())


def varied(segment: Segment, random: np.random.Generator) -> dict[str, Iterable[Piece]]:
    """Return the sections of a segment with other vectors and other chunk lengths.

    All rows get the same permutation of dimensions and the same changes of sign, so near vectors
    stay near.
    """
    sections: dict[str, Iterable[Piece]] = {
        name: [segment.file.read(name)] for name in segment.file.section_bytes()
    }
    order = random.permutation(segment.dimensions)
    signs = random.choice(np.array([-1, 1], np.int8), segment.dimensions)
    sections["codes"] = [np.ascontiguousarray(segment.codes[:, order] * signs)]
    packed = segment.residuals(np.arange(len(segment.codes)))
    upper = np.unpackbits(packed, axis=1, count=segment.dimensions, bitorder="little")[:, order]
    sections["residuals"] = [np.packbits(upper ^ (signs < 0), axis=1, bitorder="little")]
    chunks = segment.chunks.copy()
    noise = random.uniform(0.8, 1.25, len(chunks))
    chunks["tokens"] = np.maximum(1, chunks["tokens"] * noise).astype(np.uint32)
    files = segment.files.copy()
    sums = np.add.reduceat(chunks["tokens"].astype(np.int64), files["first_chunk"])
    files["tokens"] = sums
    sections["chunks"], sections["files"] = [chunks], [files]
    return sections


def write(storage: LocalStorage, segment: Segment, random: np.random.Generator) -> SegmentEntry:
    """Write a variant of a segment."""
    sections = varied(segment, random)
    name, size = storage.put(SEGMENT_SUFFIX, lambda sink: write_segment(sink, sections))
    files = Segment.open(storage.open(name)).files
    entry = SegmentEntry(name, size, len(files), 0, 0, 0, 0, int(files["chunks"].sum()))
    return entry.with_live(entry.live_mask(), files)


def make(chunks: int, root: Path, directory: Path, seed: int) -> None:
    """Make an index in `directory`, which must not exist yet."""
    directory.mkdir(parents=True)
    storage = LocalStorage(directory)
    random = np.random.default_rng(seed)
    encoder = load(None)
    words = Words(random)
    sizes = [min(MAX_CHUNKS, chunks - i) for i in range(0, chunks, MAX_CHUNKS)]
    bases: dict[int, list[Segment]] = {}
    entries = []
    for number, size in enumerate(sizes):
        made = bases.setdefault(size, [])
        if len(made) < BASES:
            made.append(base(words, random, size, encoder.dimensions))
        entries.append(write(storage, made[number % len(made)], random))
    manifest = next_manifest(None, root, encoder, WalkOptions())
    publish(storage, replace(manifest, segments=tuple(entries), complete=True))


def main() -> None:
    """Make an index."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale.synthetic")
    parser.add_argument("chunks", type=int)
    parser.add_argument("root", type=Path, help="the root recorded in the index: any folder")
    parser.add_argument("index_dir", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    began = time.perf_counter()
    root = real_root(options.root)
    directory = index_directory(root, options.index_dir)
    make(options.chunks, root, directory, options.seed)
    print(f"{options.chunks:,} chunks in {directory}: {time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
