"""Networks between a front and its searchers are cut: no search waits until they are mended."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import pytest

from codelode import Index
from codelode.cluster.front import Front, FrontOptions
from codelode.cluster.handshake import Peer
from codelode.cluster.link import Link, LinkLostError
from codelode.cluster.outbox import Outbox
from codelode.cluster.pieces import HeldRepository
from codelode.cluster.searcher import Searcher, SearcherOptions
from codelode.cluster.serve import PROCESS
from codelode.embed.load import load
from codelode.search.request import SearchRequest
from tests.clusters import (
    TOKEN,
    TREE,
    MemoryPieces,
    ask,
    asking,
    corpus,
    front_of,
    local_repository,
    one_machine,
    open_local,
    show,
)
from tests.commandline import until, write_tree
from tests.networks import Namespaces, Relay, no_namespaces
from tests.segments import TextEncoder

SEARCHERS = 3
CUT_SECONDS = 5.0
"""Longer than the silence after which a searcher is asked nothing, and shorter than that after
which its connection ends: a search that waits for it takes this long."""

REQUESTS = [SearchRequest(query, explain=True) for query in ("name_3 return", "name_1", "4")]


@contextmanager
def relayed(front: Front, pieces: MemoryPieces) -> Iterator[list[Relay]]:
    """Run searchers, each behind a relay."""
    relays = [Relay(front.address) for _ in range(SEARCHERS)]
    running = [
        Searcher(SearcherOptions(f"s{number}", [relay.address], TOKEN), pieces)
        for number, relay in enumerate(relays)
    ]
    try:
        yield relays
    finally:
        for searcher in running:
            searcher.close()
        for relay in relays:
            relay.close()


def checking(
    front: Front, held: list[HeldRepository], pieces: MemoryPieces
) -> Callable[[int], str]:
    """Return a function for `asking`: it searches once and returns what is wrong, or ""."""
    expected = [one_machine(held, pieces.open, TextEncoder(), request) for request in REQUESTS]

    def check(number: int) -> str:
        found = ask(front, REQUESTS[number % len(REQUESTS)], whole=False)
        if found.missing:
            return "partial"
        return "" if found.hits == expected[number % len(REQUESTS)] else "other hits"

    return check


def test_a_cut_connection_changes_no_answer() -> None:
    """No answer is wrong or late: during the cut, after it, and when the generation changes."""
    pieces = MemoryPieces()
    held = [pieces.repository(name, TREE, set(), 6) for name in ("one", "two")]
    with front_of(SEARCHERS) as front, relayed(front, pieces) as relays:
        show(front, corpus("1", held), SEARCHERS)
        with asking(checking(front, held, pieces), least=200, clients=4) as seconds:
            relays[0].cut()
            time.sleep(0.2)
            front.show(corpus("2", held))  # one searcher cannot get the pieces of this generation
            time.sleep(CUT_SECONDS)
            relays[0].mend()
            until(lambda: front.is_whole() and len(front.searchers()) == SEARCHERS, 10)
        assert max(seconds) < CUT_SECONDS


def test_what_a_searcher_does_not_take_waits_and_arrives_in_order() -> None:
    near, far = socket.socketpair()
    near.settimeout(60)
    sent = [bytes([number % 251]) * (number * 997 % 70_000) for number in range(200)]
    outbox = Outbox(near, lambda: None)
    began = time.monotonic()
    for data in sent:
        outbox.put(data)
    assert time.monotonic() - began < 1.0
    expected = b"".join(sent)
    found = bytearray()
    while len(found) < len(expected):
        found += far.recv(1 << 16)
    assert found == expected
    outbox.put(b"more")
    assert far.recv(10) == b"more"
    outbox.close()
    near.close()
    assert far.recv(1) == b""


def test_a_link_is_given_up_when_too_much_waits() -> None:
    near, far = socket.socketpair()
    near.settimeout(60)
    link = Link(Peer("s"), near, near.makefile("rb"))
    ended = threading.Event()
    link.start(lambda _: ended.set())
    calls = [link.call({"call": "open"}, b"x" * (1 << 22)) for _ in range(20)]
    assert ended.wait(5)
    for call in calls:
        with pytest.raises(LinkLostError):
            call.result(5)
    far.close()


@pytest.fixture(scope="module")
def namespaces() -> Iterator[Namespaces]:
    if reason := no_namespaces():
        pytest.skip(reason)
    nodes = Namespaces(SEARCHERS)
    try:
        yield nodes
    finally:
        nodes.close()


def test_a_node_without_network_changes_no_answer(namespaces: Namespaces, tmp_path: Path) -> None:
    """Each searcher is on a node of its own; one node is disconnected, and connected again."""
    root = write_tree(tmp_path / "tree", {path: text.decode() for path, text in TREE.items()})
    index = Index.open(root, tmp_path / "index")
    index.update(jobs=1)
    held = local_repository("tree", index.directory)
    expected = [
        one_machine(
            [held],
            open_local,
            load(None),
            request,
        )
        for request in REQUESTS
    ]
    front = Front(FrontOptions(TOKEN, "0.0.0.0", searchers=SEARCHERS))
    try:
        for node in range(SEARCHERS):
            address = namespaces.near(node), front.address[1]
            searcher = SearcherOptions(f"s{node}", [address], TOKEN, f"node-{node}")
            files = {"folder": str(tmp_path / "cache"), "most_bytes": 1}
            options = {"searcher": asdict(searcher), "files": files, "processes": 2}
            namespaces.start(node, PROCESS, options)
        show(front, corpus("1", [held]), SEARCHERS, 30)

        def check(number: int) -> str:
            found = ask(front, REQUESTS[number % len(REQUESTS)], load(None), whole=False)
            if found.missing:
                return "partial"
            return "" if found.hits == expected[number % len(REQUESTS)] else "other hits"

        with asking(check, least=50, clients=2) as seconds:
            namespaces.cut(1)
            until(lambda: len(front.searchers()) == SEARCHERS - 1, 10)
            namespaces.mend(1)
            until(lambda: front.is_whole() and len(front.searchers()) == SEARCHERS, 10)
        assert max(seconds) < CUT_SECONDS
    finally:
        front.close()
