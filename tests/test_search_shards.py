"""An index that is split into shards answers exactly as a whole one."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codelode import Hit, Index
from codelode.embed.encoder import Encoder
from codelode.lru import LruCache
from codelode.search import context as context_module
from codelode.search import shard as shard_module
from codelode.search.context import QueryContext, Statistics
from codelode.search.gather import count, gather, masks_of
from codelode.search.gathered import Gathered
from codelode.search.hits import texts
from codelode.search.parsed_query import parse_query, parse_request
from codelode.search.rank import finish
from codelode.search.request import MODES, SearchRequest
from codelode.search.searcher import Found, search
from codelode.search.shard import Shard
from codelode.store.snapshot import Snapshot
from tests.commandline import write_tree
from tests.segments import TextEncoder, shard_of

WORDS = ("alpha", "beta", "getName", "set_name", "HTTPServer", "x")
REPORT = (
    "alpha fails",
    "getName and set_name",
    "    return beta",
    "ValueError: alpha of `HTTPServer`",
    '  File "/srv/a/1", line 2, in alpha',
    "at x (/srv/b/2.js:1:1)",
    "a/3.py:2: error",
)
NOWHERE = Path("/nowhere")

lines = st.lists(st.sampled_from(WORDS), min_size=1, max_size=4).map(" ".join)
definitions = st.sampled_from(["def alpha():\n    return beta\n", "class HTTPServer:\n    x = 1\n"])
# Many files share a few texts, so that scores tie all the time.
texts_of_files = st.one_of(lines, definitions).map(str.encode)
paths = st.builds("{}/{}".format, st.sampled_from(["a", "b", "tests"]), st.integers(0, 15))
trees = st.dictionaries(paths, texts_of_files, min_size=12, max_size=40)
requests = st.builds(
    SearchRequest,
    query=st.one_of(
        st.lists(st.sampled_from(WORDS), min_size=1, max_size=3).map(" ".join),
        st.lists(st.sampled_from(REPORT), min_size=2, max_size=6).map("\n".join),
    ),
    limit=st.sampled_from([1, 1, 2, 12]),
    mode=st.sampled_from(MODES),
    languages=st.sampled_from([None, ["python"]]),
    globs=st.sampled_from([None, ["a/*"], ["!tests"], ["none"]]),
    explain=st.just(True),
    fixed_strings=st.sampled_from([None, None, None, "alpha", "x"]),
)


def split(whole: Shard, owners: Sequence[int]) -> list[Shard]:
    """Split an index into shards, each with the whole manifest; segment i goes to `owners[i]`."""
    snapshot = whole.snapshot
    return [
        Shard(
            Snapshot(
                snapshot.manifest,
                [live for i, live in enumerate(snapshot.segments) if owners[i] == number],
            )
        )
        for number in range(max(owners) + 1)
    ]


def sent(gathered: Gathered) -> Gathered:
    """Return the candidates after converting them to bytes and back."""
    arrays = []
    for field in fields(Gathered):
        wire = io.BytesIO()
        np.save(wire, getattr(gathered, field.name), allow_pickle=False)
        wire.seek(0)
        arrays.append(np.load(wire, allow_pickle=False))
    return Gathered(*arrays)


def search_split(shards: Sequence[Shard], encoder: Encoder, request: SearchRequest) -> Found:
    """Run the four rounds of a search in several shards."""
    query = parse_request(request)
    manifest = shards[0].snapshot.manifest
    counts = sum(
        (count(shard, query.counted) for shard in shards), np.zeros(len(query.counted), int)
    )
    query, counts = query.focused(counts, manifest.chunks)
    statistics = Statistics.of(manifest, counts, query.weights)
    text = query.meaning or query.text
    vector = encoder.encode_query(text) if text and request.mode != "lexical" else None
    context = QueryContext(request, query, vector, statistics)
    ranked = finish([sent(gather(shard, context)) for shard in shards], context)
    hits: dict[int, Hit] = {}
    for number, shard in enumerate(shards):
        rows, mine = ranked.of_shard(number)
        hits.update(zip(rows.tolist(), texts(shard, mine, context, NOWHERE), strict=True))
    sizes = (
        len(shard.segment(number).chunks) if mask is None else len(mask)
        for shard in shards
        for number, mask in enumerate(masks_of(shard, context, None))
    )
    matching = sum(sizes) if query.required else None
    best = [hits[row] for row in range(len(ranked))]
    return Found(best, [0] * len(ranked), ranked.left_out, matching)


@settings(max_examples=300, deadline=None)
@given(
    trees,
    st.sets(paths, max_size=4),
    st.integers(1, 6),
    st.lists(st.integers(0, 3), min_size=6, max_size=6),
    requests,
    st.sampled_from([1, 4, 100]),
)
def test_shards_together_answer_as_one_index(
    tree: dict[str, bytes],
    dead: set[str],
    segments: int,
    owners: list[int],
    request: SearchRequest,
    candidates: int,
) -> None:
    whole = shard_of(tree, dead, segments)
    shards = split(whole, owners[: len(whole)])
    encoder = TextEncoder()
    with patch.object(context_module, "CANDIDATES", candidates):
        expected = search(whole, encoder, NOWHERE, request)
        assert search_split(shards, encoder, request) == expected


@settings(max_examples=100, deadline=None)
@given(trees, st.integers(1, 6), requests, st.sampled_from([1, 4, 100]))
def test_the_layout_of_segments_changes_no_answer(
    tree: dict[str, bytes], segments: int, request: SearchRequest, candidates: int
) -> None:
    encoder = TextEncoder()
    with patch.object(context_module, "CANDIDATES", candidates):
        expected = search(shard_of(tree, set(), 1), encoder, NOWHERE, request)
        assert search(shard_of(tree, set(), segments), encoder, NOWHERE, request) == expected


@pytest.mark.parametrize("mode", MODES)
def test_identical_files_do_not_swell_an_answer(mode: str) -> None:
    """All scores tie, yet a shard gathers at most three times `context.limit` candidates."""
    tree = {f"a/{number}": b"def alpha():\n    return beta\n" for number in range(1000)}
    request = SearchRequest("alpha", mode=mode, explain=True)  # type: ignore[arg-type]
    encoder = TextEncoder()
    for segments in (1, 3):
        whole = shard_of(tree, set(), segments)
        counts = count(whole, ["alpha"])
        statistics = Statistics.of(whole.snapshot.manifest, counts)
        vector = encoder.encode_query("alpha")
        context = QueryContext(request, parse_query("alpha"), vector, statistics)
        assert len(gather(whole, context)) <= 3 * context.limit
    hits = [search(shard_of(tree, set(), n), encoder, NOWHERE, request).hits for n in (1, 2, 5)]
    assert len(hits[0]) == 10
    assert hits[1] == hits[2] == hits[0]


def test_an_updated_index_answers_the_same_in_shards(tmp_path: Path) -> None:
    """Segments as updates make them, with tombstones, and the bundled model."""
    files: dict[str, str | bytes] = {
        f"src/m{i}.py": f"def function_{i % 7}():\n    return {i % 5}\n" for i in range(60)
    }
    root = write_tree(tmp_path / "tree", files)
    index = Index.open(root, tmp_path / "index")
    index.update(jobs=1)
    for generation in range(4):
        for i in range(generation, 60, 9):
            (root / f"src/m{i}.py").write_text(f"def changed_{i % 3}():\n    return retry\n")
        (root / f"src/m{generation}.py").unlink()
        index.update(jobs=1)
    whole = Shard(index.snapshot())
    assert len(whole) > 1
    random = np.random.default_rng(0)
    for query in ("function_3", "where is retry returned", "changed", "return 4"):
        for mode in MODES:
            for shards in range(1, 5):
                request = SearchRequest(query, mode=mode, explain=True)
                owners = random.integers(0, shards, len(whole)).tolist()
                expected = search(whole, index.encoder(), NOWHERE, request)
                got = search_split(split(whole, owners), index.encoder(), request)
                assert got == expected
                assert expected.hits or mode == "lexical"


def test_a_shard_remembers_the_average_length_it_computed_with() -> None:
    """Statistics change between generations and between subsets of an index."""
    whole = shard_of({"a/a": b"alpha beta", "a/b": b"alpha"}, set(), 1)
    request = SearchRequest("alpha", mode="lexical")
    query = parse_query("alpha")
    statistics = Statistics.of(whole.snapshot.manifest, count(whole, query.terms))

    def scores(statistics: Statistics) -> list[float]:
        context = QueryContext(request, query, None, statistics)
        return list(map(float, gather(whole, context).feature("bm25")))

    first = scores(statistics)
    assert scores(replace(statistics, tokens=100 * statistics.tokens)) != first
    assert scores(statistics) == first


@pytest.mark.parametrize("room", [1, 2, 512])
def test_texts_are_those_of_the_files_however_many_are_kept(room: int) -> None:
    tree = {f"a/{n}.txt": b"line %d of a text\n" % n * (60 * n + 1) for n in range(4)}
    tree["b.txt"] = b"x" * 9000 + b"\n"  # its chunks are too long to be kept
    shard = shard_of(tree, set(), 2)
    chunks = [
        (number, row)
        for number in range(len(shard))
        for row in range(len(shard.segment(number).chunks))
    ]
    numbers, ordinals = zip(*chunks, strict=True)
    plain = [shard.text(number, ordinal) for number, ordinal in chunks]
    kept: LruCache[tuple[int, int], bytes] = LruCache(room)
    with patch.multiple(shard_module, _TEXTS=kept, _KEPT_BYTES=2000):
        for order in (range(len(chunks)), range(len(chunks))[::-1], [0, 0, len(chunks) - 1]):
            found = shard.texts([numbers[i] for i in order], [ordinals[i] for i in order])
            assert found == [plain[i] for i in order]
        texts = {key: kept.get(key) for key in ((shard.segment(n).key, row) for n, row in chunks)}
    known = [text for text in texts.values() if text is not None]
    assert 0 < len(known) <= room
    assert max(map(len, known)) <= 2000 < max(map(len, plain))
