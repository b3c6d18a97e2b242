"""The page and the tools for agents over a roster and over a cluster, as real processes.

Everything is tested with `--roster` and with `--server`: both show the same. A repository that is
hidden from the user leaves no trace in anything that the page and the tools show.
"""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
from starlette.testclient import TestClient

from codelode import Answer, ClusterError
from codelode.cli.entry import main
from codelode.mcp.calls import Calls
from codelode.mcp.repositories import RepositorySources
from codelode.page.application import Page
from codelode.page.repositories import RepositoryTrees
from codelode.roster.followed import FollowedRoster
from codelode.roster.repositories import RepositoryTotals
from codelode.roster.roster import Roster
from codelode.search.request import SearchRequest
from tests.commandline import CommandLine, until
from tests.mcp_client import only_text, run, stdio, text_of
from tests.page_server import Site, serving
from tests.rosters import World, make_world

TOKEN = "of the test"
HIDDEN = {
    "retry.py": "def zebra_retry(): return 'schedule zebra jitter'\n",
    "vault.py": "class Zebra: pass\n",
}
PLACE = "acme/api/src/retry.py"


@dataclass
class Served:
    """A world, and the flags that name its roster, or the front of its cluster, in commands."""

    world: World
    lode: CommandLine
    flags: tuple[str, str]

    @property
    def roster(self) -> FollowedRoster:
        return FollowedRoster(Roster.of(self.world.objects))


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    world = make_world(tmp_path_factory.mktemp("roster"))
    world.write("acme/zebra", HIDDEN)
    world.add("acme/zebra", label="owners")
    return world


