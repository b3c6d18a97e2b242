"""The measurements of `lode bench`: fair samples, percentiles, recall."""

from __future__ import annotations

import itertools
import random
import statistics
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codelode.bench import recall
from codelode.bench.latency import latency, measure, throughput
from codelode.bench.memory import memory_now
from codelode.bench.queries import first_comment, make_queries
from codelode.bench.recall import K, measure_recall, recall_at
from codelode.bench.sample import FileSample, SampledChunk, draw_chunks, draw_groups
from codelode.bench.stages import measure_stages
from codelode.discover.options import WalkOptions
from codelode.index import Index
from codelode.segment.quantizer import quantize
from codelode.system.memory import private_bytes
from codelode.types import SourceFile

WORDS = (
    "retry queue parse config socket buffer index token stream cache lock thread vector merge"
    " commit page frame search rank score header schedule timeout worker batch segment"
).split()


def write_random(root: Path, files: int) -> Path:
    """Write functions of random words, so that no two chunks are alike."""
    rng = random.Random(7)
    root.mkdir()
    for number in range(files):
        lines = []
        for i in range(12):
            first, *others = rng.choices(WORDS, k=12)
            lines += [f"def {first}_{others[0]}_{i}({', '.join(sorted(set(others[1:4])))}):"]
            lines += [f"    # Does {' and '.join(others[4:7])} for the {others[7]}."]
            lines += [f"    return {others[8]}.{others[9]}({others[10]})" for _ in range(12)] + [""]
        (root / f"module_{number:02}.py").write_text("\n".join(lines))
    return root


@pytest.fixture(scope="module")
def indexed(tmp_path_factory: pytest.TempPathFactory) -> Index:
    folder = tmp_path_factory.mktemp("bench")
    index = Index.open(write_random(folder / "tree", 60), index_dir=folder / "index")
    index.update(jobs=1)
    assert index.snapshot().manifest.chunks > 200
    return index


def chunk(text: str, symbol: str | None = None, key: int = 0) -> SampledChunk:
    return SampledChunk(key, "a.py", "python", symbol, text.encode())


# --- samples ---


def test_drawn_chunks_are_what_is_indexed(indexed: Index) -> None:
    snapshot = indexed.snapshot()
    drawn = draw_chunks(snapshot, 50, seed=1)
    assert len({each.key for each in drawn}) == 50
    assert drawn == draw_chunks(snapshot, 50, seed=1)
    assert drawn != draw_chunks(snapshot, 50, seed=2)
    for each in drawn:
        assert each.text in (indexed.root / each.path).read_bytes()
        assert each.language == "python"


def test_groups_cover_every_chunk_once(indexed: Index) -> None:
    snapshot = indexed.snapshot()
    runs = list(draw_groups(snapshot, seed=3))
    drawn = {each.key: each for run in runs for each in run}
    assert len(drawn) == sum(map(len, runs)) == snapshot.manifest.chunks
    assert sorted(drawn) != [each.key for run in runs for each in run]
    for each in draw_chunks(snapshot, 20, seed=0):
        assert drawn[each.key] == each


def test_dead_chunks_are_not_drawn(tmp_path: Path) -> None:
    root = write_random(tmp_path / "tree", 4)
    index = Index.open(root, index_dir=tmp_path / "index")
    index.update(jobs=1)
    (root / "module_02.py").unlink()
    index.update(jobs=1)
    snapshot = index.snapshot()
    drawn = draw_chunks(snapshot, 1000, seed=0)
    assert len(drawn) == snapshot.manifest.chunks == sum(map(len, draw_groups(snapshot, 0)))
    assert {each.path for each in drawn} == {f"module_{i:02}.py" for i in (0, 1, 3)}


@given(st.lists(st.integers(0, 500), max_size=300), st.integers(1, 200), st.integers(0, 9000))
def test_a_sample_of_files_keeps_its_bounds(sizes: list[int], files: int, size: int) -> None:
    walked = [SourceFile(f"{i:03}", each, 0, 0, 0, None) for i, each in enumerate(sizes)]
    sample = FileSample(files, size, seed=5)
    drawn = sample.draw(walked)
    assert drawn == FileSample(files, size, seed=5).draw(walked)
    assert (sample.found, sample.found_bytes) == (len(sizes), sum(sizes))
    assert len(set(drawn)) == len(drawn) <= files
    assert set(drawn) <= set(walked)
    assert len(drawn) == 1 or sum(file.size for file in drawn) <= size
    if walked:
        assert drawn
    if len(sizes) <= files and sum(sizes) <= size:
        assert sorted(drawn, key=lambda file: file.path) == walked


