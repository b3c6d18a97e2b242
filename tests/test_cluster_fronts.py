"""Several fronts at once, fronts that end and come back, and what each front shows to whom."""

from __future__ import annotations

import json
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from codelode import Answer, Hit, UsageError
from codelode.cluster.answer import ClusterRepositories, Restriction
from codelode.cluster.client import ServerRepositories
from codelode.cluster.files import CachedFiles, FileOptions
from codelode.cluster.front import Front, FrontOptions
from codelode.cluster.searcher import Searcher, SearcherOptions
from codelode.objects.folder import FolderStore
from codelode.roster.roster import Roster
from codelode.search.request import SearchRequest
from tests.clusters import TOKEN, asking, comparable
from tests.commandline import CommandLine, children, processes, until
from tests.rosters import World, make_world, requests

SEARCHERS = 2
REQUEST = SearchRequest("retry", explain=True)
LABELS: tuple[tuple[str, ...], ...] = ((), ("owners",), ("owners", "staff"))


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    world = make_world(tmp_path_factory.mktemp("roster"))
    for name, label in (("acme/secret", "owners"), ("queue.private", "staff")):
        world.write(name, {"retry.py": f"def retry_{label}(): return 'schedule jitter'\n"})
        world.add(name, label)
    return world


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


@contextmanager
def front_at(port: int, world: World) -> Iterator[ClusterRepositories]:
    front = Front(FrontOptions(TOKEN, port=port, searchers=SEARCHERS))
    repositories = ClusterRepositories(front, Roster.of(FolderStore(world.place)))
    try:
        yield repositories
    finally:
        repositories.close()
        front.close()


@contextmanager
def searchers_of(ports: list[int], folder: Path) -> Iterator[None]:
    """Run searchers that several fronts share."""
    fronts = [("127.0.0.1", port) for port in ports]
    files = CachedFiles(FileOptions(str(folder), 1 << 30))
    running = [
        Searcher(SearcherOptions(f"s{number}", fronts, TOKEN), files) for number in range(SEARCHERS)
    ]
    try:
        yield
    finally:
        for each in running:
            each.close()


def checking(
    repositories: ClusterRepositories, world: World, labels: tuple[str, ...]
) -> Callable[[int], str]:
    """Return a function for `asking` that checks one answer to somebody with these labels."""
    opened = world.opened(labels=labels)
    asked = requests(12, seed=len(labels))
    expected = [comparable(opened.answer(request)) for request in asked]

    def check(number: int) -> str:
        turn = number % len(asked)
        restriction = Restriction((), labels, strict=True)
        answer = comparable(repositories.answer(asked[turn], restriction))
        return "" if answer == expected[turn] else f"another answer to {asked[turn]}"

    return check


def whole(repositories: ClusterRepositories) -> bool:
    front = repositories.front
    return front.is_whole() and len(front.searchers()) == SEARCHERS


def test_fronts_share_searchers_and_do_not_disturb_each_other(world: World, tmp_path: Path) -> None:
    """Two fronts search at the same time, for different people; one of them ends and comes back."""
    ports = [free_port(), free_port()]
    with ExitStack() as stack:
        stack.enter_context(searchers_of(ports, tmp_path))
        one = stack.enter_context(front_at(ports[0], world))
        until(lambda: whole(one), 10)
        with asking(checking(one, world, LABELS[1]), least=20):
            for labels in (LABELS[0], LABELS[2]):
                with front_at(ports[1], world) as two:
                    began = time.monotonic()
                    until(lambda: whole(two), 10)
                    assert time.monotonic() - began < 5
                    with asking(checking(two, world, labels), least=20, clients=2):
                        pass
        assert whole(one)