@pytest.fixture(scope="module")
def front(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    lode = CommandLine(tmp_path_factory.mktemp("front"))
    command = (
        "cluster",
        "serve",
        str(world.place),
        "--no-ray",
        "--address",
        "0",
        "--searchers",
        "1",
    )
    with lode.serving(*command, LODE_SERVE_TOKEN=TOKEN) as url:
        headers = {"Authorization": f"Bearer {TOKEN}"}

        def whole() -> bool:
            with urlopen(Request(f"{url}/api/status", headers=headers), timeout=10) as response:
                return bool(json.load(response)["whole"])

        until(whole, 20)
        yield url


@pytest.fixture(scope="module", params=["roster", "server"])
def served(
    request: pytest.FixtureRequest, world: World, tmp_path_factory: pytest.TempPathFactory
) -> Served:
    lode = CommandLine(tmp_path_factory.mktemp("home"))
    if request.param == "roster":
        return Served(world, lode, ("--roster", str(world.place)))
    lode = lode.having({"LODE_SERVE_TOKEN": TOKEN})
    return Served(world, lode, ("--server", request.getfixturevalue("front")))


@pytest.fixture(scope="module")
def site(served: Served) -> Iterator[Site]:
    with serving(served.lode, *served.flags) as found:
        if served.flags[0] == "--server":  # the server requires a token, so the page does too
            assert found.ask("/").status == 401
            found.headers["Authorization"] = f"Bearer {TOKEN}"
        yield found


def test_the_page_shows_hits_of_all_repositories(site: Site, served: Served) -> None:
    hits = served.roster.answer(SearchRequest("retry schedule", 20)).hits
    found = site.get("/api/search", q="retry schedule").json
    assert [f"{hit['root']}/{hit['path']}" for hit in found["hits"]] == [hit.path for hit in hits]
    assert [hit["score"] for hit in found["hits"]] == [hit.score for hit in hits]
    assert not found["problems"]
    page = site.get("/", q="retry schedule").html
    hrefs = page.values("a", "href")
    assert f"/file/{PLACE}?q=retry+schedule#L9" in hrefs
    assert "/?q=retry+schedule+root%3Aacme%2Fapi" in hrefs
    assert not [href for href in hrefs if href.startswith("vscode:")]  # no file to open


def test_a_repository_or_a_glob_of_some_is_a_filter(site: Site) -> None:
    for query, roots in (
        ("retry root:acme/web", {"acme/web"}),
        ("retry root:acme", {"acme/web", "acme/api"}),
        ("retry -root:acme -root:docs", {"acme.mirror/api", "queue"}),
        ("retry lang:go root:queue", {"queue"}),
    ):
        hits = site.get("/api/search", q=query).json["hits"]
        assert {hit["root"] for hit in hits} == roots, query
    nothing = site.get("/api/search", q="retry root:nowhere").json
    assert not nothing["hits"]
    assert "no repository that matches 'nowhere'" in nothing["problems"][0]


def test_a_file_is_shown_as_it_was_indexed(site: Site, served: Served) -> None:
    text = (served.world.folder / "trees" / PLACE).read_text()
    reply = site.file(PLACE)
    assert reply.status == 200
    page = reply.html
    shown = [f"L{number}" for number in range(1, len(text.splitlines()) + 1)]
    assert [each for each in page.values("span", "id") if each.startswith("L")] == shown
    assert "as indexed" in page.text and "Exponential backoff with jitter" in page.text
    assert "#L9" in page.values("a", "href")  # a link in the outline
    body = site.get("/api/file", root="acme/api", path="src/retry.py").json
    assert body["text"] == text
    outline = site.get("/api/outline", root="acme/api", path="src/retry.py").json
    assert [each["name"] for each in outline["symbols"]] == ["RetryScheduler", "schedule"]
    near = site.get("/api/related", root="acme/api", path="src/retry.py", line=9, limit=3).json
    expected = served.roster.related(PLACE, 9, 3)
    assert [f"{hit['root']}/{hit['path']}" for hit in near["hits"]] == [h.path for h in expected]
    assert "acme.mirror/api/src/retry.py" in site.get(f"/related/{PLACE}", line=9).text


def test_home_and_status_name_the_repositories_and_update_nothing(site: Site) -> None:
    home = site.get("/").html
    assert "/?q=root%3Aacme%2Fweb+" in home.values("a", "href")
    status = site.get("/status").html
    assert not [each for each in status.values("form", "action") if "update" in each]
    (root,) = site.get("/api/status").json["roots"]
    assert (root["files"], root["exists"], root["updating"]) == (17, True, False)
    assert site.ask("/api/update?root=queue", "POST", Origin=site.origin).status == 404


ROUTES = (
    *("/file/{}", "/file/{}?q=zebra", "/related/{}?line=1", "/api/file?path={}", "/"),
    *("/api/file?root=acme/zebra&path={}", "/api/outline?path={}", "/api/status", "/status"),
    *("/api/related?root=acme/zebra&path={}&line=1", "/api/search?q=retry+root:{}"),
    *("/?q=retry+root:{}", "/results?q=retry+root:{}"),
)


def test_no_address_of_the_page_shows_anything_hidden(site: Site) -> None:
    """The page treats a hidden repository as nonexistent, and shows its content nowhere."""
    names = ("acme/zebra", "acme/zebra/vault.py", "vault.py", "acme/zebr%61/vault.py")
    for route in ROUTES:
        for name in names:
            reply = site.ask(route.format(name))
            other = site.ask(route.replace("zebra", "cobra").format(name.replace("zebr", "cobr")))
            assert reply.status == other.status, (route, name)
            assert same(reply.text, "zebra") == same(other.text, "cobra"), (route, name)
    for query in (
        "zebra_retry",
        "Zebra",
        "schedule zebra jitter",
        "vault.py",
        "acme/zebra/vault.py",
    ):
        found = site.get("/api/search", q=query, limit=200).json
        assert "acme/zebra" not in {hit["root"] for hit in found["hits"]}
        assert found["snapshot"]["files"] == 17
        assert b"class Zebra" not in site.get("/", q=query).body


def same(text: str, name: str) -> str:
    """Return a page without times, and with "NAME" in place of the name of a repository."""
    text = re.sub(r'<span class="time">.*?</span>|"(age_)?seconds": [\d.e-]+', "", text)
    return re.sub(r"\d+ (seconds|s|min) ago|just now", "", text).replace(name, "NAME")


def test_hostile_addresses_are_refused(site: Site) -> None:
    for path in (
        *("..", "acme/api/../../x", "acme/api/%00", "%2e%2e/x", "acme/api", "acme", "/acme/api"),
        *("acme/api/%ff.py", "acme/api//src/retry.py", f"{PLACE}/", f"./{PLACE}"),
    ):
        assert site.ask(f"/file/{path}").status == 404, path
    for path in ("/api/search?q=x&limit=0", "/api/search?q=x&mode=magic"):
        assert site.ask(path).status == 400


def test_agents_find_places_in_all_repositories(served: Served) -> None:
    async def test() -> None:
        async with stdio(served.lode, *served.flags) as client:
            found = await text_of(client, "search", query="when is a failed request sent again")
            assert re.match(r"acme(\.mirror)?/api/src/retry\.py:\d", found)
            assert re.search(r"\[17 files in 5 repositories, updated .*\]", found)
            page = await text_of(client, "search", query="retry", limit=1, max_tokens=400)
            cursor = re.search(r"cursor=(\S+)\]", page)
            assert cursor
            more = await text_of(client, "search", query="retry", limit=1, cursor=cursor[1])
            assert more.split(":")[0] != page.split(":")[0]
            for path, glob, expected in (
                ("acme", "", r"acme/"),
                ("acme/web", "", r"acme/web/"),
                ("acme/api/src", "*.py", r"acme/api/src/\w+\.py"),
                (PLACE, "", PLACE),
                (PLACE, "*.py", PLACE),
            ):
                text = await text_of(client, "search", query="retry", path=path, glob=glob)
                places = re.findall(r"^(\S+):\d+ ", text, re.MULTILINE)
                assert places and all(re.match(expected, each) for each in places), (path, text)
            named = await text_of(client, "symbols", name="schedule", path="acme/api")
            assert named.startswith(f"{PLACE}:9 RetryScheduler.schedule (method) [9-12]\n")
            outline = await text_of(client, "outline", path=PLACE)
            assert outline.splitlines()[1] == "6 RetryScheduler (class) [6-12]"
            near = await text_of(client, "related", path=PLACE, line=9)
            assert near.startswith("acme.mirror/api/src/retry.py:")
            read = await text_of(client, "read", path=f"/{PLACE}", start_line=6, end_line=7)
            assert read.splitlines()[:2] == [f"{PLACE}:6-7 of 12 lines", "class RetryScheduler:"]
            status = await text_of(client, "status")
            assert "acme/web: 4 files (typescript, markdown, python)" in status

    run(test)


def test_agents_see_nothing_hidden_and_get_one_line_for_bad_paths(served: Served) -> None:
    calls: list[tuple[str, dict[str, Any]]] = [
        ("read", {"path": "acme/zebra/vault.py"}),
        ("outline", {"path": "acme/zebra/vault.py"}),
        ("related", {"path": "acme/zebra/retry.py", "line": 1}),
        ("search", {"query": "retry", "path": "acme/zebra"}),
        ("symbols", {"name": "", "path": "acme/zebra"}),
        ("search", {"query": "retry", "path": "../x"}),
        ("read", {"path": "acme/api"}),
        ("read", {"path": ""}),
    ]

    async def test() -> None:
        async with stdio(served.lode, *served.flags) as client:
            for tool, arguments in calls:
                messages = []
                for name in ("zebra", "cobra"):
                    given = {
                        key: str(value).replace("zebra", name) for key, value in arguments.items()
                    }
                    result = await client.call_tool(tool, given)
                    assert result.is_error, (tool, arguments)
                    messages.append(only_text(result).replace(name, "NAME"))
                assert messages[0] == messages[1]
                assert "\n" not in messages[0] and "Traceback" not in messages[0]
            for tool, arguments in (
                ("symbols", {"name": "Zebra"}),
                ("search", {"query": "zebra_retry"}),
            ):
                text = await text_of(client, tool, **arguments)
                assert "vault.py" not in text and "acme/zebra" not in text
            assert "zebra" not in await text_of(client, "status")

    run(test)


class Partial(FollowedRoster):
    """A cluster in which one repository cannot be searched in time."""

    def answer(self, request: SearchRequest, globs: Sequence[str] = ()) -> Answer:
        return replace(super().answer(request, globs), missing=("queue",), complete=False)


class Down(FollowedRoster):
    """A cluster that could be reached when the page started, but no longer can be."""

    def answer(self, request: SearchRequest, globs: Sequence[str] = ()) -> Answer:
        raise ClusterError("http://front cannot be reached: refused")

    def totals(self, globs: Sequence[str] = ()) -> list[RepositoryTotals]:
        raise ClusterError("http://front cannot be reached: refused")


def test_a_partial_answer_names_what_is_missing(world: World) -> None:
    partial = Partial(Roster.of(world.objects))
    note = "not searched in time: queue"
    with TestClient(Page(RepositoryTrees(partial)).application()) as page:
        assert note in page.get("/?q=retry").text
        assert "does not cover the whole tree" not in page.get("/?q=retry").text
        assert page.get("/api/search?q=retry").json()["problems"] == [note]
    assert note in Calls(RepositorySources(partial)).run("search", {"query": "retry"})


def test_a_server_that_is_gone_is_a_message_and_not_a_failure(world: World) -> None:
    down = Down(Roster.of(world.objects))
    with TestClient(Page(RepositoryTrees(down)).application()) as page:
        for path, status in (("/", 503), ("/?q=retry", 503), ("/api/search?q=retry", 503)):
            reply = page.get(path)
            assert (reply.status_code, "cannot be reached" in reply.text) == (status, True), path
        (root,) = page.get("/api/status").json()["roots"]
        assert "cannot be reached" in root["problem"] and not root["exists"]
        assert "cannot be reached" in page.get("/status").text
    with pytest.raises(ClusterError):
        Calls(RepositorySources(down)).run("status", {})


@pytest.mark.parametrize("command", ["serve", "mcp", "search x", "symbols x", "outline a/b.py",
                                     "related a/b.py:1"])  # fmt: skip
def test_what_cannot_be_reached_is_one_line(
    front: str,
    silent: str,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    command: str,
) -> None:
    """Every command reports a wrong roster, an unreachable server or a wrong token in one line."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr("codelode.cluster.client.SECONDS", 0.3)
    for flags, token, problem in (
        (["--roster", f"{tmp_path}/none"], "", "no roster in"),
        (["--roster", "ftp://x"], "", "a store is s3://"),
        (["--server", "http://127.0.0.1:9"], "", "cannot be reached: "),
        (["--server", silent], "", "cannot be reached: timed out"),
        (["--server", front], "", "requires a token: set LODE_SERVE_TOKEN"),
        (["--server", front], "wrong", "refuses the token in LODE_SERVE_TOKEN"),
        (["--server", "127.0.0.1:9"], "", "is not the URL of a server"),
        (["--server", front, "-r", "acme/zebra"], TOKEN, ""),
        (["--server", front, "--label", "owners"], TOKEN, "--label is for --roster"),
        (["--server", front, "--roster", "x"], TOKEN, "give only one of"),
        (["-r", "acme"], "", "select repositories of a --roster"),
    ):
        monkeypatch.setenv("LODE_SERVE_TOKEN", token)
        assert main([*command.split(), *flags]) == 2, flags
        out, err = capfd.readouterr()
        assert out == "" and err.startswith("lode: ") and err.count("\n") == 1, err
        assert problem in err


@pytest.fixture
def silent() -> Iterator[str]:
    """Run a server that accepts connections and says nothing; yield its URL."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
