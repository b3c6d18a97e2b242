"""The stages of indexing, each by itself, in one process."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from codelode.chunk.chunker import chunk
from codelode.discover.language import language_of
from codelode.discover.options import MAX_FILE_SIZE
from codelode.discover.read import read
from codelode.discover.walk import walk
from codelode.pipeline.batch import BatchIndexer
from codelode.segment.merge import merge
from codelode.segment.run import RunSegment
from codelode.text.word_counts import count_words
from codelode.types import Document, Passages

if TYPE_CHECKING:
    from benchmarks.speed.conftest import Library
    from codelode.embed.encoder import Encoder

SAMPLES = Path(__file__).parent.parent.parent / "tests" / "chunk_samples"
LANGUAGES = sorted(path.suffix[1:] for path in SAMPLES.iterdir() if path.suffix != ".outline")
SAMPLE_BYTES = 200_000  # the sample of each language is repeated up to this size


def test_walk(benchmark: BenchmarkFixture, library: Library) -> None:
    found = benchmark(lambda: sum(1 for _ in walk(library.root)))
    benchmark.extra_info["items"] = found


def test_read(benchmark: BenchmarkFixture, library: Library) -> None:
    benchmark.extra_info["bytes"] = library.bytes
    benchmark(lambda: [read(library.root, file) for file in library.files])


@pytest.mark.parametrize("suffix", LANGUAGES)
def test_chunk(benchmark: BenchmarkFixture, suffix: str) -> None:
    path = SAMPLES / f"sample.{suffix}"
    text = path.read_bytes()
    document = Document(path.name, language_of(path.name), text, "utf-8", bytes(16))
    times = max(1, SAMPLE_BYTES // len(text))
    benchmark.extra_info["bytes"] = times * len(text)
    benchmark(lambda: [chunk(document) for _ in range(times)])


def test_chunk_library(benchmark: BenchmarkFixture, library: Library) -> None:
    benchmark.extra_info["bytes"] = library.bytes
    benchmark(lambda: [chunk(document) for document in library.documents])


def test_tokenize(benchmark: BenchmarkFixture, library: Library) -> None:
    benchmark.extra_info["bytes"] = sum(map(len, library.texts))
    benchmark(lambda: count_words(library.texts).parts)


def test_embed(benchmark: BenchmarkFixture, library: Library, encoder: Encoder) -> None:
    benchmark.extra_info["bytes"] = sum(map(len, library.texts))
    passages = Passages(library.paths, library.texts, count_words(library.texts))
    benchmark(encoder.encode_passages, passages)


def test_batch(benchmark: BenchmarkFixture, library: Library, encoder: Encoder) -> None:
    """Run the stages of a batch together, as a worker does: read, chunk, tokenize, embed, build."""
    indexer = BatchIndexer(library.root, encoder, MAX_FILE_SIZE)
    benchmark.extra_info["bytes"] = library.bytes
    benchmark(lambda: [indexer.index(part) for part in library.parts()])


def test_merge(benchmark: BenchmarkFixture, library: Library, encoder: Encoder) -> None:
    """Merge runs into one segment."""
    indexer = BatchIndexer(library.root, encoder, MAX_FILE_SIZE)
    runs = [indexer.index(part).data for part in library.parts()]
    benchmark.extra_info["bytes"] = sum(map(len, runs))

    def seal() -> None:
        segments = [RunSegment.from_bytes("run", data) for data in runs]
        merge([(one, np.ones(len(one.files), bool)) for one in segments], io.BytesIO())

    benchmark(seal)
