"""Searchers die, hang, are slow or lie: no answer is wrong; with two replicas, none is partial."""

from __future__ import annotations

import json
import os
import signal
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress

import pytest

from codelode import Hit, Index
from codelode.cluster import members, rounds
from codelode.cluster.front import Front
from codelode.cluster.handshake import PROTOCOL, Peer, introduce
from codelode.cluster.pieces import Corpus
from codelode.embed.load import load
from codelode.search.request import SearchRequest
from codelode.system.framing import FrameError
from tests.clusters import (
    TOKEN,
    TREE,
    MemoryPieces,
    Processes,
    ask,
    asking,
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

SEARCHERS = 3
QUERIES = ("function_3", "where is retry returned", "changed", "return 4")


@pytest.fixture(scope="module")
def indexed(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    """Three repositories with several segments each, as updates make them."""
    folder = tmp_path_factory.mktemp("cluster")
    repositories = []
    for name in ("one", "two", "three"):
        files: dict[str, str | bytes] = {
            f"src/{name[:2]}{i}.py": f"def function_{i % 7}():\n    return {i % 5}\n"
            for i in range(40)
        }
        root = write_tree(folder / name, files)
        index = Index.open(root, folder / f"{name}.index")
        index.update(jobs=1)
        for generation in range(2):
            for i in range(generation, 40, 9):
                path = root / f"src/{name[:2]}{i}.py"
                path.write_text(f"def changed_{i % 3}():\n    return retry\n")
            index.update(jobs=1)
        repositories.append(local_repository(name, index.directory))
    return corpus("1", repositories)


@pytest.fixture(scope="module")
def expected(indexed: Corpus) -> dict[str, list[Hit]]:
    encoder = load(None)
    return {
        query: one_machine(
            indexed.repositories, open_local, encoder, SearchRequest(query, explain=True)
        )
        for query in QUERIES
    }


@pytest.fixture(scope="module")
def running(indexed: Corpus) -> Iterator[tuple[Front, Processes]]:
    with front_of(SEARCHERS) as front:
        processes = Processes(front, SEARCHERS)
        try:
            show(front, indexed, SEARCHERS)
            yield front, processes
        finally:
            processes.close()


def checking(front: Front, expected: dict[str, list[Hit]]) -> Callable[[int], str]:
    """Return a function for `asking` that checks one answer."""

    def check(number: int) -> str:
        query = QUERIES[number % len(QUERIES)]
        answer = ask(front, SearchRequest(query, explain=True), load(None), whole=False)
        if answer.missing:
            return f"{query}: partial"
        return "" if answer.hits == expected[query] else f"{query}: other hits"

    return check


def test_processes_answer_as_one_machine(
    running: tuple[Front, Processes], expected: dict[str, list[Hit]]
) -> None:
    for query in QUERIES:
        answer = ask(running[0], SearchRequest(query, explain=True), load(None))
        assert answer.hits == expected[query]
        assert answer.hits


def test_a_killed_searcher_changes_no_answer(
    running: tuple[Front, Processes], expected: dict[str, list[Hit]]
) -> None:
    """Until the killed searcher runs again and has its pieces back, the others answer for them."""
    front, processes = running
    for name in sorted(processes.running):
        with asking(checking(front, expected), least=40):
            os.kill(processes.running[name].pid, signal.SIGKILL)
            until(lambda: len(front.searchers()) == SEARCHERS - 1, 10)
            time.sleep(0.1)
        processes.restart(name)
        until(lambda: len(front.searchers()) == SEARCHERS, 10)
        until(lambda: front.is_whole(), 10)


def test_a_stopped_searcher_changes_no_answer(
    running: tuple[Front, Processes], expected: dict[str, list[Hit]]
) -> None:
    """The searcher neither answers nor disconnects. Once it continues, it is asked again."""
    front, processes = running
    pid = processes.running["s1"].pid
    with asking(checking(front, expected), least=40) as seconds:
        os.kill(pid, signal.SIGSTOP)
        try:
            time.sleep(0.5)
        finally:
            os.kill(pid, signal.SIGCONT)
    assert max(seconds) < 5
    until(lambda: front.is_whole(), 10)


def test_without_a_replica_the_answer_says_what_is_missing(indexed: Corpus) -> None:
    with front_of(2, replicas=1) as front:
        processes = Processes(front, 2)
        try:
            show(front, indexed, 2)
            with front.views.current(0) as view:
                holder = view.holders[0]  # a searcher that holds pieces: the other may hold none
            os.kill(processes.running[holder].pid, signal.SIGKILL)
            until(lambda: len(front.searchers()) == 1, 10)
            request = SearchRequest("function_3")
            assert ask(front, request, load(None), whole=False, seconds=2).missing
            processes.restart(holder)
            until(lambda: not ask(front, request, load(None), whole=False).missing, 10)
        finally:
            processes.close()


def test_a_search_waits_a_moment_for_the_only_owner(monkeypatch: pytest.MonkeyPatch) -> None:
    """The only searcher ends and starts again: searches take longer, and none is partial."""
    for module in (members, rounds):
        monkeypatch.setattr(module, "RETURN_SECONDS", 10.0)  # enough for a busy machine
    pieces = MemoryPieces()
    held = [pieces.repository(name, TREE, set(), 4) for name in ("one", "two")]
    request = SearchRequest("name_3 return", explain=True)
    expected = one_machine(held, pieces.open, TextEncoder(), request)

    def check(_: int) -> str:
        found = ask(front, request, whole=False)
        return "" if found.hits == expected and not found.missing else "partial"

    with front_of(1) as front, ExitStack() as stack:
        (searcher,) = stack.enter_context(threads(front, 1, pieces))
        show(front, corpus("1", held), 1)
        with asking(check, least=20, clients=3):
            for _ in range(3):
                searcher.close()
                until(lambda: not front.searchers(), 10)
                searcher = start_thread(front, "s0", pieces)
                until(front.is_whole, 10)
        searcher.close()


def test_a_slow_searcher_costs_little() -> None:
    """If the first searcher that holds a piece is late, the second is asked."""
    pieces = MemoryPieces()
    held = [pieces.repository(name, TREE, set(), 4) for name in ("one", "two")]
    with front_of(2) as front, threads(front, 2, pieces) as searchers:
        show(front, corpus("1", held), 2)
        for _ in range(20):
            ask(front, SearchRequest("name_3 return"))
        slow = searchers[0]
        calls = slow._holdings.view

        def late(name: str) -> object:
            time.sleep(1.0)
            return calls(name)

        slow._holdings.view = late  # type: ignore[method-assign, assignment]
        request = SearchRequest("name_3 return", explain=True)
        began = time.perf_counter()
        answer = ask(front, request)
        assert time.perf_counter() - began < 1.0
        assert answer.hits == one_machine(held, pieces.open, TextEncoder(), request)


HOSTILE = {
    "nothing": b"",
    "cut short": struct.pack("<IQ", 10, 0) + b'{"id"',
    "no JSON": struct.pack("<IQ", 4, 0) + b"\xff\xfe{{",
    "huge": struct.pack("<IQ", 1 << 31, 1 << 62),
    "no object": struct.pack("<IQ", 2, 0) + b"[]",
    "deep": struct.pack("<IQ", 100_000, 0) + b"[" * 100_000,
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE)
def test_strangers_are_turned_away(
    running: tuple[Front, Processes], expected: dict[str, list[Hit]], data: bytes
) -> None:
    front = running[0]
    with socket.create_connection(front.address, 5) as stranger:
        stranger.settimeout(8)
        with suppress(OSError):
            stranger.sendall(data)
            stranger.shutdown(socket.SHUT_WR)
            while stranger.recv(1 << 16):
                pass
    found = ask(front, SearchRequest(QUERIES[0], explain=True), load(None))
    assert found.hits == expected[QUERIES[0]]


def test_a_searcher_with_another_token_is_turned_away(running: tuple[Front, Processes]) -> None:
    with socket.create_connection(running[0].address, 5) as stranger:
        source, sink = stranger.makefile("rb"), stranger.makefile("wb")
        with pytest.raises((FrameError, OSError)):
            introduce(source, sink, "another token", Peer("stranger"))
    assert "stranger" not in running[0].searchers()


def test_a_front_without_the_token_gets_no_secret() -> None:
    """To a front without the token, a searcher neither reveals the token nor answers calls."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        pieces = MemoryPieces()
        from codelode.cluster.searcher import Searcher, SearcherOptions

        options = SearcherOptions("s", [server.getsockname()], TOKEN)
        searcher = Searcher(options, pieces)
        try:
            connection, _ = server.accept()
            with connection:
                connection.settimeout(5)
                send(connection, {"protocol": PROTOCOL, "nonce": "00"})
                greeting = connection.recv(4096)
                assert TOKEN.encode() not in greeting
                send(connection, {"proof": "00"})
                send(connection, {"id": 1, "call": "ping"})
                assert connection.recv(4096) == b""
        finally:
            searcher.close()


def send(connection: socket.socket, head: object, body: bytes = b"") -> None:
    encoded = json.dumps(head).encode()
    connection.sendall(struct.pack("<IQ", len(encoded), len(body)) + encoded + body)


REPLIES = {
    "nothing": ({}, b""),
    "an unknown error": ({"error": "annotations", "arguments": []}, b""),
    "no array": ({"missing": [], "arrays": []}, b""),
    "arrays cut short": ({"missing": [], "arrays": [[1 << 30]]}, b"12345678"),
    "pieces that there are not": ({"missing": [1 << 40], "arrays": [[1]]}, bytes(8)),
    "counts below zero": ({"missing": [], "arrays": [[1]]}, b"\xff" * 8),
    "hits": ({"missing": [], "hits": [[1, 2, 3]]}, b""),
}


@pytest.mark.parametrize("reply", REPLIES.values(), ids=REPLIES)
def test_invalid_replies_of_a_searcher_are_rejected(reply: tuple[dict[str, object], bytes]) -> None:
    """A searcher with invalid replies is disconnected; another that holds its pieces answers."""
    pieces = MemoryPieces()
    held = [pieces.repository(name, TREE, set(), 4) for name in ("one", "two")]
    with front_of(2) as front, threads(front, 1, pieces):
        with socket.create_connection(front.address, 5) as liar:
            source, sink = liar.makefile("rb"), liar.makefile("wb")
            introduce(source, sink, TOKEN, Peer("liar"))
            liar.settimeout(None)
            threading.Thread(target=lie, args=(liar, reply), daemon=True).start()
            show(front, corpus("1", held), 2)
            request = SearchRequest("name_3 return", explain=True)
            answer = ask(front, request)
            assert answer.hits == one_machine(held, pieces.open, TextEncoder(), request)
        until(lambda: front.searchers() == ["s0"], 10)


def lie(connection: socket.socket, reply: tuple[dict[str, object], bytes]) -> None:
    """Reply properly to `open`, `ping` and `close`; answer every other call with `reply`."""
    from codelode.system.framing import receive

    source = connection.makefile("rb")
    with suppress(OSError, ValueError):
        while (frame := receive(source)) is not None:
            head = frame[0]
            if head["call"] == "open":
                send(connection, {"id": head["id"], "missing": []})
            elif head["call"] in ("ping", "close"):
                send(connection, {"id": head["id"]})
            else:
                send(connection, {**reply[0], "id": head["id"]}, reply[1])
