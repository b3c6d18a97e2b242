"""Optimizations do not change results: pruning, threads and caches against the plain method."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from codelode.chunked import ChunkedDocument, DefinitionColumns
from codelode.discover.glob import GlobSet
from codelode.errors import UsageError
from codelode.search import candidates, dense, lexical, parallel_scan
from codelode.search.candidates import (
    Candidates,
    FindPlaces,
    Places,
    TopK,
    chunk_keys,
    split_keys,
)
from codelode.search.dense import dense_candidates
from codelode.search.file_roles import ROLES, roles_of_files, roles_of_path
from codelode.search.filters import Allowed, Mask, chunk_masks
from codelode.search.name_match import share_of_name, shares_of_paths
from codelode.search.parallel_scan import shared_out
from codelode.search.rank import choose
from codelode.search.shard import Shard
from codelode.search.tree_part import TreePart
from codelode.segment.builder import SegmentBuilder
from codelode.segment.quantizer import SCALE_UNIT, scan_codes
from codelode.segment.reader import Segment
from codelode.store.manifest import Manifest, SegmentEntry
from codelode.store.snapshot import LiveSegment, Snapshot
from codelode.text.tokens import term_hash, text_parts
from codelode.text.word_counts import WordCounts, spelled
from codelode.types import Chunk, Document, SourceFile
from tests.segments import bm25_of, sealed

WORDS = [b"common", b"often", b"some", b"few", b"rare", b"once"]
SHARES = (0.9, 0.7, 0.6, 0.5, 0.1, 0.02)
DIMENSIONS = 8

seeds = st.integers(0, 2**32 - 1)


def random_segment(random: np.random.Generator, files: int, first: int) -> Segment:
    """Return a segment of small files; each of `WORDS` is in about its share of the chunks."""
    builder = SegmentBuilder()
    for number in range(first, first + files):
        count = int(random.integers(1, 6))
        path = f"{'ab'[number % 2]}/{number}.{'ch'[number // 2 % 2]}"
        text = b"text\n" * count
        chunks = [Chunk(5 * i, 5 * i + 5, i + 1, i + 1) for i in range(count)]
        file = SourceFile(path, len(text), 1, 1, number, "c")
        chunked = ChunkedDocument(chunks, DefinitionColumns())
        builder.add(file, Document(path, "c", text, "utf-8", bytes(16)), chunked)
    rows = len(builder.texts)
    present = random.random((rows, len(WORDS))) < SHARES
    present[:, 0] |= ~present.any(axis=1)
    counts = random.geometric(0.5, present.shape)[present].astype(np.int32)
    indptr = np.concatenate(([0], np.cumsum(present.sum(axis=1)))).astype(np.int64)
    words = WordCounts(spelled(WORDS), indptr, np.nonzero(present)[1].astype(np.int32), counts)
    vectors = random.normal(size=(rows, DIMENSIONS)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return sealed(builder.finish(words, vectors))


def random_shard(seed: int, parts: int, dead: float = 0.1) -> Shard:
    random = np.random.default_rng(seed)
    live = []
    for part in range(parts):
        segment = random_segment(random, int(random.integers(1, 60)), part * 1000)
        table = segment.files
        entry = SegmentEntry("s", 0, len(table), 0, 0, 0, 0, len(segment.chunks))
        alive = random.random(len(table)) >= dead * random.integers(0, 2)
        live.append(LiveSegment(segment, entry.with_live(alive, table)))
    entries = tuple(one.entry for one in live)
    manifest = Manifest(1, "/", 0, "m", "f", DIMENSIONS, "q", "c", "t", {}, segments=entries)
    return Shard(Snapshot(manifest, live))


def plain_best(
    scores: list[NDArray[np.float32]], k: int, find_places: FindPlaces
) -> dict[tuple[int, int], float]:
    """Return the k best by sorting everything; path hash and then start decide ties."""
    rows = []
    for number, row in enumerate(scores):
        paths, starts = find_places(number, np.arange(len(row)))
        for i, score in enumerate(row.tolist()):
            rows.append((-score, int(paths[i]), int(starts[i]), number, i))
    return {(number, i): -score for score, _, _, number, i in sorted(rows)[:k] if score < np.inf}


def as_dict(found: Candidates) -> dict[tuple[int, int], float]:
    rows = zip(found.segments.tolist(), found.ordinals.tolist(), found.scores.tolist(), strict=True)
    return {(number, ordinal): score for number, ordinal, score in rows}


def only(mask: Mask, scores: NDArray[np.float32]) -> NDArray[np.float32]:
    if mask is None:
        return scores
    allowed = mask.mask if len(mask) else np.zeros(len(scores), bool)
    return np.where(allowed, scores, np.float32(-np.inf))


@settings(max_examples=200, deadline=None)
@given(
    seeds,
    st.integers(1, 4),
    st.integers(1, 30),
    st.lists(
        st.sampled_from([word.decode() for word in WORDS] + ["absent"]), min_size=1, unique=True
    ),
    st.sampled_from([None, ["a"], ["*.h"], ["!b"], ["a/1*"]]),
    st.sampled_from([0, 0, 1, 8, 10**9]),
)
def test_pruned_bm25_is_bm25_bit_by_bit(
    seed: int,
    parts: int,
    k: int,
    query: list[str],
    globs: list[str] | None,
    postings_per_lookup: int,
) -> None:
    shard = random_shard(seed, parts)
    masks = chunk_masks(shard, None, globs)
    bm25 = bm25_of(shard, query)
    plain = []
    for number, live in enumerate(shard.snapshot.segments):
        scores = np.zeros(len(live.segment.chunks), np.float32)
        for term, idf in zip(query, bm25.idf, strict=True):
            listed, counts = live.segment.posting(term_hash(term))
            norms = bm25.length_norms(number)[listed]
            frequencies = counts.astype(np.float32)
            scores[listed] += np.float32(idf * 2.2) * frequencies / (frequencies + norms)
        plain.append(only(masks[number], np.where(scores > 0, scores, np.float32(-np.inf))))
    with patch.object(lexical, "_POSTINGS_PER_LOOKUP", postings_per_lookup):
        found = bm25.best(masks, k)
    assert as_dict(found) == plain_best(plain, k, shard.places)


@given(seeds, st.integers(1, 5), st.integers(1, 12), st.booleans(), st.sampled_from([1, 3, 128]))
@settings(max_examples=200, deadline=None)
def test_the_best_k_with_ties_cut_by_place(
    seed: int, parts: int, k: int, given_ordinals: bool, block: int
) -> None:
    random = np.random.default_rng(seed)
    scores = [
        random.integers(0, 6, int(random.integers(0, 40))).astype(np.float32) for _ in range(parts)
    ]
    for row in scores:
        row[random.random(len(row)) < 0.2] = -np.inf
    # Distinct places, many of them in the same file.
    order = random.permutation(sum(map(len, scores)))
    ends = np.cumsum([0, *map(len, scores)])

    def find_places(number: int, ordinals: NDArray[np.int64]) -> Places:
        mine = order[ends[number] : ends[number + 1]][ordinals]
        return (mine // 7).astype(np.uint64), (mine % 7).astype(np.uint32)

    best = TopK(k, find_places)
    for number in random.permutation(parts).tolist():
        ordinals = np.arange(len(scores[number])) if given_ordinals else None
        with patch.object(candidates, "_BLOCK", block):
            best.offer(number, scores[number], ordinals)
    assert as_dict(best.result()) == plain_best(scores, k, find_places)


@settings(max_examples=60, deadline=None)
@given(
    seeds,
    st.integers(1, 4),
    st.integers(1, 20),
    st.sampled_from([None, ["a"], ["*.h"], ["a/1*"]]),
    st.sampled_from([(0, 0), (10**6, 0), (10**6, 10**6), (150, 1)]),
    st.booleans(),
)
def test_all_ways_of_scanning_agree(
    seed: int,
    parts: int,
    k: int,
    globs: list[str] | None,
    costs: tuple[int, int],
    threads: bool,
) -> None:
    """Scans of ranges of rows, copied rows, or all rows agree, with and without idle cores."""
    shard = random_shard(seed, parts)
    masks = chunk_masks(shard, None, globs)
    vector = np.random.default_rng(seed).normal(size=DIMENSIONS).astype(np.float32)
    codes, step = scan_codes(vector)
    plain = []
    for live, mask in zip(shard.snapshot.segments, masks, strict=True):
        products = live.segment.codes.astype(np.int64) @ codes[0].astype(np.int64)
        row = products.astype(np.float32) * live.segment.scales * (step * SCALE_UNIT)
        plain.append(only(mask, row))
    with (
        patch.object(dense, "_ROWS_PER_RUN", costs[0]),
        patch.object(dense, "_ROWS_PER_COPY", costs[1]),
        patch.object(dense, "SHARED_ROWS", 0 if threads else 1 << 30),
        patch.object(parallel_scan, "CORES", 3),
    ):
        found = dense_candidates(shard, vector, masks, k)
    assert as_dict(found) == plain_best(plain, k, shard.places)


@pytest.mark.parametrize("helped", [False, True])
def test_shared_work_is_done_once_and_before_the_block_ends(helped: bool) -> None:
    done: list[int] = []
    with (
        patch.object(parallel_scan, "CORES", 4),
        shared_out(done.append, range(500), helpers=4 * helped),
    ):
        pass
    assert sorted(done) == list(range(500))


def test_a_helper_makes_a_call_unless_it_is_withdrawn_first() -> None:
    helpers = parallel_scan._Helpers()
    may_end, done = threading.Event(), []
    (first,) = helpers.ask(may_end.wait, 1)
    (second,) = helpers.ask(lambda: done.append(2), 1)  # waits for the only helper
    assert second.end() is None
    may_end.set()
    assert first.end() is None
    (third,) = helpers.ask(lambda: done.append(3), 1)
    while not done:
        time.sleep(0.001)
    assert third.end() is None
    assert done == [3]
    assert helpers._threads == 1


def test_shared_work_may_be_shared_out_again() -> None:
    done: list[int] = []
    with (
        patch.object(parallel_scan, "CORES", 2),
        shared_out(done.append, range(100), helpers=1),
    ):
        with shared_out(done.append, range(100, 200), helpers=1):
            pass
        assert set(range(100, 200)) <= set(done)
    assert sorted(done) == list(range(200))
    assert parallel_scan._searches == 0


def test_many_queries_share_the_cores() -> None:
    """Concurrent scans must not deadlock when no helper is free."""
    done: list[int] = []

    def query(number: int) -> None:
        items = range(number * 100, number * 100 + 100)
        with shared_out(done.append, items, helpers=4):
            pass

    with patch.object(parallel_scan, "CORES", 4):
        threads = [threading.Thread(target=query, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(done) == list(range(800))
    assert parallel_scan._searches == 0


@pytest.mark.parametrize("helped", [False, True])
def test_errors_of_shared_work_are_raised(helped: bool) -> None:
    def fail(item: int) -> None:
        if item == 7:
            raise LookupError("seven")

    with (
        patch.object(parallel_scan, "CORES", 4),
        pytest.raises(LookupError, match="seven"),
        shared_out(fail, range(100), helpers=4 * helped),
    ):
        pass
    assert parallel_scan._searches == 0


def test_nothing_runs_after_the_block_has_failed() -> None:
    done: list[int] = []
    with (
        patch.object(parallel_scan, "CORES", 4),
        pytest.raises(KeyError),
        shared_out(done.append, range(10**6), helpers=4),
    ):
        raise KeyError
    count = len(done)
    assert count < 10**6
    time.sleep(0.01)
    assert len(done) == count


@settings(max_examples=40, deadline=None)
@given(seeds, st.sampled_from([["a"], ["!a"], ["*.c", "!b/*"], ["none"]]), st.booleans())
def test_a_filter_is_computed_once_and_correctly(seed: int, globs: list[str], below: bool) -> None:
    shard = random_shard(seed, 3)
    folder = "a/" if below else ""
    if below:
        globs = ["*.c"]
    part = TreePart((folder,))
    masks = chunk_masks(shard, None, globs, part)
    assert chunk_masks(shard, None, list(globs), TreePart.of([folder])) is masks
    assert chunk_masks(shard, ["c"], globs, part) is not masks
    wanted = GlobSet(globs).matches
    for live, mask in zip(shard.snapshot.segments, masks, strict=True):
        segment = live.segment
        files = [
            live.files[row]
            and segment.path(row).startswith(folder)
            and wanted(segment.path(row).removeprefix(folder))
            for row in range(len(segment.files))
        ]
        expected = np.array(files, bool)[segment.chunks["file"]]
        got = only(mask, np.ones(len(expected), np.float32)) > 0
        assert (got == expected).all()
        if mask is not None and len(mask):
            assert mask.ordinals.tolist() == np.flatnonzero(expected).tolist()
            starts_and_stops = [range(*run) for run in mask.runs.tolist()]
            assert [i for run in starts_and_stops for i in run] == mask.ordinals.tolist()


def test_a_bad_glob_is_an_error_every_time() -> None:
    shard = random_shard(1, 1)
    for _ in range(2):
        with pytest.raises(UsageError):
            chunk_masks(shard, None, ["{a"])


@given(st.lists(st.tuples(st.integers(0, 2**31 - 1), st.integers(0, 2**16 - 1))))
def test_keys_are_split_into_their_parts(pairs: list[tuple[int, int]]) -> None:
    segments, ordinals = np.array(pairs, np.int64).reshape(-1, 2).T
    keys = chunk_keys(segments, ordinals)
    assert [part.tolist() for part in split_keys(keys)] == [segments.tolist(), ordinals.tolist()]
    by_key = [pair for _, pair in sorted(zip(keys.tolist(), pairs, strict=True))]
    assert by_key == sorted(pairs)


PATH_WORDS = (
    "test", "Tests", "spec", "fooTest", "test_x", "x_test", "conftest", "docs", "Example", "gen",
    "a.gen.b", "min.js", "x.min.js", "d.ts", "__init__.py", "__init__", "lib.rs", "lib.rs.py",
    "vendor", "third-party", "third_party", "x_pb2.py", "getName", "HTTPServer.c", "é", "ÉcoleX",
    "a", "", "story.", "x.stories.ts", "bench", "\n", "x.test.js\n", "İx",
)  # fmt: skip


@settings(max_examples=500, deadline=None)
@given(
    st.lists(
        st.lists(st.sampled_from(PATH_WORDS), min_size=1, max_size=5).map("/".join), max_size=3
    ),
    st.dictionaries(
        st.sampled_from(["test", "name", "get", "é", "école", "x", "http", "a", "i", "ab"]),
        st.sampled_from([0.0, 0.25, 0.5]),
        max_size=4,
    ),
)
def test_words_near_terms_are_all_that_count(paths: list[str], weights: dict[str, float]) -> None:
    """The shortcut over joined paths must equal splitting each path into words."""

    def share(text: str) -> tuple[float, float]:
        words = set(text_parts(text))
        common = [weight for word, weight in weights.items() if word in words]
        return sum(common), len(common) / max(1, len(words))

    shares = [share(path) for path in paths]
    assert [share_of_name(path, weights) for path in paths] == shares
    held = np.array([of_query for of_query, _ in shares], np.float32)
    assert (shares_of_paths([path.encode() for path in paths], weights) == held).all()


@given(st.lists(st.sampled_from(PATH_WORDS), min_size=1, max_size=5).map("/".join))
def test_folder_and_name_have_the_roles_of_the_whole_path(path: str) -> None:
    bits = [bool(roles_of_path(path.encode()) >> i & 1) for i in range(len(ROLES))]
    assert bits == [it.search(path) is not None for it in ROLES.values()]


def test_the_roles_of_files_are_remembered() -> None:
    known = np.zeros(9, np.uint8)
    paths = [b"test/a.c", b"b.c", b"docs/c.d.ts"]
    files = np.array([5, 0, 2], np.uint16)
    roles = roles_of_files(known, files, paths)
    assert (roles & 0x0F).tolist() == [roles_of_path(path) for path in paths]
    again = roles_of_files(known, files[::-1], [b"not looked at"] * 3)
    assert again.tolist() == roles[::-1].tolist()


@given(
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 9)), max_size=40),
    st.integers(1, 50),
    st.sampled_from([0.0, 0.5, 4.0, 1000.0]),
)
def test_better_chunks_of_a_file_cost_the_others(
    rows: list[tuple[int, int]], limit: int, discount: float
) -> None:
    files = np.array([file for file, _ in rows], np.int64)
    scores = np.array([score for _, score in rows], np.float32)
    better: dict[int, int] = {}
    reduced = []
    for place, row in enumerate(sorted(range(len(rows)), key=lambda row: -rows[row][1])):
        file, score = rows[row]
        reduced.append((discount * np.log2(1 + better.get(file, 0)) - score, place, row))
        better[file] = better.get(file, 0) + 1
    plain = [row for *_, row in sorted(reduced)][:limit]
    assert choose(files, scores, limit, discount).tolist() == plain


def test_an_empty_mask_allows_nothing() -> None:
    nothing = Allowed.of(np.zeros(3, bool))
    assert len(nothing) == 0
    assert nothing.keep(np.array([0, 1])).tolist() == []


def test_threads_that_search_one_snapshot_find_the_same() -> None:
    """Threads share lazily built columns."""
    vector = np.full(DIMENSIONS, 0.3, np.float32)
    query = [word.decode() for word in WORDS]

    def search(shard: Shard) -> list[dict[tuple[int, int], float]]:
        masks = chunk_masks(shard, None, ["a"])
        return [
            as_dict(bm25_of(shard, query).best(masks, 5)),
            as_dict(dense_candidates(shard, vector, masks, 5)),
        ]

    expected = search(random_shard(3, 4))
    with ThreadPoolExecutor(8) as pool:
        for _ in range(10):
            shard = random_shard(3, 4)
            assert list(pool.map(search, [shard] * 8)) == [expected] * 8
