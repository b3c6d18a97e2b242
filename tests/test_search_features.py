"""The features of the ranker, each against a plain reference or by hand."""

from __future__ import annotations

from dataclasses import replace
from itertools import accumulate
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from codelode import Index
from codelode.errors import UsageError
from codelode.search.as_written import fill_as_written
from codelode.search.candidate_files import CandidateFiles, sampled_chunks
from codelode.search.context import QueryContext, Statistics
from codelode.search.dense import Products, dense_scan
from codelode.search.file_means import mean_cosines
from codelode.search.gather import gather
from codelode.search.lexical import TermPostings
from codelode.search.name_match import likeness_of_stems, shares_of_symbols
from codelode.search.parsed_query import parse_query
from codelode.search.query_words import QueryWords, light_stem, likeness
from codelode.search.request import MODES, Mode, SearchRequest
from codelode.search.text_features import reading
from codelode.search.word_runs import WordRuns, fill_runs
from codelode.text.tokens import text_parts
from tests.commandline import write_tree
from tests.segments import DIMENSIONS, shard_of

WORDS = ("failed", "opening", "file", "the", "negative", "attempt")


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("parser", "parser", 1.0),
        ("parsing", "parse", 0.95),
        ("exec", "executor", 0.8),
        ("env", "environ", 0.6),
        ("config", "configuring", 0.8),
        ("connected", "connexion", 0.6),
        ("utils", "utility", 0.8),
        ("docs", "documentation", 0.6),
        ("go", "gopher", 0.0),
        ("alpha", "beta", 0.0),
    ],
)
def test_likeness_by_hand(one: str, other: str, expected: float) -> None:
    assert likeness(one, other) == likeness(other, one) == expected


def words_of(text: str) -> QueryWords:
    terms = parse_query(text).terms
    return QueryWords(text, dict.fromkeys(terms, 1 / len(terms)))


parts = st.text("abcd", min_size=1, max_size=8)


@given(st.lists(parts, min_size=1, max_size=5), parts)
def test_likeness_to_a_query_is_that_of_its_most_similar_word(query: list[str], word: str) -> None:
    words = QueryWords(" ".join(query), dict.fromkeys(query, 0.2))
    assert words.likeness(word) == max(likeness(word, other) for other in query)


def test_stems_of_files_by_hand() -> None:
    words = words_of("retry policies")
    paths = [b"src/retry_policy.py", b"retry/index.js", b"retry/clock.py", b"a/policy.test.ts"]
    found = likeness_of_stems(paths, words).tolist()
    assert found == pytest.approx([0.975, 1.0, 0.0, 0.95])


symbols = st.lists(
    st.sampled_from(["getName", "set_name", "HTTPServer", "rename", "x"]), max_size=4
)


@given(st.lists(symbols, min_size=1, max_size=6), st.lists(parts, max_size=2))
def test_symbols_hold_words_that_begin_their_parts(files: list[list[str]], more: list[str]) -> None:
    words = words_of(" ".join(["name server", *more]))
    flat = ["".join(f"{name}\n" for name in names) for names in files]
    ends = list(accumulate(map(len, flat)))
    expected = [
        sum(
            share
            for word, share in words.shares.items()
            if any(part.startswith(light_stem(word)) for name in names for part in text_parts(name))
        )
        for names in files
    ]
    shares = shares_of_symbols("".join(flat).encode(), ends, words)
    assert shares.tolist() == pytest.approx(expected)


def context_of(query: str) -> QueryContext:
    parsed = parse_query(query)
    counts = np.arange(1, 1 + len(parsed.terms))
    return QueryContext(SearchRequest(query), parsed, None, Statistics(1000, 9000, counts))


def is_run(query: str, text: str) -> bool:
    return WordRuns(context_of(query)).is_in(text.encode())


def test_runs_by_hand() -> None:
    query = "failed opening the file"
    assert is_run(query, 'throw("Failed opening file")')
    assert is_run(query, "x = failed_opening(THE.file)")
    assert is_run(query, "file failed, opening: failed opening file")
    assert not is_run(query, "openingFailed the file")
    assert not is_run(query, "failed opening that file")
    assert not is_run(query, "file failedOpening twice")


@given(
    st.lists(st.sampled_from(WORDS), min_size=2, max_size=5, unique=True),
    st.lists(st.sampled_from([*WORDS, "other"]), max_size=12),
)
def test_runs_are_the_words_one_after_another(query: list[str], around: list[str]) -> None:
    sequence = words_of(" ".join(query)).sequence
    if len(sequence) < 2:
        return
    texts = [around, [*around[:6], "(", *query, ")", *around[6:]]]
    for text in texts:
        passed = {"the"} & set(query)
        kept = [word for word in text if word not in {"(", ")"} | passed]
        runs = [tuple(kept[at : at + len(sequence)]) for at in range(len(kept))]
        assert is_run(" ".join(query), " ".join(text)) == (sequence in runs)


@given(
    st.lists(
        st.lists(st.sampled_from([*WORDS, "="]), min_size=1, max_size=9).map(" ".join),
        min_size=1,
        max_size=30,
    ),
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=6).map(" ".join),
    st.integers(1, 3),
)
def test_texts_read_during_the_scan_show_what_they_show_later(
    lines: list[str], query: str, segments: int
) -> None:
    tree = {f"a/{n}.txt": line.encode() for n, line in enumerate(lines)}
    shard = shard_of(tree, set(), segments)
    parsed = parse_query(query)
    statistics = Statistics.of(shard.snapshot.manifest, TermPostings(shard, parsed.terms).counts())
    context = QueryContext(SearchRequest(query), parsed, None, statistics)
    gathered = gather(shard, context)
    early = [gathered.feature(name).copy() for name in ("run", "as_written")]
    gathered.features[:] = 0
    fill_runs(gathered, WordRuns(context), reading(gathered, shard))
    fill_as_written(gathered, context, reading(gathered, shard))
    for name, found in zip(("run", "as_written"), early, strict=True):
        assert (gathered.feature(name) == found).all()


