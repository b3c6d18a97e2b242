"""The API of a front does what its description says, for requests that schemathesis generates.

Needs the group `browser`: `make test-browser`.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.commandline import CommandLine
from tests.page_server import Site, serving_roster
from tests.rosters import World, make_world

pytest.importorskip("schemathesis", reason="needs the group browser: make test-browser")
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import positive_data_acceptance

pytestmark = pytest.mark.browser

NAMES = ("search", "symbols", "outline", "related", "file", "repositories", "status")
FILES = ("acme/api/src/retry.py", "queue/queue.go", "acme/api", "", "../x")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make_world(tmp_path_factory.mktemp("roster"))


@pytest.fixture(scope="module")
def site(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with serving_roster(CommandLine(tmp_path_factory.mktemp("home")), world.place) as found:
        yield found


def test_the_description_names_every_operation(site: Site) -> None:
    paths = site.get("/api/openapi.json").json["paths"]
    described = {(method, path) for path, item in paths.items() for method in item}
    assert described == {("get", f"/api/{name}") for name in NAMES}


@pytest.mark.parametrize("name", NAMES)
def test_answers_are_as_described(site: Site, name: str) -> None:
    """Answers conform to the description, which lists the statuses: 500 is not among them.

    A request that the schemas allow may be refused: they do not know languages and patterns. With
    a deadline of zero seconds, the front is too busy (503).
    """
    schema = schemathesis.openapi.from_url(f"{site.origin}/api/openapi.json")
    cases = schema[f"/api/{name}"]["GET"].as_strategy()

    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    @given(cases, st.sampled_from(FILES))
    def check(case: schemathesis.Case, file: str) -> None:
        if "path" in (case.query or {}):
            case.query["path"] = file
        case.call_and_validate(excluded_checks=[positive_data_acceptance, not_a_server_error])

    check()
