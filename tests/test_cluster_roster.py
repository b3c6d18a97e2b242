"""A roster on a cluster answers as on one machine, also over HTTP and on the command line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.cluster.identical import in_turn
from benchmarks.cluster.rosters import Cluster, OneMachine, asks
from codelode import Answer
from codelode.answers.received import answer_of_object
from codelode.answers.search import answer_object
from codelode.cluster.addresses import Wanted, decode, encode
from codelode.cluster.answer import ClusterRepositories, Restriction
from codelode.cluster.client import ServerRepositories
from codelode.cluster.files import CachedFiles, FileOptions
from codelode.errors import ClusterError, CodelodeError, DamagedError, UsageError
from codelode.objects.folder import FolderStore
from codelode.roster.manifest import repository_key
from codelode.roster.roster import Roster
from codelode.search.request import MODES, SearchRequest
from tests.clusters import comparable, front_of, threads
from tests.commandline import CommandLine, until
from tests.rosters import World, make_world, requests

SEARCHERS = 2


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    world = make_world(tmp_path_factory.mktemp("roster"))
    world.write("acme/secret", {"retry.py": "def retry_secret(): return 'schedule jitter'\n"})
    world.add("acme/secret", label="owners")
    return world


@contextmanager
def clustered(world: World, cache: Path) -> Iterator[ClusterRepositories]:
    """Run searchers of a roster in threads; yield its repositories."""
    with front_of(SEARCHERS) as front:
        repositories = ClusterRepositories(front, Roster.of(FolderStore(world.place)))
        with threads(front, SEARCHERS, CachedFiles(FileOptions(str(cache), 1 << 20))):
            assert front.views.wait_for(lambda view: len(view.members) == SEARCHERS, 10)
            yield repositories
        repositories.close()


@pytest.fixture(scope="module")
def repositories(
    world: World, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ClusterRepositories]:
    with clustered(world, tmp_path_factory.mktemp("cache")) as repositories:
        yield repositories


def test_200_queries_are_answered_as_on_one_machine(
    world: World, repositories: ClusterRepositories
) -> None:
    opened = world.opened()
    for request in requests(200):
        answer = repositories.answer(request, Restriction(strict=True))
        assert comparable(answer) == comparable(opened.answer(request)), request


@pytest.mark.parametrize("searchers", [1, 2, 4])
def test_processes_answer_as_one_machine(world: World, tmp_path: Path, searchers: int) -> None:
    """The short form of `benchmarks.cluster.identical`, which raises at the first difference."""
    roster = Roster.of(FolderStore(world.place))
    asked = asks(roster, 30, seed=searchers)
    here = OneMachine(roster, tmp_path / "here")
    expected = [comparable(here.answer(ask)) for ask in asked]
    cluster = Cluster(roster, searchers, tmp_path / "cache")
    try:
        in_turn([cluster.answer], asked, expected)
    finally:
        cluster.close()


@pytest.mark.parametrize(
    ("globs", "labels"),
    [(["acme"], ()), (["!docs/*"], ("owners",)), (["acme/secret"], ("owners",))],
)
def test_a_selection_is_answered_as_its_repositories_alone(
    world: World, repositories: ClusterRepositories, globs: list[str], labels: tuple[str, ...]
) -> None:
    opened = world.opened(globs, labels)
    for request in requests(30, seed=len(globs[0])):
        answer = repositories.answer(request, Restriction(globs, labels, strict=True))
        assert comparable(answer) == comparable(opened.answer(request)), request


def test_hidden_repositories_are_as_if_they_were_not_there(
    world: World, repositories: ClusterRepositories
) -> None:
    for globs in (["acme/secret"], ["nowhere"]):
        with pytest.raises(UsageError) as refused:
            repositories.answer(SearchRequest("retry"), Restriction(globs))
        with pytest.raises(UsageError) as expected:
            world.opened(globs)
        assert str(refused.value) == str(expected.value)


def test_new_generations_are_searched_without_a_pause(tmp_path: Path) -> None:
    """While repositories come and go, each answer is complete and from a single generation."""
    world = make_world(tmp_path, {"one": {"a.py": "def retry(): return 1\n"}})
    request = SearchRequest("retry", explain=True)
    expected = [world.opened().answer(request).hits]
    with clustered(world, tmp_path / "cache") as repositories:
        for number in range(2, 5):
            world.write(f"n{number}", {"a.py": f"def retry(): return {number}\n"})
            world.add(f"n{number}")
            expected.append(world.opened().answer(request).hits)
            hits = repositories.answer(request, Restriction(strict=True)).hits
            while hits != expected[-1]:
                assert hits in expected
                hits = repositories.answer(request, Restriction(strict=True)).hits
        world.remove("one")
        until(lambda: repositories.answer(request, Restriction()).files == 3, 10)
        assert (
            repositories.answer(request, Restriction()).hits == world.opened().answer(request).hits
        )


def test_a_damaged_repository_is_named_and_does_not_hold_up_the_others(tmp_path: Path) -> None:
    world = make_world(
        tmp_path,
        {"one": {"a.py": "def retry(): pass\n"}, "two": {"b.py": "def retry(): return 2\n" * 9}},
    )
    roster = Roster.of(FolderStore(world.place))
    broken = next(each for each in roster.everything() if each.name == "two")
    (world.place / repository_key(broken.manifest)).write_bytes(b"nonsense")
    with clustered(world, tmp_path / "cache") as repositories:
        answer = repositories.answer(SearchRequest("retry"), Restriction())
        assert answer.missing == ("two",)
        assert not answer.complete
        assert [hit.path for hit in answer.hits] == ["one/a.py"]
        with pytest.raises(ClusterError, match="two"):
            repositories.answer(SearchRequest("retry"), Restriction(strict=True))
        assert repositories.answer(SearchRequest("retry"), Restriction(["one"])).missing == ()
    with pytest.raises(DamagedError):
        world.opened().answer(SearchRequest("retry"))


TEXT = st.text(max_size=8)
wanted_searches = st.builds(
    Wanted,
    st.builds(
        SearchRequest,
        query=TEXT,
        limit=st.integers(1, 1000),
        mode=st.sampled_from(MODES),
        languages=st.lists(TEXT, max_size=2),
        globs=st.lists(TEXT, max_size=2),
        explain=st.booleans(),
        fixed_strings=st.lists(TEXT, max_size=2),
        regex=st.lists(TEXT, max_size=2),
        ignore_case=st.booleans(),
        threshold=st.none() | st.floats(allow_nan=False, allow_infinity=False),
    ),
    repositories=st.lists(TEXT, max_size=2).map(tuple),
    within=st.lists(TEXT, max_size=2).map(tuple),
    strict=st.booleans(),
    seconds=st.none() | st.floats(0.001, 60),
)


@settings(max_examples=60, deadline=None)
@given(wanted_searches)
def test_a_search_is_the_same_after_a_url(wanted: Wanted) -> None:
    assert decode(encode(wanted)) == wanted


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="qlimtode=&%+19x,*", max_size=40))
def test_any_query_of_a_url_is_a_search_or_an_error_of_the_user(query: str) -> None:
    try:
        wanted = decode(query)
    except UsageError:
        return
    assert decode(encode(wanted)) == wanted


def test_an_answer_is_the_same_after_json(world: World) -> None:
    for request in requests(20, seed=3):
        answer = world.opened().answer(request)
        received = answer_of_object(json.loads(json.dumps(answer_object(answer))), request.query)
        assert comparable(received) == comparable(answer)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=3),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
        max_leaves=8,
    )
)
def test_invalid_replies_of_a_server_are_value_errors(value: Any) -> None:
    frame = answer_object(Answer("q", "r", 1, 1, 1, True, 0, [], 0.1))
    for attempt in (value, {**frame, "hits": value}, {**frame, "snapshot": value}):
        try:
            answer_of_object(attempt, "q")
        except ValueError:
            continue


TOKEN = "of the test"


@pytest.fixture(scope="module")
def server(
    world: World, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, CommandLine]]:
    """Run a real `lode cluster serve`, whose clients need a token."""
    lode = CommandLine(tmp_path_factory.mktemp("home"))
    command = ("cluster", "serve", str(world.place), "--no-ray", "--address", "0")
    with lode.serving(*command, LODE_SERVE_TOKEN=TOKEN) as url:
        until(lambda: fetch(f"{url}/api/status")["whole"], 20)
        yield url, lode


def fetch(address: str) -> Any:
    request = Request(address, headers={"Authorization": "Bearer of the test"})
    with urlopen(request, timeout=10) as response:
        return json.load(response)


def test_the_server_answers_as_one_machine(world: World, server: tuple[str, CommandLine]) -> None:
    url, _ = server
    for request in requests(20, seed=5):
        answer = ServerRepositories(url, TOKEN, strict=True).answer(request)
        assert comparable(answer) == comparable(world.opened().answer(request))
    status = fetch(f"{url}/api/status")
    assert status["searchers"] == ["searcher-0", "searcher-1"]
    assert status["repositories"] == 5  # the hidden repository is not counted


def test_the_command_line_prints_the_same(world: World, server: tuple[str, CommandLine]) -> None:
    url, lode = server
    for command in (
        ["search", "retry"],
        ["search", "retry", "--jsonl", "--explain"],
        ["search", "retry", "--vimgrep", "-r", "acme", "-t", "py"],
        ["symbols", "schedule", "-r", "acme"],
        ["symbols", "-f", "acme/api/src/retry.py", "--kind", "class"],
        ["outline", "queue/queue.go"],
        ["related", "acme/web/src/app.ts:2"],
    ):
        there = lode(*command, "--server", url, LODE_SERVE_TOKEN=TOKEN)
        here = lode(*command, "--roster", world.place)
        assert there.out == here.out
        assert there.code == here.code == 0
    nothing = lode("search", "xyzzy", "--server", url, "--lexical", LODE_SERVE_TOKEN=TOKEN)
    assert (nothing.code, nothing.out) == (1, b"")


def test_bad_requests_are_one_line(world: World, server: tuple[str, CommandLine]) -> None:
    url, lode = server
    for arguments, message in (
        (["--server", url, "-r", "nowhere"], "has no repository that matches 'nowhere'"),
        (["--server", url, "--label", "x"], "--label is for --roster"),
        (["--server", url, str(world.folder)], "give only one of"),
        (["--server", "ftp://x"], "is not the URL of a server"),
        (["--server", "http://127.0.0.1:9"], "cannot be reached"),
    ):
        lode("search", "retry", *arguments, LODE_SERVE_TOKEN=TOKEN).must_be_refused(message)
    lode("search", "retry", "--server", url).must_be_refused("requires a token")
    for path, status in (("/api/search?q=", 400), ("/api/search?q=x&limit=0", 400), ("/no", 404)):
        with pytest.raises(HTTPError) as error:
            fetch(f"{url}{path}")
        assert error.value.code == status


def test_servers_that_are_something_else_are_no_traceback(tmp_path: Path) -> None:
    import http.server
    import threading

    class Handler(http.server.SimpleHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(302 if "redirect" in self.path else 200)
            self.send_header("Location", "http://127.0.0.1:9/elsewhere")
            self.end_headers()
            self.wfile.write(b"<html>")

        def log_message(self, format: str, *arguments: object) -> None:
            """Do nothing, so that requests are not logged."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as other:
        threading.Thread(target=other.serve_forever, daemon=True).start()
        for path in ("", "/redirect"):
            with pytest.raises(CodelodeError):
                url = f"http://127.0.0.1:{other.server_port}{path}"
                ServerRepositories(url).answer(SearchRequest("x"))
        other.shutdown()
