"""A front serves the page and the tools for agents itself, with the results of its roster."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

pytest.importorskip("mcp", reason="needs the extra mcp")
from mcp import Client
from starlette.testclient import TestClient

from codelode.mcp.calls import Calls
from codelode.mcp.repositories import RepositorySources
from codelode.page.application import Page
from codelode.page.repositories import RepositoryTrees
from codelode.roster.followed import FollowedRoster
from codelode.roster.roster import Roster
from tests.commandline import CommandLine
from tests.mcp_client import run, text_of
from tests.page_server import Site, serving_roster
from tests.rosters import World, make_world

PLACE = "acme/api/src/retry.py"
VIEWS = (
    *("/", "/status", "/state", f"/file/{PLACE}", f"/file/{PLACE}?q=retry", "/file/nowhere"),
    *(f"/related/{PLACE}?line=9", "/?q=retry+schedule", "/results?q=retry+root:acme", "/?q=lang:"),
    *("/file/acme/secret/keys.py", "/?q=secret_key"),
)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    world = make_world(tmp_path_factory.mktemp("roster"))
    world.write("acme/secret", {"keys.py": "def secret_key(): return 'retry'\n"})
    world.add("acme/secret", label="owners")
    return world


@pytest.fixture(scope="module")
def site(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with serving_roster(CommandLine(tmp_path_factory.mktemp("home")), world.place) as found:
        yield found


def roster(world: World) -> FollowedRoster:
    return FollowedRoster(Roster.of(world.objects))


def timeless(text: str) -> str:
    text = re.sub(r'<span class="time">.*?</span>|"(age_)?seconds": [\d.e-]+', "", text)
    return re.sub(r"\d+ (seconds|s|min) ago|just now", "", text)


@pytest.mark.parametrize("path", VIEWS)
def test_the_page_is_that_of_the_roster(site: Site, world: World, path: str) -> None:
    reply = site.ask(path)
    with TestClient(Page(RepositoryTrees(roster(world))).application()) as page:
        expected = page.get(path)
    assert (reply.status, timeless(reply.text)) == (expected.status_code, timeless(expected.text))
    assert "default-src 'none'" in reply.headers["content-security-policy"]


def test_the_api_of_the_front_keeps_its_addresses(site: Site) -> None:
    hits = site.get("/api/search", q="retry", repo="queue").json["hits"]
    assert {hit["path"].split("/")[0] for hit in hits} == {"queue"}
    assert site.ask("/api/update?root=queue", "POST", Origin=site.origin).status == 404
    for path, status in (("/api/nothing", 404), ("/api/search?limit=0", 400)):
        reply = site.ask(path)
        assert (reply.status, set(reply.json)) == (status, {"error"})


def test_agents_ask_the_front_itself(site: Site, world: World) -> None:
    here = Calls(RepositorySources(roster(world)))
    calls = (
        ("search", {"query": "when is a failed request sent again"}),
        ("symbols", {"name": "schedule"}),
        ("outline", {"path": PLACE}),
    )

    async def test() -> None:
        async with Client(f"{site.origin}/mcp") as client:
            for tool, arguments in calls:
                expected = here.run(tool, arguments)
                assert timeless(await text_of(client, tool, **arguments)) == timeless(expected)
            assert "secret" not in await text_of(client, "search", query="secret_key")

    run(test)
