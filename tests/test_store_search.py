"""The legs of a search, compared with the simplest possible implementation."""

from __future__ import annotations

import sys
from collections import Counter
from itertools import pairwise
from math import log1p
from pathlib import Path

import numpy as np
import pytest
import xxhash
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import codelode
from codelode.chunk.chunker import chunk
from codelode.embed.load import load
from codelode.search.dense import cosines, dense_candidates
from codelode.search.filters import chunk_masks
from codelode.search.request import Mode
from codelode.search.shard import Shard
from codelode.segment.quantizer import quantize
from codelode.segment.reader import Segment
from codelode.store.manifest import Manifest, SegmentEntry
from codelode.store.snapshot import LiveSegment, Snapshot
from codelode.text.word_counts import count_words
from codelode.types import Document, Passages
from tests.plain_terms import text_terms
from tests.segments import DIMENSIONS, bm25_of, build, shard_of, vectors_of

WORDS = ("alpha", "beta", "gamma", "delta", "getName", "set_name", "HTTPServer", "x", "42", "é")
SOURCES = Path(codelode.__file__).parent
K1, B = 1.2, 0.75

Scores = dict[tuple[str, int], float]

lines = st.lists(st.sampled_from(WORDS), min_size=1, max_size=8).map(" ".join)
texts = st.lists(lines, min_size=1, max_size=40).map(lambda rows: "\n".join(rows).encode())
paths = st.text(alphabet="abcdxyz", min_size=1, max_size=6)
trees = st.dictionaries(paths, texts, min_size=1, max_size=8)
layouts = st.integers(1, 3)


def chunks_of(path: str, text: bytes) -> list[tuple[str, int, str]]:
    pieces = chunk(Document(path, "python" if path < "b" else None, text, "utf-8", b"")).chunks
    return [(path, piece.start, text[piece.start : piece.end].decode()) for piece in pieces]


def naive_bm25(chunks: list[tuple[str, int, str]], query: list[str]) -> Scores:
    """Compute BM25 by its textbook formula over all chunks."""
    bags = {(path, start): Counter(text_terms(text)) for path, start, text in chunks}
    average = max(1.0, sum(bag.total() for bag in bags.values()) / max(1, len(bags)))
    scores: Scores = {}
    for key, bag in bags.items():
        score = 0.0
        for term in dict.fromkeys(query):
            frequency = sum(term in other for other in bags.values())
            idf = log1p((len(bags) - frequency + 0.5) / (frequency + 0.5))
            norm = K1 * (1 - B + B * bag.total() / average)
            score += idf * (K1 + 1) * bag[term] / (bag[term] + norm) if bag[term] else 0.0
        if score > 0:
            scores[key] = score
    return scores


def found(shard: Shard, query: list[str], globs: list[str] | None) -> dict[tuple[str, int], float]:
    masks = chunk_masks(shard, None, globs)
    best = bm25_of(shard, query).best(masks, 10_000)
    result: Scores = {}
    rows = zip(best.segments.tolist(), best.ordinals.tolist(), best.scores.tolist(), strict=True)
    for number, ordinal, score in rows:
        segment = shard.snapshot.segments[number].segment
        row = segment.chunks[ordinal]
        result[segment.path(int(row["file"])), int(row["start"])] = score
    return result


@settings(max_examples=60, deadline=None)
@given(trees, st.sets(paths, max_size=4), layouts, st.sets(st.sampled_from(WORDS), max_size=4))
def test_the_lexical_leg_is_bm25_over_live_chunks(
    tree: dict[str, bytes], dead: set[str], parts: int, words: set[str]
) -> None:
    query = list(dict.fromkeys(term for word in sorted(words) for term in text_terms(word)))
    live = [c for path, text in tree.items() if path not in dead for c in chunks_of(path, text)]
    expected = naive_bm25(live, query)
    got = found(shard_of(tree, dead, parts), query, None)
    assert got.keys() == expected.keys()
    for key, score in got.items():
        assert score == pytest.approx(expected[key], abs=1e-4)
    ranked = sorted(expected, key=lambda key: -expected[key])
    for better, worse in pairwise(ranked):
        if expected[better] - expected[worse] > 1e-4:
            assert got[better] > got[worse]


@settings(max_examples=30, deadline=None)
@given(trees, st.sets(paths, max_size=4), layouts)
def test_a_filter_decides_before_the_best_are_chosen(
    tree: dict[str, bytes], dead: set[str], parts: int
) -> None:
    query = text_terms("alpha name")
    shard = shard_of(tree, dead, parts)
    wanted = {
        key: score for key, score in found(shard, query, None).items() if key[0].startswith("a")
    }
    masks = chunk_masks(shard, None, ["a*"])
    best = bm25_of(shard, query).best(masks, 1)
    assert found(shard, query, ["a*"]) == wanted
    assert bool(len(best)) == bool(wanted)
    if wanted:
        assert best.scores[0] == max(wanted.values())


def exact(shard: Shard, vector: NDArray[np.float32]) -> list[tuple[float, str]]:
    """Return float32 cosines of all live chunks, from vectors before quantization."""
    rows = []
    for live in shard.snapshot.segments:
        segment = live.segment
        for row in segment.chunks:
            file = int(row["file"])
            if live.files[file]:
                text = segment.text(file, int(row["start"]), int(row["start"] + row["length"]))
                rows.append((float(vectors_of([text])[0] @ vector), text.decode()))
    return sorted(rows, reverse=True)