def plain_mean(vectors: NDArray[np.float32], vector: NDArray[np.float32]) -> float:
    total = vectors.astype(np.float64).sum(axis=0)
    return float(total @ vector / np.linalg.norm(total))


@given(st.lists(st.integers(1, 150), min_size=1, max_size=5))
def test_a_sample_is_spread_evenly(counts: list[int]) -> None:
    lengths = np.array(counts, np.uint32)
    firsts = (np.cumsum(lengths) - lengths).astype(np.uint32)
    chunks, begins = sampled_chunks(firsts, lengths)
    pieces = np.split(chunks, begins[1:])
    for first, count, piece in zip(firsts.tolist(), counts, pieces, strict=True):
        assert len(piece) == min(count, 24)
        assert piece[0] == first
        steps = np.diff(piece)
        assert not len(steps) or (steps.min() >= count // 24 and steps.max() <= count // 24 + 1)
        assert piece[-1] < first + count


@pytest.mark.parametrize("segments", [1, 2])
def test_the_mean_of_a_file_is_that_of_its_vectors(segments: int) -> None:
    tree = {f"a/{n}.txt": b"line of text %d\n" % n * (40 * n + 1) for n in range(5)}
    shard = shard_of(tree, set(), segments)
    numbers = [(n, row) for n in range(segments) for row in range(len(shard.segment(n).files))]
    files = CandidateFiles(shard, np.array([n << 32 | row for n, row in numbers]))
    vector = np.random.default_rng(1).normal(size=DIMENSIONS).astype(np.float32)
    vector /= np.linalg.norm(vector)
    products = Products(shard, vector)
    once = mean_cosines(files, products)
    for (number, row), found in zip(numbers, once.tolist(), strict=True):
        segment = shard.segment(number)
        scaled = segment.codes * segment.scales[:, None].astype(np.float32)
        assert found == pytest.approx(
            plain_mean(scaled[segment.chunk_files == row], vector), abs=0.02
        )
    assert all((norms > 0).all() for norms in shard.mean_norms)
    with dense_scan(products, [None] * segments, 3):
        pass
    assert (mean_cosines(files, products) == once).all()  # with the products of the scan


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    body = "\n\n".join(
        f"def retry_{word}(attempt):\n    # retry the failed request {word}\n    return {n}"
        + "\n    # padding to make a chunk of its own" * 40
        for n, word in enumerate("alpha beta gamma delta epsilon zeta".split())
    )
    files: dict[str, str | bytes] = {"retry.py": body, "LICENSE": "Permission is granted\n" * 9}
    files |= {f"colors/{n}.py": f"COLOR_{n} = {n}  # on request\n" for n in range(12)}
    folder: Path = tmp_path_factory.mktemp("large")
    index = Index.open(write_tree(folder / "tree", files), index_dir=folder / "index")
    index.update()
    return index


def test_the_best_places_of_one_large_file_are_the_first_hits(index: Index) -> None:
    hits = index.search("retry the failed request")
    assert [hit.path for hit in hits[:5]] == ["retry.py"] * 5


@pytest.mark.parametrize(
    "query", ["xyzzyplugh", "qwfpgj zxcvbnm", "blorptang", "weather forecast in Lisbon"]
)
def test_nonsense_finds_nothing(index: Index, query: str) -> None:
    assert index.search(query) == []
    assert index.search(query, mode="semantic") == []


def test_a_threshold_leaves_out_what_scores_less(index: Index) -> None:
    hits = index.search("retry alpha")
    middle = hits[1].score
    assert hits[0].score > middle > hits[-1].score
    kept = [hit for hit in hits if hit.score >= middle]
    assert [(hit.path, hit.line) for hit in index.search("retry alpha", threshold=middle)] == [
        (hit.path, hit.line) for hit in kept
    ]
    assert index.search("retry alpha", threshold=99) == []


@pytest.mark.parametrize("query", ["weather forecast in Lisbon", "retry the failed request"])
@pytest.mark.parametrize("mode", MODES)
def test_what_a_floor_leaves_out_is_counted(index: Index, query: str, mode: Mode) -> None:
    limit = 1000
    everything = index.answer(query, limit, mode, threshold=0)
    assert everything.left_out == 0
    for threshold in (None, 0.1, 1.0, 99.0):
        some = index.answer(query, limit, mode, threshold=threshold)
        assert some.left_out == len(everything.hits) - len(some.hits)
        assert index.answer(query, 1, mode, threshold=threshold).left_out in (0, some.left_out)
    places = {(hit.path, hit.line) for hit in everything.hits}
    assert places >= {(hit.path, hit.line) for hit in index.search(query, limit, mode)}
    assert index.answer("retry", 1).left_out == 0  # there are as many hits as were asked for


@pytest.mark.parametrize("value", [True, float("nan"), float("inf"), "3"])
def test_a_threshold_is_a_number(value: object) -> None:
    with pytest.raises(UsageError, match="threshold"):
        replace(SearchRequest("x"), threshold=value)  # type: ignore[arg-type]
