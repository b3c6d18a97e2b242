"""Shards with segments in common share caches: the same answers, and nothing is computed twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codelode import Hit
from codelode.search import text_scan
from codelode.search.request import SearchRequest
from codelode.search.searcher import search_all
from codelode.search.segment_caches import SegmentCaches
from codelode.search.shard import Shard
from codelode.search.source import Source
from codelode.store.snapshot import Snapshot
from tests.segments import TextEncoder, shard_of

SEGMENTS = 5
TREE = {
    f"src/{n}.{'py' if n % 3 else 'md'}": f"def name_{n % 7}():\n    return {n % 5}\n".encode()
    for n in range(60)
}
WHOLE = shard_of(TREE, {"src/4.py", "src/31.py"}, SEGMENTS)
LIVE = WHOLE.snapshot.segments
REQUESTS = (
    SearchRequest("name_3 return", explain=True),
    SearchRequest("return", fixed_strings=["return 3"], explain=True),
    SearchRequest("", regex=[r"name_[24]"], languages=["python"], limit=30),
    SearchRequest("name", globs=["*.md"], mode="lexical", explain=True),
    SearchRequest('"return 1" name', fixed_strings=["name_1"], explain=True),
)


def hits(shard: Shard, request: SearchRequest) -> list[Hit]:
    return search_all([Source(shard)], TextEncoder(), request).hits


def shard(numbers: Sequence[int], caches: SegmentCaches | None = None) -> Shard:
    """Return a shard of some segments, each with a prefix of its own."""
    snapshot = Snapshot(WHOLE.snapshot.manifest, [LIVE[number] for number in numbers])
    prefixes = [f"tree{number}/" for number in numbers]
    return Shard(snapshot, prefixes, caches, None if caches is None else numbers)


def caches() -> SegmentCaches:
    return SegmentCaches(SEGMENTS, sum(live.entry.chunks for live in LIVE), 2)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sets(st.integers(0, SEGMENTS - 1), min_size=1).map(sorted), st.sampled_from(REQUESTS)
        ),
        min_size=1,
        max_size=8,
    )
)
def test_shared_caches_change_no_answer(searches: list[tuple[list[int], SearchRequest]]) -> None:
    shared = caches()
    for numbers, request in searches:
        assert hits(shard(numbers, shared), request) == hits(shard(numbers), request)


def test_a_text_is_scanned_once_whatever_sets_of_segments_are_searched(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    scanned: Counter[int] = Counter()
    scan = text_scan.matching_chunks

    def counted(part: Shard, *arguments: Any) -> Any:
        scanned.update(part.slots)
        return scan(part, *arguments)

    monkeypatch.setattr(text_scan, "matching_chunks", counted)
    shared = caches()
    for numbers in ([0, 1], [1, 2, 3], [0, 3], [4], [0, 1, 2, 3, 4], [2, 4]):
        hits(shard(numbers, shared), REQUESTS[1])
    assert scanned == Counter(range(SEGMENTS))