def test_every_part_of_a_tree_can_be_drawn() -> None:
    walked = [SourceFile(f"{i:04}", 1, 0, 0, 0, None) for i in range(4000)]
    seen = {file.path for seed in range(60) for file in FileSample(320, 10**9, seed).draw(walked)}
    assert len(seen) > 3900


def test_samples_and_recall_over_several_segments(
    indexed: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("codelode.pipeline.seal.SEGMENT_CHUNKS", 50)
    monkeypatch.setattr("codelode.pipeline.batch.BATCH_FILES", 5)
    monkeypatch.setattr(
        "codelode.pipeline.update.compact", lambda storage, manifest, budget: manifest
    )
    index = Index.open(indexed.root, index_dir=tmp_path / "index")
    index.update(jobs=1)
    many, one = index.snapshot(), indexed.snapshot()
    assert len(many.segments) > 3
    whole = draw_chunks(many, 10**6, seed=0)
    assert {each.key >> 32 for each in whole} == set(range(len(many.segments)))
    texts = sorted((each.path, each.text) for each in draw_chunks(one, 10**6, seed=0))
    assert sorted((each.path, each.text) for each in whole) == texts
    found, same = (
        measure_recall(snapshot, indexed.encoder(), WORDS, seed=0, duration=60)
        for snapshot in (many, one)
    )
    assert found == same


# --- queries ---


def test_queries_come_from_three_sources() -> None:
    text = "# Copyright of somebody who wrote it.\n# Waits before the next try. More.\nx = 1\n"
    chunks = [chunk(text, "RetryScheduler"), chunk("def parse(common, common_text): rare", "parse")]
    assert make_queries(chunks, 10)[:1] == ["RetryScheduler"]
    assert "Waits before the next try" in make_queries(chunks, 10)
    assert {"RetryScheduler", "parse"} < set(make_queries(chunks, 10))


@pytest.mark.parametrize(
    ("comment", "query"),
    [
        ("// Opens a file for reading.", "Opens a file for reading"),
        ("/* Opens a file for reading */", "Opens a file for reading"),
        ("/**\n * Opens a file for reading; not for\n */", "Opens a file for reading not for"),
        ('"""Opens a file: for reading."""', ""),
        ("-- opens a file for reading", "opens a file for reading"),
        ("#include <stdio.h> and what else is there", ""),
        ("x = 1  # not at the beginning of a line", ""),
        ("# one two", ""),
    ],
)
def test_comments_become_queries(comment: str, query: str) -> None:
    assert first_comment(comment) == query


def test_rare_words_go_before_common_ones() -> None:
    chunks = [chunk(f"shared often {word}") for word in ("alpha", "beta", "gamma", "delta")]
    queries = make_queries(chunks, 4)
    assert all(len(query.split()) <= 4 for query in queries)
    assert any("beta" in query for query in queries)


@pytest.mark.parametrize("text", ["", "{}\n()\n", "\x00\x01", "é\n", "the\n"])
def test_no_text_makes_a_query_that_search_refuses(indexed: Index, text: str) -> None:
    for query in make_queries([chunk(text, text or None)], 5):
        indexed.search(query)


def test_queries_are_distinct_and_no_more_than_asked_for(indexed: Index) -> None:
    chunks = draw_chunks(indexed.snapshot(), 100, seed=0)
    queries = make_queries(chunks, 40)
    assert len(queries) == len(set(queries)) == 40
    assert queries == make_queries(chunks, 100)[:40]
    assert len(make_queries([chunk("# How to do a thing.\n", "thing")], 10)) == 3


# --- latency ---


@given(st.lists(st.floats(1e-6, 10), min_size=1, max_size=200))
def test_percentiles(seconds: list[float]) -> None:
    found = latency(seconds)
    assert found.queries == len(seconds)
    assert found.p50_seconds == pytest.approx(statistics.median(seconds))
    assert found.p95_seconds == pytest.approx(np.quantile(np.sort(seconds), 0.95))
    assert found.max_seconds == max(seconds)
    ordered = [found.p50_seconds, found.p95_seconds, found.p99_seconds, found.max_seconds]
    assert ordered == sorted(ordered)


def test_searches_are_measured_in_turn() -> None:
    asked: list[tuple[str, str]] = []
    ways = {name: lambda query, name=name: asked.append((name, query)) for name in "ab"}
    found = measure(ways, ["one", "two"], duration=5)
    once = [("a", "one"), ("b", "one"), ("a", "two"), ("b", "two")]
    assert asked == [*once, *once]  # the first pass is a warm-up
    assert {name: each.queries for name, each in found.items()} == {"a": 2, "b": 2}


def test_one_query_is_measured_even_without_time() -> None:
    asked: list[str] = []
    found = measure({"a": asked.append}, ["one", "two", "three"], duration=0)
    assert (asked, found["a"].queries) == (["one", "one"], 1)


def test_all_threads_search() -> None:
    asked: list[str] = []
    found = throughput(asked.append, ["a", "b", "c", "d"], threads=4, duration=0)
    assert sorted(asked) == ["a", "b", "c", "d"]
    assert (found.threads, found.queries) == (4, 4)
    assert found.queries_per_second > 0


def test_an_error_in_a_thread_is_raised() -> None:
    def fail(query: str) -> None:
        raise LookupError(query)

    with pytest.raises(LookupError, match="a"):
        throughput(fail, ["a"], threads=2, duration=0)


# --- recall ---


def test_a_search_that_agrees_finds_all() -> None:
    exact = np.random.default_rng(0).normal(size=500)
    rows = np.argsort(-exact)[:100]
    assert recall_at(10, exact, rows, exact[rows]) == 1.0


@pytest.mark.parametrize("missed", range(11))
def test_recall_drops_by_the_share_of_misses(missed: int) -> None:
    exact = np.random.default_rng(0).normal(size=500)
    rows = np.argsort(-exact)[missed : missed + 100]
    assert recall_at(10, exact, rows, exact[rows]) == pytest.approx(1 - missed / 10)


def test_any_of_equal_chunks_counts() -> None:
    exact = np.array([0.9, 0.5, 0.5, 0.5, 0.1])
    for other in (1, 2, 3):
        assert recall_at(2, exact, np.array([0, other]), np.array([2.0, 1.0])) == 1.0


def test_fewer_chunks_than_k() -> None:
    exact = np.array([0.3, 0.2, 0.1])
    assert recall_at(10, exact, np.array([2, 0, 1]), exact[[2, 0, 1]]) == 1.0
    assert recall_at(10, exact, np.array([0]), exact[:1]) == pytest.approx(1 / 3)


@settings(max_examples=50)
@given(
    st.integers(1, 4),
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=6),
)
def test_recall_is_the_mean_over_all_orders(k: int, pairs: list[tuple[int, int]]) -> None:
    """Recall averages over all orders of tied results; chunks tied with the k-th nearest count."""
    exact = np.array([pair[0] for pair in pairs], float)
    scores = np.array([pair[1] for pair in pairs], float)
    rows = np.arange(len(pairs))
    size = min(k, len(pairs))
    least = sorted(exact, reverse=True)[size - 1]
    shares = []
    for order in itertools.permutations(rows.tolist()):
        shown = sorted(order, key=lambda row: -scores[row])[:size]
        shares.append(sum(exact[row] >= least for row in shown) / size)
    assert recall_at(k, exact, rows, scores) == pytest.approx(statistics.mean(shares))


