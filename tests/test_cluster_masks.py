"""The texts of a piece are read once for a pattern, whatever becomes of searchers and views."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codelode import Hit, Index
from codelode.cluster import hedging, masks
from codelode.cluster.front import Front
from codelode.cluster.masks import FilterMasks, pack_masks, take_masks
from codelode.cluster.pieces import HeldRepository
from codelode.cluster.searcher import Searcher, SearcherOptions
from codelode.embed.load import load
from codelode.search import shard, text_scan
from codelode.search.fair_lock import SEARCH_LOCK
from codelode.search.filters import mask_of
from codelode.search.request import SearchRequest
from codelode.search.shard import Shard
from codelode.system.framing import FrameError
from tests.clusters import (
    TOKEN,
    TREE,
    MemoryPieces,
    ask,
    corpus,
    front_of,
    local_repository,
    one_machine,
    open_local,
    show,
    start_thread,
    threads,
)
from tests.commandline import until, write_tree
from tests.segments import TextEncoder
from tests.test_cluster_messages import json_values, pieces_of

PATTERN = SearchRequest("name_3 return", fixed_strings=["return 3", "return 1"], explain=True)
QUOTED = SearchRequest('"return 2" name_4', languages=["python"], explain=True)
SEGMENTS = 6

READ_SECONDS = 1.5
SLOW_SEARCHER = """
import json, sys, time
from codelode.cluster.files import CachedFiles, FileOptions
from codelode.cluster.searcher import Searcher, SearcherOptions
from codelode.search import text_scan
from codelode.search.fair_lock import SEARCH_LOCK

seconds, options = json.loads(sys.argv[1])
scan = text_scan.matching_chunks

def slow(shard, *arguments):
    with SEARCH_LOCK.released():
        time.sleep(seconds * len(shard.snapshot.segments))
    return scan(shard, *arguments)

text_scan.matching_chunks = slow
searcher = Searcher(SearcherOptions(**options), CachedFiles(FileOptions("/nowhere", 1)))
sys.stdin.read()
"""


class Scans:
    """Counts how often the texts of each segment are read; reading a segment takes a while."""

    def __init__(self) -> None:
        self.times: Counter[str] = Counter()
        self.seconds = 0.0
        self._scan = text_scan.matching_chunks

    def __call__(self, part: Shard, *arguments: Any) -> Any:
        names = [live.entry.name for live in part.snapshot.segments]
        with SEARCH_LOCK.released():
            time.sleep(self.seconds * len(names))
        found = self._scan(part, *arguments)
        self.times.update(names)
        return found


@pytest.fixture
def scans(monkeypatch: pytest.MonkeyPatch) -> Scans:
    counted = Scans()
    monkeypatch.setattr(text_scan, "matching_chunks", counted)
    return counted


@contextmanager
def cluster(searchers: int) -> Iterator[tuple[Front, list[Searcher], MemoryPieces]]:
    """Run a cluster without pieces."""
    pieces = MemoryPieces()
    with front_of(searchers) as running, threads(running, searchers, pieces) as started:
        yield running, started, pieces


def repositories(pieces: MemoryPieces, *names: str) -> list[HeldRepository]:
    return [pieces.repository(name, TREE, {"src/4.py"}, SEGMENTS) for name in names]


def right(
    pieces: MemoryPieces, held: Sequence[HeldRepository], request: SearchRequest
) -> list[Hit]:
    return one_machine(held, pieces.open, TextEncoder(), request)


def test_a_new_generation_reads_only_new_texts(scans: Scans) -> None:
    with cluster(2) as (front, _, pieces):
        held = repositories(pieces, "one", "two")
        show(front, corpus("1", held), 2)
        before = ask(front, PATTERN).hits
        assert scans.times == Counter(dict.fromkeys(scans.times, 1))
        assert len(scans.times) == 2 * SEGMENTS
        held += repositories(pieces, "three")
        show(front, corpus("2", held), 2)
        found = ask(front, PATTERN).hits
        new = Counter(entry.name for entry in held[-1].manifest.segments)
        assert scans.times == Counter(dict.fromkeys(scans.times, 1))
        assert len(scans.times) == 3 * SEGMENTS
        assert set(new) <= set(scans.times)
        scans.times.clear()
        assert found == right(pieces, held, PATTERN) != before


def test_an_owner_that_comes_or_takes_over_reads_no_text_again(scans: Scans) -> None:
    """The front has the masks of a lost searcher, even if no other searcher has them."""
    with cluster(2) as (front, searchers, pieces):
        held = repositories(pieces, "one", "two")
        show(front, corpus("1", held), 2)
        expected = {each: right(pieces, held, each) for each in (PATTERN, QUOTED)}
        for request, hits in expected.items():
            assert ask(front, request).hits == hits
        scans.times.clear()
        for number in range(2):
            searchers[number].close()
            until(lambda: len(front.searchers()) == 1, 10)
            for request, hits in expected.items():
                assert ask(front, request).hits == hits
            searchers[number] = start_thread(front, f"s{number}", pieces)
            until(front.is_whole, 10)
            for request, hits in expected.items():
                assert ask(front, request).hits == hits
        assert not scans.times
        searchers.append(start_thread(front, "s2", pieces))  # a view with other members
        show(front, corpus("1", held), 3)
        for request, hits in expected.items():
            assert ask(front, request).hits == hits
        assert not scans.times


def test_clients_with_the_same_new_pattern_read_each_text_once(
    monkeypatch: pytest.MonkeyPatch, scans: Scans
) -> None:
    """Calls are late, but no second searcher is asked: it would only read the same texts."""
    monkeypatch.setattr(hedging, "_MOST_HEDGE", 0.02)
    with cluster(3) as (front, _, pieces):
        held = repositories(pieces, "one", "two", "three")
        show(front, corpus("1", held), 3)
        scans.seconds = 0.02
        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(lambda _: ask(front, PATTERN).hits, range(8)))
        expected = right(pieces, held, PATTERN)
        assert all(hits == expected for hits in found)
        ours = {entry.name for each in held for entry in each.manifest.segments}
        assert {name: scans.times[name] - 1 for name in ours} == dict.fromkeys(ours, 1)


def test_a_search_that_is_given_up_is_continued_by_the_next(
    monkeypatch: pytest.MonkeyPatch, scans: Scans
) -> None:
    monkeypatch.setattr(shard, "_BATCH_CHUNKS", 1)
    with cluster(1) as (front, _, pieces):
        held = repositories(pieces, "one", "two")
        show(front, corpus("1", held), 1)
        scans.seconds = 0.05
        found = ask(front, PATTERN, whole=False, seconds=0.2)
        assert set(found.missing) == {"one", "two"}
        time.sleep(0.3)
        begun = scans.times.copy()
        assert 0 < len(begun) < 2 * SEGMENTS
        scans.seconds = 0.0
        assert ask(front, PATTERN).hits
        assert len(scans.times) == 2 * SEGMENTS
        assert set(scans.times.values()) == {1}


@contextmanager
def slow_searcher(front: Front, name: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a searcher that takes `READ_SECONDS` to read the texts of a segment."""
    options = asdict(SearcherOptions(name, [front.address], TOKEN))
    arguments = json.dumps([READ_SECONDS, options])
    command = [sys.executable, "-P", "-c", SLOW_SEARCHER, arguments]
    process = subprocess.Popen(command, stdin=subprocess.PIPE)
    try:
        yield process
    finally:
        process.communicate()


