"""Messages of a cluster arrive unchanged; any that no sound peer would send are refused."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codelode.cluster import messages
from codelode.cluster.hedging import Latencies
from codelode.cluster.messages import Asked
from codelode.cluster.pieces import Corpus, HeldRepository, Piece, unpack_piece
from codelode.cluster.placement import View, place
from codelode.search.gather import gather
from codelode.search.gathered import Gathered
from codelode.search.parsed_query import parse_request
from codelode.search.request import SearchRequest
from codelode.search.searcher import complete_context
from codelode.store.manifest import Manifest, SegmentEntry
from codelode.system.framing import FrameError
from tests.segments import TextEncoder, shard_of
from tests.test_search_shards import requests, trees

ENCODER = TextEncoder()


def entry(number: int, chunks: int = 10) -> SegmentEntry:
    return SegmentEntry(f"{number:016x}.seg", 1, 1, 1, chunks, 1, 1, chunks)


def pieces_of(count: int) -> tuple[Piece, ...]:
    return tuple(Piece("r", "r/", "/place", "", 16, entry(number)) for number in range(count))


@settings(max_examples=30, deadline=None)
@given(trees, requests)
def test_what_is_sent_arrives(tree: dict[str, bytes], request: SearchRequest) -> None:
    """Contexts and candidates that were packed and unpacked are equal to the last bit."""
    shard = shard_of(tree, set(), 2)
    query = parse_request(request)
    counted = np.arange(len(query.counted)) % 5
    context = complete_context(request, query, counted, (40, 200), ENCODER)
    received = messages.unpack_context(Asked.of(context, counted).pack())
    assert received.query == context.query
    assert received.request == context.request
    assert received.idf == context.idf
    if context.vector is None:
        assert received.vector is None
    else:
        assert received.vector is not None
        assert np.array_equal(received.vector, context.vector)
    sent = gather(shard, context)
    frame = messages.pack_gathered(sent)
    pieces = np.ones(2, bool)
    got = messages.unpack_gathered(frame, len(context.query.terms), pieces)
    for each in fields(Gathered):
        assert np.array_equal(getattr(got, each.name), getattr(sent, each.name))


json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=4)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=6), st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None)
@given(json_values, st.binary(max_size=200))
def test_invalid_bytes_are_a_frame_error(value: Any, body: bytes) -> None:
    pieces = np.ones(3, bool)
    for attempt in (
        lambda: messages.unpack_context(body),
        lambda: messages.unpack_context(json.dumps(value).encode() + b"\n" + body),
        lambda: messages.unpack_pieces(value),
        lambda: messages.unpack_counts((value, body), 2),
        lambda: messages.unpack_counts(({"arrays": value}, body), 2),
        lambda: messages.unpack_gathered(({"arrays": value}, body), 2, pieces),
        lambda: messages.unpack_ranked(({"arrays": value}, body)),
        lambda: messages.unpack_texts(({"hits": value}, body), 1),
        lambda: messages.missing_of(value, pieces),
        lambda: messages.missing_of({"missing": value}, pieces),
        lambda: unpack_piece(value),
        lambda: unpack_piece(["r", "p", "/", "", 16, value]),
    ):
        try:
            attempt()
        except FrameError:
            continue


@settings(max_examples=30, deadline=None)
@given(trees, st.data())
def test_changed_candidates_are_refused_or_harmless(tree: dict[str, bytes], data: Any) -> None:
    """Changed candidates are refused, or lie in the expected pieces and have finite features."""
    request = SearchRequest("alpha")
    query = parse_request(request)
    counted = np.full(len(query.counted), 3)
    context = complete_context(request, query, counted, (40, 200), ENCODER)
    head, body = messages.pack_gathered(gather(shard_of(tree, set(), 2), context))
    flipped = bytearray(body)
    for _ in range(data.draw(st.integers(1, 4))):
        if flipped:
            flipped[data.draw(st.integers(0, len(flipped) - 1))] ^= 1 << data.draw(
                st.integers(0, 7)
            )
    pieces = np.array([True, True, False])
    try:
        got = messages.unpack_gathered((head, bytes(flipped)), 1, pieces)
    except FrameError:
        return
    assert pieces[got.keys >> 32].all()
    assert np.isfinite(got.features).all()


def test_pieces_and_sets_of_them_arrive() -> None:
    for piece in (*pieces_of(2), Piece("ré", "ré/", "s3://b", "0a" * 32, 256, entry(3))):
        assert unpack_piece(json.loads(json.dumps(piece.pack()))) == piece
    for count in (0, 1, 7, 8, 9, 1000):
        pieces = np.random.default_rng(count).random(count) < 0.5
        packed = json.loads(json.dumps(messages.pack_pieces(pieces)))
        assert np.array_equal(messages.unpack_pieces(packed), pieces)


@pytest.mark.parametrize("members", [1, 2, 3, 8])
def test_each_piece_has_two_owners_and_the_work_is_even(members: int) -> None:
    names = [f"s{number}" for number in range(members)]
    pieces = pieces_of(800)
    owners = place(pieces, names, 2)
    assert owners.shape == (800, min(2, members))
    assert all(len(set(row)) == len(row) for row in owners.tolist())
    first = np.bincount(owners[:, 0], minlength=members)
    assert first.max() <= 1.2 * 800 / members
    assert np.array_equal(owners, place(pieces, names, 2))


@pytest.mark.parametrize(
    "nodes", [("n", "n", "m", "m"), ("n", "n", "n", "m"), ("a", "b", "c", "d")]
)
def test_the_owners_of_a_piece_are_on_different_nodes(nodes: tuple[str, ...]) -> None:
    pieces, names = pieces_of(300), ["s0", "s1", "s2", "s3"]
    for row in place(pieces, names, 2, nodes).tolist():
        assert len({nodes[member] for member in row}) == 2
    for row in place(pieces, names, 3, ("n", "n", "n", "m")).tolist():
        assert len(set(row)) == 3
        assert 3 in row
    same = place(pieces, names, 2, ["one"] * 4)
    assert np.array_equal(same, place(pieces, names, 2))


def test_a_searcher_that_leaves_moves_only_its_share() -> None:
    pieces = pieces_of(600)
    names = [f"s{number}" for number in range(6)]
    before = [{names[owner] for owner in row} for row in place(pieces, names, 2).tolist()]
    left = names[:-1]
    after = [{left[owner] for owner in row} for row in place(pieces, left, 2).tolist()]
    for old, new in zip(before, after, strict=True):
        assert old - {names[-1]} <= new


def test_views_are_named_by_generation_and_members() -> None:
    manifest = Manifest(1, "/", 0, "m", "f", 16, "q", "c", "t", {}, segments=(entry(1), entry(2)))
    one = Corpus("1", (HeldRepository("r", "r/", "/p", manifest),))
    two = Corpus("2", one.repositories)
    views = [View(one, ("a",)), View(one, ("a", "b")), View(two, ("a",)), View(two, ("ab",))]
    views.append(View(one, ("a", "b"), nodes=("n", "m")))
    views.append(View(one, ("a", "b"), nodes=("n", "n")))
    assert len({view.name for view in views}) == 6
    assert views[1].held_by("a").tolist() == [0, 1]
    assert views[0].held_by("b").tolist() == []


def test_a_call_is_late_after_nearly_all_others() -> None:
    latencies = Latencies()
    first = latencies.late()
    for _ in range(100):
        latencies.add(0.1)
    assert 0.1 < latencies.late() < first
    for _ in range(200):
        latencies.add(0.001)
    assert latencies.late() >= 0.01