def test_recall_of_an_index(indexed: Index) -> None:
    snapshot = indexed.snapshot()
    queries = make_queries(draw_chunks(snapshot, 50, seed=0), 50)
    found = measure_recall(snapshot, indexed.encoder(), queries, seed=0, duration=60)
    assert found is not None
    assert (found.k, found.queries) == (K, 50)
    assert found.chunks == found.of_chunks == snapshot.manifest.chunks
    assert 0.95 < found.scan <= 1
    assert 0.95 < found.recall <= found.among_candidates <= 1


def test_exact_scores_are_products_in_float64(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recall, "ROWS_AT_ONCE", 7)
    rows, asked = np.random.default_rng(0).normal(size=(2, 30, 5)).astype(np.float32)
    found = recall.Vectors(np.arange(30), rows).scores(asked[:4])
    np.testing.assert_allclose(found, asked[:4].astype(np.float64) @ rows.astype(np.float64).T)


def test_bad_codes_lower_recall(indexed: Index) -> None:
    """The exact vectors come from the texts and do not depend on the codes."""
    broken = Index.open(indexed.root, index_dir=indexed.directory).snapshot()
    for live in broken.segments:
        live.segment.codes = live.segment.codes[::-1].copy()
    found = measure_recall(broken, indexed.encoder(), WORDS, seed=0, duration=60)
    assert found is not None
    assert found.recall < 0.5