def test_pieces_of_a_killed_searcher_are_searched_without_reading_texts(tmp_path: Path) -> None:
    """In real processes, a search has less time than reading the texts of a segment takes."""
    root = write_tree(tmp_path / "tree", dict(TREE))
    index = Index.open(root, tmp_path / "index")
    index.update(jobs=1)
    (root / "src/1.py").write_text("def name_3():\n    return 1\n")
    index.update(jobs=1)
    held = [local_repository("one", index.directory)]
    assert len(held[0].manifest.segments) == 2
    expected = one_machine(held, open_local, load(None), PATTERN)
    with front_of(2) as front, slow_searcher(front, "s0") as one, slow_searcher(front, "s1"):
        show(front, corpus("1", held), 2, 20)
        assert ask(front, PATTERN, load(None), seconds=30).hits == expected
        one.kill()
        until(lambda: front.searchers() == ["s1"], 10)
        found = ask(front, PATTERN, load(None), seconds=0.9 * READ_SECONDS)
        assert found.hits == expected
        with slow_searcher(front, "s0"):
            until(front.is_whole, 20)
            for _ in range(3):
                found = ask(front, PATTERN, load(None), seconds=0.9 * READ_SECONDS)
                assert found.hits == expected


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.integers(0, 9), st.lists(st.booleans(), min_size=1, max_size=40)))
def test_masks_arrive(chosen: dict[int, list[bool]]) -> None:
    sent = {
        number: masks._pack_mask(mask_of(np.array(bits)), len(bits))
        for number, bits in chosen.items()
    }
    listed, body = pack_masks(sent)
    got, (_, rest) = take_masks(({"masks": listed}, b"before" + body))
    assert got == sent
    assert rest == b"before"
    for number, bits in chosen.items():
        mask = masks._unpack_mask(got[number], len(bits))
        allowed = range(len(bits)) if mask is None else mask.ordinals.tolist()
        assert [place in allowed for place in range(len(bits))] == bits


@settings(max_examples=200, deadline=None)
@given(json_values, st.binary(max_size=40))
def test_invalid_masks_are_a_frame_error(value: Any, body: bytes) -> None:
    attempts: tuple[Callable[[], object], ...] = (
        lambda: take_masks(({"masks": value}, body)),
        lambda: masks.numbers_of({"tell": value}, "tell"),
        lambda: masks._unpack_mask(body, 30),
    )
    for attempt in attempts:
        try:
            attempt()
        except FrameError:
            continue


def test_a_mask_of_another_size_is_refused() -> None:
    packed = masks._pack_mask(None, 1 << 20)
    for chunks in (1 << 10, (1 << 20) - 8, (1 << 20) + 8):
        with pytest.raises(FrameError):
            masks._unpack_mask(packed, chunks)


class Named:
    """A stand-in for a link, of which only the identity matters."""


def test_large_masks_are_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """If masks are too large, those of former pieces are dropped first.

    If the rest is still too large, only the fact that the masks were computed is kept.
    """
    monkeypatch.setattr(masks, "_MOST_BYTES", 100)
    pieces, all_of_them = pieces_of(4), np.ones(4, bool)
    one, other = Named(), Named()
    kept = FilterMasks()
    assert kept.lacks(pieces, all_of_them)
    assert kept.request(pieces, all_of_them, one)[0] == {"tell": [0, 1, 2, 3], "masks": []}
    kept.note(pieces, all_of_them, one, dict.fromkeys(range(4), bytes(20)))
    assert not kept.lacks(pieces, all_of_them)
    assert kept.request(pieces, all_of_them, one)[1] == b""
    assert kept.request(pieces, all_of_them, other)[1] == bytes(80)
    later = pieces_of(6)[2:]
    kept.note(later, all_of_them, one, dict.fromkeys((2, 3), bytes(20)))
    assert kept.request(later, all_of_them, other)[1] == bytes(80)
    kept.note(later, all_of_them, one, {0: bytes(60)})
    assert kept.request(later, all_of_them, other) == ({}, b"")
    assert not kept.lacks(later, all_of_them)
