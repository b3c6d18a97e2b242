"""The parts of a search over one small index, and the imports of a cold process."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import simsimd
from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks.questions import questions
from codelode import Index

if TYPE_CHECKING:
    from codelode.embed.encoder import Encoder

ROWS, DIMENSIONS = 100_000, 256
K = 100


def internal(name: str) -> Any:
    """Import an internal name; skip the benchmark if it has moved."""
    module, _, attribute = name.partition(":")
    try:
        return getattr(import_module(module), attribute)
    except (ImportError, AttributeError):
        pytest.skip(f"{name} no longer exists")


@pytest.mark.parametrize("mode", ["hybrid", "semantic", "lexical"])
def test_search(benchmark: BenchmarkFixture, index: Index, mode: Any) -> None:
    asked = questions(index.root)
    benchmark.extra_info["calls"] = len(
        asked
    )  # each round runs all queries, so differences between queries are not noise
    benchmark(lambda: [index.search(query, mode=mode, fresh="never") for query in asked])


def test_encode_query(benchmark: BenchmarkFixture, encoder: Encoder) -> None:
    benchmark(encoder.encode_query, "where is the retry of a failed request scheduled")


def test_parse_query(benchmark: BenchmarkFixture) -> None:
    parse = internal("codelode.search.parsed_query:parse_query")
    benchmark(parse, "where is the retry of a failed request scheduled")


def test_dense_scan(benchmark: BenchmarkFixture, index: Index, encoder: Encoder) -> None:
    scan = internal("codelode.search.dense:dense_candidates")
    shard = internal("codelode.search.shard:Shard")(index.snapshot())
    masks = internal("codelode.search.filters:chunk_masks")(shard)
    vector = encoder.encode_query("read the configuration")
    benchmark(scan, shard, vector, masks, K)


def test_bm25(benchmark: BenchmarkFixture, index: Index) -> None:
    postings = internal("codelode.search.lexical:TermPostings")
    bm25 = internal("codelode.search.lexical:Bm25")
    statistics = internal("codelode.search.context:Statistics")
    shard = internal("codelode.search.shard:Shard")(index.snapshot())
    masks = internal("codelode.search.filters:chunk_masks")(shard)

    def best() -> None:
        terms = postings(shard, ("self", "return", "configuration"))
        whole = statistics.of(shard.snapshot.manifest, terms.counts())
        bm25(terms, whole).best(masks, K)

    benchmark(best)


def test_gather_and_finish(benchmark: BenchmarkFixture, index: Index, encoder: Encoder) -> None:
    """Search without reading the texts of the hits."""
    prepare = internal("codelode.search.searcher:prepare")
    gather = internal("codelode.search.gather:gather")
    finish = internal("codelode.search.rank:finish")
    request = internal("codelode.search.request:SearchRequest")("read the configuration")
    shard = internal("codelode.search.shard:Shard")(index.snapshot())

    def rank() -> None:
        context, terms = prepare(shard, encoder, request)
        finish([gather(shard, context, terms)], context)

    benchmark(rank)


def test_scan_floor(benchmark: BenchmarkFixture) -> None:
    """Scan 100,000 int8 vectors in memory once: the limit of the machine."""
    chance = np.random.default_rng(1)
    codes = chance.integers(-127, 128, (ROWS, DIMENSIONS), np.int8)
    query = chance.integers(-127, 128, (1, DIMENSIONS), np.int8)
    benchmark.extra_info["bytes"] = codes.nbytes
    benchmark(simsimd.cdist, query, codes, "dot", out_dtype="float32")


@pytest.mark.parametrize(
    "code", ["pass", "import numpy", "import codelode", "import codelode.search.searcher"]
)
def test_cold_import(benchmark: BenchmarkFixture, code: str) -> None:
    """Import modules in a new process."""
    command = [sys.executable, "-c", code]
    benchmark.pedantic(subprocess.run, (command,), {"check": True}, rounds=11, warmup_rounds=1)