def test_recall_without_time_covers_a_part(indexed: Index) -> None:
    found = measure_recall(indexed.snapshot(), indexed.encoder(), WORDS, seed=0, duration=0)
    assert found is not None
    assert found.queries == 1
    assert 0 < found.chunks < found.of_chunks


def test_queries_without_a_vector_give_no_recall(indexed: Index) -> None:
    snapshot, encoder = indexed.snapshot(), indexed.encoder()
    assert measure_recall(snapshot, encoder, [], seed=0, duration=1) is None
    assert not encoder.encode_query("()").any()
    assert measure_recall(snapshot, encoder, ["()"], seed=0, duration=1) is None


def test_embedding_again_gives_the_same_vectors(indexed: Index) -> None:
    """Recall would measure more than quantization if the vectors differed."""
    from codelode.bench.recall import _embed

    snapshot = indexed.snapshot()
    vectors = _embed(snapshot, indexed.encoder(), seed=0, deadline=np.inf)
    made = quantize(vectors.rows)
    (segment,) = [live.segment for live in snapshot.segments]
    ordinals = vectors.keys & 0xFFFFFFFF
    assert (made.codes == segment.codes[ordinals]).all()
    assert (made.residuals == segment.residuals(ordinals)).all()
    assert (made.scales == segment.scales[ordinals]).all()


# --- stages and memory ---


def test_stages_index_as_updates_do(indexed: Index) -> None:
    found = measure_stages(indexed.root, indexed.encoder(), WalkOptions(), 1000, 0, duration=60)
    assert found is not None
    assert (found.files, found.found_files, found.whole_tree) == (60, 60, True)
    assert found.chunks == indexed.snapshot().manifest.chunks
    assert found.bytes == found.found_bytes
    assert found.index_bytes == pytest.approx(indexed.snapshot().manifest.index_bytes, rel=0.2)
    assert [stage.name for stage in found.stages[:2]] == ["read", "chunk"]
    assert {"tokenize", "embed", "build", "seal"} <= {stage.name for stage in found.stages}
    assert sum(stage.share for stage in found.stages) == pytest.approx(1)


def test_stages_without_time_index_one_batch(indexed: Index) -> None:
    found = measure_stages(indexed.root, indexed.encoder(), WalkOptions(), 1000, 0, duration=0)
    assert found is not None
    assert not found.whole_tree
    assert found.files == 1


def test_a_tree_without_files_gives_no_stages(indexed: Index, tmp_path: Path) -> None:
    assert measure_stages(tmp_path, indexed.encoder(), WalkOptions(), 10, 0, 1.0) is None


def test_private_memory_excludes_pages_of_files(tmp_path: Path) -> None:
    before = private_bytes()
    if before is None:
        pytest.skip("no /proc/self/smaps_rollup")
    size = 64 << 20
    (tmp_path / "file").write_bytes(bytes(range(256)) * (size // 256))
    mapped = np.memmap(tmp_path / "file", np.uint8, "r")
    assert mapped.sum() > 0
    with_file = memory_now(mapped=5)
    assert with_file.mapped_bytes == 5
    assert with_file.private_bytes is not None
    assert with_file.private_bytes < before + size // 2
    ours = np.ones(size, np.uint8)
    with_array = memory_now(mapped=5)
    assert with_array.private_bytes is not None
    assert with_array.private_bytes > with_file.private_bytes + size // 2
    assert with_array.peak_resident_bytes >= ours.nbytes + mapped.nbytes