def test_fronts_move_to_a_new_generation_each_on_its_own(tmp_path: Path) -> None:
    world = make_world(tmp_path, {"one": {"a.py": "def retry(): return 1\n"}})
    ports = [free_port(), free_port()]
    with ExitStack() as stack:
        stack.enter_context(searchers_of(ports, tmp_path / "cache"))
        fronts = [stack.enter_context(front_at(port, world)) for port in ports]
        for number in range(3):
            before = world.opened().answer(REQUEST).hits
            until(lambda: all(map(whole, fronts)), 10)
            world.write(f"n{number}", {"a.py": f"def retry(): return {number}\n"})
            world.add(f"n{number}")
            after = world.opened().answer(REQUEST).hits
            first, second = fronts if number % 2 else fronts[::-1]
            first.look()
            until(partial(finds, first, after), 10)
            assert second.answer(REQUEST, Restriction(strict=True)).hits in (before, after)
            second.look()
            until(partial(finds, second, after), 10)
            assert finds(first, after)


def finds(repositories: ClusterRepositories, hits: list[Hit]) -> bool:
    return repositories.answer(REQUEST, Restriction(strict=True)).hits == hits


@pytest.mark.parametrize("labels", LABELS[:2])
def test_a_front_shows_what_its_labels_permit(
    world: World, lode: CommandLine, labels: tuple[str, ...]
) -> None:
    """Over HTTP, hits, totals and messages are as if the roster had only permitted repositories."""
    flags = [word for label in labels for word in ("--label", label)]
    opened = world.opened(labels=labels)
    with lode.serving(
        "cluster", "serve", str(world.place), "--no-ray", "--address", "0", *flags
    ) as url:
        until(lambda: fetch(f"{url}/api/status")["whole"], 20)
        server = ServerRepositories(url, strict=True)
        for request in requests(20, seed=7):
            answer = server.answer(request)
            assert comparable(answer) == comparable(opened.answer(request)), request
        status = fetch(f"{url}/api/status")
        selection = opened.selection
        assert status["repositories"] == len(selection)
        assert (status["files"], status["chunks"]) == (selection.files, selection.chunks)
        for name in ("acme/secret", "queue.private", "nowhere"):
            expected = outcome(partial(search_one, world, name, labels))
            assert outcome(partial(server.answer, REQUEST, [name])) == expected
        with pytest.raises(HTTPError) as refused:
            fetch(f"{url}/api/search?q=retry&label=owners")
        assert refused.value.code == 400


def search_one(world: World, name: str, labels: tuple[str, ...]) -> Answer:
    return world.opened([name], labels).answer(REQUEST)


def outcome(search: Callable[[], Answer]) -> object:
    """Return the hits of a search, or the message of its refusal."""
    try:
        return search().hits
    except UsageError as error:
        return str(error)


def fetch(address: str) -> Any:
    with urlopen(address, timeout=10) as response:
        return json.load(response)


def test_a_front_can_be_restarted_right_after_it_was_killed(
    world: World, lode: CommandLine
) -> None:
    """Searchers are a front's children: if it is killed, they end; the next front starts others."""
    port = free_port()
    command = ["cluster", "serve", str(world.place), "--no-ray", "--address", str(port)]
    url = f"http://127.0.0.1:{port}"
    expected = comparable(world.opened().answer(REQUEST))
    with lode.serving(*command):
        until(lambda: answers(url, expected), 20)
        (pid,) = processes("serve", str(world.place), str(port))
        searchers = children(pid)
        assert len(searchers) == SEARCHERS
        os.kill(pid, signal.SIGKILL)
        until(lambda: not any(Path(f"/proc/{each}").exists() for each in searchers), 5)
        began = time.monotonic()
        with lode.serving(*command):
            until(lambda: answers(url, expected), 20)
            print(f"whole {time.monotonic() - began:.2f} s after the end of a front")


def answers(url: str, expected: object) -> bool:
    """Return whether a front answers already; if it does, check that the answer is complete."""
    from codelode.errors import ClusterError

    try:
        answer = ServerRepositories(url, strict=True).answer(REQUEST)
    except ClusterError:
        return False
    assert comparable(answer) == expected
    return True
