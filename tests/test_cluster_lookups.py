"""A cluster answers lookups as the roster does: definitions, outlines, texts, similar code."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from codelode import ClusterError, UsageError
from codelode.answers import received
from codelode.answers.roster import totals_object
from codelode.answers.symbols import symbol_object
from codelode.cluster import lookup_messages as messages
from codelode.cluster.answer import ClusterRepositories, Restriction
from codelode.cluster.lookup_addresses import decode_fields, encode_fields
from codelode.cluster.seen import SeenRepositories
from codelode.front_site import front_site
from codelode.roster.followed import FollowedRoster
from codelode.roster.manifest import repository_key
from codelode.roster.roster import Roster
from codelode.search.request import SearchRequest
from codelode.search.symbol_query import SymbolRequest
from codelode.search.symbols import STAGES
from codelode.system.framing import FrameError
from tests.rosters import World, make_world
from tests.test_cluster_roster import clustered
from tests.test_roster_lookups import SECRET, SYMBOLS

PLACES = (
    ("acme/api/src/retry.py", 9),
    ("acme.mirror/api/lib/queue.go", 4),
    ("queue/queue.go", 3),
    ("docs/tests/guide.md", 1),
    ("acme/web/src/app.ts", 2),
)
NO_PLACES = (
    "acme/secret/retry.py",
    "acme/api/nothing.py",
    "nowhere/a.py",
    "acme/api",
    "",
    "a/../b",
)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    world = make_world(tmp_path_factory.mktemp("roster"))
    world.write("acme/secret", SECRET)
    world.add("acme/secret", label="owners")
    return world


@pytest.fixture(scope="module")
def cluster(
    world: World, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ClusterRepositories]:
    with clustered(world, tmp_path_factory.mktemp("cache")) as repositories:
        yield repositories


@pytest.fixture(scope="module")
def roster(world: World) -> FollowedRoster:
    return FollowedRoster(Roster.of(world.objects))


def test_lookups_of_a_cluster_are_those_of_one_machine(
    cluster: ClusterRepositories, roster: FollowedRoster
) -> None:
    seen = SeenRepositories(cluster, Restriction())
    for request in SYMBOLS:
        assert seen.symbols(request) == roster.symbols(request), request
    for globs in (["acme"], ["!acme/*"], ["queue", "docs"]):
        request = SymbolRequest("schedule")
        assert seen.symbols(request, globs) == roster.symbols(request, globs)
        assert seen.totals(globs) == roster.totals(globs)
    for path, line in PLACES:
        assert seen.outline(path) == roster.outline(path)
        assert seen.text(path) == roster.text(path)
        for limit in (1, 3, 50):
            assert seen.related(path, line, limit) == roster.related(path, line, limit)


@pytest.mark.parametrize("path", NO_PLACES)
def test_missing_files_are_refused_in_the_same_words_as_by_a_roster(
    cluster: ClusterRepositories, roster: FollowedRoster, path: str
) -> None:
    seen = SeenRepositories(cluster, Restriction())
    for name in ("outline", "text", "related"):
        refusals = []
        for repositories in (seen, roster):
            ask: Callable[..., object] = getattr(repositories, name)
            with pytest.raises(UsageError) as refused:
                ask(path, *([1] if name == "related" else []))
            refusals.append(str(refused.value))
        assert refusals[0] == refusals[1]


def test_a_restriction_is_never_widened(cluster: ClusterRepositories) -> None:
    """Globs of a request select among the repositories that the client sees, and no others."""
    seen = SeenRepositories(cluster, Restriction(within=["acme"]))
    assert {each.name for each in seen.totals(["*"])} == {"acme/api", "acme/web"}
    assert {each.name for each in seen.totals(["web", "queue"])} == {"acme/web"}
    for refused in (
        lambda: seen.text("queue/queue.go"),
        lambda: seen.answer(SearchRequest("queue"), ["queue"]),
        lambda: seen.symbols(SymbolRequest("Push"), ["queue"]),
    ):
        with pytest.raises(UsageError):
            refused()
    owner = SeenRepositories(cluster, Restriction(labels=["owners"]))
    assert owner.text("acme/secret/b.py") == SECRET["b.py"]


def test_a_damaged_repository_makes_lookups_fail_instead_of_answering_in_part(
    tmp_path: Path,
) -> None:
    trees = {"one": {"a.py": "def retry(): pass\n"}, "two": {"b.py": "def retry(): return 2\n"}}
    world = make_world(tmp_path, trees)
    broken = next(each for each in Roster.of(world.objects).everything() if each.name == "two")
    (world.place / repository_key(broken.manifest)).write_bytes(b"nonsense")
    with clustered(world, tmp_path / "cache") as repositories:
        seen = SeenRepositories(repositories, Restriction())
        for refused in (
            lambda: seen.symbols(SymbolRequest("retry")),
            lambda: seen.outline("two/b.py"),
            lambda: seen.related("one/a.py", 1),
        ):
            with pytest.raises(ClusterError, match="two"):
                refused()
        assert seen.text("one/a.py") == trees["one"]["a.py"]
        assert [hit.path for hit in seen.symbols(SymbolRequest("retry"), ["one"])] == ["one/a.py"]


def test_the_api_has_the_objects_of_the_command_line(
    cluster: ClusterRepositories, roster: FollowedRoster
) -> None:
    with TestClient(front_site(cluster, ())) as api:
        found = api.get("/api/symbols?name=schedule&kind=method&repo=acme").json()
        expected = roster.symbols(SymbolRequest("schedule", kinds="method"), ["acme"])
        assert found["symbols"] == [symbol_object(each) for each in expected]
        assert received.symbols_of_object(found) == expected
        path = "acme/api/src/retry.py"
        assert received.symbols_of_object(api.get(f"/api/outline?path={path}").json()) == (
            roster.outline(path)
        )
        assert api.get(f"/api/file?path={path}").json()["text"] == roster.text(path)
        near = api.get(f"/api/related?path={path}&line=9&limit=3").json()
        assert received.hits_of_object(near) == roster.related(path, 9, 3)
        listed = api.get("/api/repositories?within=acme&repo=web").json()
        assert received.totals_of_object(listed) == roster.totals(["acme/web"])
        for wrong in (
            "symbols?limit=0",
            "symbols?kind=wombat",
            "symbols?exact=maybe",
            "outline?path=acme/secret/b.py",
            "file",
            "related?path=queue/queue.go&line=0",
            "repositories?repo=%7B",
            "file?shade=red",
        ):
            reply = api.get(f"/api/{wrong}")
            assert reply.status_code == 400, wrong
            assert set(reply.json()) == {"error"}


TEXT = st.text(max_size=8)


@settings(max_examples=60, deadline=None)
@given(
    st.builds(
        SymbolRequest,
        name=TEXT,
        limit=st.integers(1, 1000),
        kinds=st.lists(TEXT, max_size=2),
        languages=st.lists(TEXT, max_size=2),
        globs=st.lists(TEXT, max_size=2),
        exact=st.booleans(),
    )
)
def test_a_request_for_definitions_is_the_same_after_a_url(request: SymbolRequest) -> None:
    from codelode.cluster.lookup_addresses import of_symbols

    assert decode_fields(encode_fields(of_symbols(request))).symbols() == request


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=8,
)


@given(JSON)
def test_invalid_replies_of_a_server_are_value_errors(roster: FollowedRoster, value: Any) -> None:
    symbol = symbol_object(roster.outline("queue/queue.go")[0])
    totals = totals_object(roster.totals()[0])
    for read, attempts in (
        (received.symbols_of_object, (value, {"symbols": value}, {"symbols": [value]})),
        (received.symbols_of_object, [{"symbols": [{**symbol, k: value}]} for k in symbol]),
        (received.totals_of_object, [{"repositories": [{**totals, k: value}]} for k in totals]),
        (received.text_of_object, (value, {"text": value})),
        (received.hits_of_object, (value, {"hits": value})),
    ):
        for attempt in attempts:
            try:
                read(attempt)
            except ValueError:
                continue
            json.dumps(value)


@given(JSON, st.sampled_from(STAGES), st.binary(max_size=9))
def test_invalid_replies_of_a_searcher_are_frame_errors(
    value: Any, stage: Any, body: bytes
) -> None:
    hit = ["a.py", 1, 1, 1, "f", "f", "function", None, 0, False, None, False]
    for head in (value, {"found": value, "kinds": []}, {"found": [[value, hit]], "kinds": value}):
        for read in (
            lambda frame: messages.unpack_symbols(frame, stage),
            messages.unpack_outline,
            messages.unpack_text,
            lambda frame: messages.unpack_anchor(frame, "a.py"),
        ):
            try:
                read((head, body))
            except FrameError:
                continue
