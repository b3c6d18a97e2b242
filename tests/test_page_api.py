"""The API does what its description says, for requests that schemathesis generates.

Needs the group `browser`: `make test-browser`.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.commandline import SAMPLE, CommandLine, write_tree
from tests.page_server import Site, serving

pytest.importorskip("schemathesis", reason="needs the group browser: make test-browser")
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

pytestmark = pytest.mark.browser

OPERATIONS = (
    ("GET", "/api/search"),
    ("GET", "/api/file"),
    ("GET", "/api/outline"),
    ("GET", "/api/related"),
    ("GET", "/api/status"),
    ("POST", "/api/update"),
)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    home = tmp_path_factory.mktemp("home")
    tree = write_tree(home / "tree", SAMPLE)
    with serving(CommandLine(home), tree) as found:
        found.wait_until_indexed()
        yield found


def test_the_description_names_every_operation(site: Site) -> None:
    paths = site.get("/api/openapi.json").json["paths"]
    described = {(method.upper(), path) for path, item in paths.items() for method in item}
    assert described == set(OPERATIONS)


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_answers_are_as_described(site: Site, method: str, path: str) -> None:
    schema = schemathesis.openapi.from_url(f"{site.origin}/api/openapi.json")
    cases = schema[path][method].as_strategy()

    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    @given(cases, st.sampled_from([*SAMPLE, "", "../x"]))
    def check(case: schemathesis.Case, file: str) -> None:
        if "path" in (case.query or {}):
            case.query["path"] = file
        case.call_and_validate(headers={"Origin": site.origin} if method == "POST" else {})

    check()