@settings(max_examples=30, deadline=None)
@given(trees, st.sets(paths, max_size=4), layouts, st.integers(0, 10**6))
def test_the_dense_leg_scores_every_live_chunk(
    tree: dict[str, bytes], dead: set[str], parts: int, seed: int
) -> None:
    vector = np.random.default_rng(seed).normal(size=DIMENSIONS).astype(np.float32)
    vector /= np.linalg.norm(vector)
    shard = shard_of(tree, dead, parts)
    masks = chunk_masks(shard, None, None)
    best = dense_candidates(shard, vector, masks, 10_000)
    expected = exact(shard, vector)
    assert len(best) == len(expected)
    # Quantization changes each component of row and query by at most half a step.
    np.testing.assert_allclose(best.scores, [score for score, _ in expected], atol=0.02)
    only = dense_candidates(shard, vector, chunk_masks(shard, None, ["a*"]), 1)
    paths_found = [shard.snapshot.segments[int(only.segments[i])].segment for i in range(len(only))]
    for segment, ordinal in zip(paths_found, only.ordinals, strict=True):
        assert segment.path(int(segment.chunk_files[ordinal])).startswith("a")


@given(trees, st.integers(0, 10**6))
@settings(max_examples=20, deadline=None)
def test_a_cosine_does_not_depend_on_other_rows(tree: dict[str, bytes], seed: int) -> None:
    vector = np.random.default_rng(seed).normal(size=DIMENSIONS).astype(np.float32)
    vector /= np.linalg.norm(vector)
    for live in shard_of(tree, set(), 1).snapshot.segments:
        segment, ordinals = live.segment, np.arange(len(live.segment.chunks))
        together = cosines(segment, ordinals, vector)
        for ordinal in ordinals.tolist():
            assert cosines(segment, np.array([ordinal]), vector)[0] == together[ordinal]
        for score, text in zip(together, segment_texts(segment), strict=True):
            assert abs(score - vectors_of([text])[0] @ vector) < 0.005


def segment_texts(segment: Segment) -> list[bytes]:
    return [
        segment.text(int(c["file"]), int(c["start"]), int(c["start"] + c["length"]))
        for c in segment.chunks
    ]


def test_int8_finds_what_float32_finds() -> None:
    """Measure recall@10 with the bundled model over the text of this package."""
    encoder = load(None)
    pieces = [
        (name, text)
        for path in sorted(SOURCES.rglob("*.py"))
        for name, _, text in chunks_of(str(path.relative_to(SOURCES)), path.read_bytes())
    ]
    names, texts = [name for name, _ in pieces], [text.encode() for _, text in pieces]
    rows = encoder.encode_passages(Passages(names, texts, count_words(texts)))
    shard = _dense_only(rows)
    recalls = []
    for _, text in pieces[::7]:
        vector = encoder.encode_query(" ".join(text.split()[:12]))
        true = set(np.argsort(-(rows @ vector), kind="stable")[:10].tolist())
        best = dense_candidates(shard, vector, [None], 100)
        scores = cosines(shard.snapshot.segments[0].segment, best.ordinals, vector)
        top = best.ordinals[np.argsort(-scores, kind="stable")][:10]
        recalls.append(len(true & set(top.tolist())) / 10)
    assert len(recalls) > 50
    assert np.mean(recalls) >= 0.99


def _dense_only(rows: NDArray[np.float32]) -> Shard:
    segment = build([("a", b"x = 1\n")])
    quantized = quantize(rows)
    segment.codes, segment.scales = quantized.codes, quantized.scales
    segment.residuals = lambda chunks: quantized.residuals[chunks]  # type: ignore[method-assign]
    entry = SegmentEntry("s", 0, 1, 1, len(rows), 1, 1, len(rows))
    manifest = Manifest(1, "/", 0, "m", "f", 256, "q", "c", "t", {}, segments=(entry,))
    return Shard(Snapshot(manifest, [LiveSegment(segment, entry)]))


def test_a_scan_keeps_reference_counts() -> None:
    """Each call of `simsimd.cdist(out=)` drops a reference to None, until the interpreter dies."""
    shard = shard_of({"a": b"alpha\n"}, set(), 1)
    vector = np.full(DIMENSIONS, 0.25, np.float32)
    before = sys.getrefcount(None)
    for _ in range(500):
        dense_candidates(shard, vector, [None], 10)
    assert sys.getrefcount(None) > before - 250


@pytest.mark.parametrize("parts", [1, 3])
@pytest.mark.parametrize("mode", ["semantic", "lexical"])
def test_identical_files_are_limited_to_the_candidates_of_a_leg(mode: Mode, parts: int) -> None:
    """Which files are found must not depend on how they are spread over segments."""
    names = [f"dir{number}/same" for number in range(3000)]
    shard = shard_of(dict.fromkeys(names, b"alpha beta"), set(), parts)
    vector = vectors_of([b"alpha beta"])[0]
    masks = chunk_masks(shard, None, None)
    if mode == "semantic":
        best = dense_candidates(shard, vector, masks, 100)
    else:
        best = bm25_of(shard, ["alpha"]).best(masks, 100)
    found = {
        shard.snapshot.segments[number].segment.path(int(ordinal))
        for number, ordinal in zip(best.segments.tolist(), best.ordinals.tolist(), strict=True)
    }
    by_hash = sorted(names, key=lambda name: xxhash.xxh3_64_intdigest(name.encode()))
    assert found == set(by_hash[:100])
