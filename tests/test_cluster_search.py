"""A cluster gives exactly the answers of one machine, or says what is missing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from codelode.cluster.front import Front
from codelode.cluster.pieces import Piece
from codelode.errors import ClusterError, DamagedError, UsageError
from codelode.search import context as context_module
from codelode.search.request import MODES, SearchRequest
from codelode.store.snapshot import LiveSegment
from tests.clusters import (
    TREE,
    MemoryPieces,
    ask,
    corpus,
    front_of,
    one_machine,
    show,
    threads,
)
from tests.segments import TextEncoder
from tests.test_search_shards import paths, requests, trees

MOST_SEARCHERS = 4
ENCODER = TextEncoder()
NAMES = ("one", "two/a", "two/b")


class Running:
    """A front with four searchers, whose pieces change with every example."""

    def __init__(self, front: Front) -> None:
        self.front = front
        self.pieces = MemoryPieces()
        self.generations = map(str, count())

    def fetch(self, pieces: Sequence[Piece]) -> None:
        self.pieces.fetch(pieces)

    def open(self, piece: Piece) -> LiveSegment:
        return self.pieces.open(piece)

    def discard_damaged(self, piece: Piece) -> None:
        self.pieces.discard_damaged(piece)


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with front_of(MOST_SEARCHERS) as front:
        cluster = Running(front)
        with threads(front, MOST_SEARCHERS, cluster):
            yield cluster


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(trees, min_size=1, max_size=len(NAMES)),
    st.sets(paths, max_size=4),
    st.integers(1, 4),
    st.lists(requests, min_size=3, max_size=6),
    st.sets(st.sampled_from(NAMES), max_size=2),
    st.sampled_from([1, 4, 100]),
)
def test_a_cluster_answers_as_one_machine(
    running: Running,
    contents: list[dict[str, bytes]],
    dead: set[str],
    segments: int,
    asked: list[SearchRequest],
    hidden: set[str],
    candidates: int,
) -> None:
    """Search several repositories, some left out by name, in a new generation for each example."""
    running.pieces = MemoryPieces()
    held = [
        running.pieces.repository(name, tree, dead, segments)
        for name, tree in zip(NAMES, contents, strict=False)
    ]
    show(running.front, corpus(next(running.generations), held), MOST_SEARCHERS)
    chosen = [each for each in held if each.name not in hidden]
    with patch.object(context_module, "CANDIDATES", candidates):
        for request in asked:
            found = ask(running.front, request, ENCODER, [each.name for each in chosen])
            if chosen:
                assert found.hits == one_machine(chosen, running.open, ENCODER, request)
            else:
                assert found.hits == []


@pytest.mark.parametrize("searchers", [1, 2, 3])
@pytest.mark.parametrize("replicas", [1, 2])
def test_the_number_of_searchers_changes_no_answer(searchers: int, replicas: int) -> None:
    pieces = MemoryPieces()
    held = [pieces.repository(name, TREE, {"src/3.py"}, 3) for name in NAMES]
    with front_of(searchers, replicas) as front, threads(front, searchers, pieces):
        show(front, corpus("1", held), searchers)
        for mode in MODES:
            request = SearchRequest("name_3 return", mode=mode, explain=True)
            answer = ask(front, request)
            assert answer.hits == one_machine(held, pieces.open, ENCODER, request)
            assert len(answer.hits) == request.limit


def test_without_a_searcher_there_is_an_error() -> None:
    pieces = MemoryPieces()
    with front_of(1) as front:
        front.show(corpus("1", [pieces.repository("one", TREE, set(), 1)]))
        with pytest.raises(ClusterError, match="no searcher is ready"):
            ask(front, SearchRequest("name"), seconds=0.2)


def test_bad_requests_are_errors_of_the_user(running: Running) -> None:
    running.pieces = MemoryPieces()
    held = [running.pieces.repository("one", TREE, set(), 3)]
    show(running.front, corpus(next(running.generations), held), MOST_SEARCHERS)
    for request in (
        SearchRequest(""),
        SearchRequest("name", globs=["{"]),
        SearchRequest("name", languages=["no language"]),
        SearchRequest(regex=["("]),
    ):
        with pytest.raises(UsageError):
            ask(running.front, request)
    assert ask(running.front, SearchRequest("name")).hits


class OneBroken:
    """A set of pieces, one of which cannot be opened."""

    def __init__(self, pieces: MemoryPieces, broken: str) -> None:
        self._pieces = pieces
        self._broken = broken

    def fetch(self, pieces: Sequence[Piece]) -> None:
        self._pieces.fetch(pieces)

    def open(self, piece: Piece) -> LiveSegment:
        if piece.key == self._broken:
            raise DamagedError("a page is damaged")
        return self._pieces.open(piece)

    def discard_damaged(self, piece: Piece) -> None:
        self._pieces.discard_damaged(piece)


def test_a_piece_that_nobody_can_open_is_named() -> None:
    """The answer comes from the other pieces, and names the repository of the missing one."""
    pieces = MemoryPieces()
    held = [pieces.repository(name, TREE, set(), 1) for name in NAMES]
    broken = next(iter(held[1].pieces())).key

    with front_of(3) as front, threads(front, 3, OneBroken(pieces, broken)):
        show(front, corpus("1", held), 3)
        answer = ask(front, SearchRequest("name_3 return"), whole=False)
        assert answer.missing == (NAMES[1],)
        assert answer.hits
        assert not any(hit.path.startswith(f"{NAMES[1]}/") for hit in answer.hits)
        rest = ask(front, SearchRequest("name_3 return"), names=[NAMES[0], NAMES[2]])
        assert rest.missing == ()


def test_a_searcher_that_comes_later_takes_its_share() -> None:
    pieces = MemoryPieces()
    held = [pieces.repository(name, TREE, set(), 6) for name in NAMES]
    request = SearchRequest("name_3 return", explain=True)
    with front_of(1) as front, threads(front, 1, pieces):
        show(front, corpus("1", held), 1)
        before = ask(front, request)
        with threads(front, 2, pieces, first=1):
            assert front.views.wait_for(lambda view: len(view.members) == 3, 10)
            assert ask(front, request).hits == before.hits
