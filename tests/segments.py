"""Small segments for tests, made by the real builder from synthetic files."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
import xxhash
from hypothesis import strategies as st
from numpy.typing import NDArray

from codelode.chunk.chunker import chunk
from codelode.search.context import Statistics
from codelode.search.lexical import Bm25, TermPostings
from codelode.search.shard import Shard
from codelode.segment.builder import SegmentBuilder
from codelode.segment.merge import merge
from codelode.segment.reader import Segment
from codelode.segment.run import RunSegment
from codelode.store.manifest import Manifest, SegmentEntry
from codelode.store.snapshot import LiveSegment, Snapshot
from codelode.text.word_counts import count_words
from codelode.types import Document, Passages, SkipReason, SourceFile

DIMENSIONS = 16

paths = st.text(alphabet="abc/é\udcff", min_size=1, max_size=12)
texts = st.text(alphabet="ab c_D\n{}()é", max_size=120).map(lambda text: text.encode())
files = st.dictionaries(paths, texts, max_size=6).map(lambda d: sorted(d.items()))


def vectors_of(texts: Sequence[bytes]) -> NDArray[np.float32]:
    """Return unit vectors that depend only on the text."""
    rows = [
        np.random.default_rng(xxhash.xxh3_64_intdigest(t)).normal(size=DIMENSIONS) for t in texts
    ]
    exact = np.array(rows).reshape(-1, DIMENSIONS)
    unit: NDArray[np.float32] = (exact / np.linalg.norm(exact, axis=1)[:, None]).astype(np.float32)
    return unit


class TextEncoder:
    """An encoder whose vectors depend on the text alone and have `DIMENSIONS` dimensions."""

    name = "m"
    fingerprint = "f"
    dimensions = DIMENSIONS

    def encode_query(self, text: str) -> NDArray[np.float32]:
        vector: NDArray[np.float32] = vectors_of([text.encode()])[0]
        return vector

    def encode_passages(self, passages: Passages) -> NDArray[np.float32]:
        return vectors_of(passages.texts)


def source(path: str, text: bytes) -> SourceFile:
    return SourceFile(path, len(text), 5, 6, 7, "python" if path < "b" else None)


def build(contents: Sequence[tuple[str, bytes]]) -> Segment:
    """Return a segment of files with these texts; an empty text is a file without text."""
    builder = SegmentBuilder()
    for path, text in contents:
        file = source(path, text)
        if not text:
            builder.skip(file, SkipReason.BINARY)
            continue
        document = Document(path, file.language, text, "utf-8", xxhash.xxh3_128_digest(text))
        builder.add(file, document, chunk(document))
    words, vectors = count_words(builder.texts), vectors_of(builder.texts)
    return sealed(builder.finish(words, vectors))


def shard_of(tree: dict[str, bytes], dead: set[str], parts: int) -> Shard:
    """Return a shard with the files spread over `parts` segments; the files in `dead` are dead."""
    contents = sorted(tree.items())
    live_segments = []
    for number in range(parts):
        mine = contents[number::parts]
        if not mine:
            continue
        segment = build(mine)
        table = segment.files
        entry = SegmentEntry("s", 0, len(table), 0, 0, 0, 0, len(segment.chunks))
        alive = np.array([path not in dead for path, _ in mine], bool)
        live_segments.append(LiveSegment(segment, entry.with_live(alive, table)))
    entries = tuple(live.entry for live in live_segments)
    manifest = Manifest(1, "/", 0, "m", "f", DIMENSIONS, "q", "c", "t", {}, segments=entries)
    return Shard(Snapshot(manifest, live_segments))


def bm25_of(shard: Shard, terms: Sequence[str]) -> Bm25:
    """Return the BM25 scores of terms in a shard that is a whole index."""
    postings = TermPostings(shard, terms)
    return Bm25(postings, Statistics.of(shard.snapshot.manifest, postings.counts()))


def sealed(*runs: bytes) -> Segment:
    """Merge runs into a segment."""
    parts = [RunSegment.from_bytes("run", data) for data in runs]
    sink = io.BytesIO()
    merge([(part, np.ones(len(part.files), bool)) for part in parts], sink)
    return Segment.from_bytes("test", sink.getvalue())
