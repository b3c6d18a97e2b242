"""`lode mcp` with the SDK's client: over stdio and HTTP, in both versions of the protocol."""

from __future__ import annotations

import http.client
import json
import re
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import anyio
import pytest
from mcp import Client, MCPError

from codelode.http.listen import lacking_name
from codelode.mcp.token_count import count_tokens
from tests.commandline import LODE, CommandLine, imported_by, without, write_many, write_tree
from tests.mcp_client import ERAS, only_text, run, stdio, talk, text_of
from tests.mcp_client import http as http_server

TOOL_NAMES = ["search", "symbols", "outline", "related", "read", "status"]


@pytest.fixture
def indexed(lode: CommandLine, tree: Path) -> Path:
    lode("index", tree).must_succeed()
    return tree


async def check_tools(client: Client) -> None:
    """List the tools and call each of them."""
    tools = (await client.list_tools()).tools
    assert [tool.name for tool in tools] == TOOL_NAMES
    found = await text_of(client, "search", query="when is a failed request sent again")
    assert found.startswith("src/retry.py:")
    assert "def schedule(self, attempt: int) -> float:" in found
    assert "RetryScheduler (class) [6-12]" in found
    assert re.search(r"\[index: generation 1, 5 files, updated .*, up to date\]\Z", found)
    named = await text_of(client, "symbols", name="schedule")
    assert named.startswith("src/retry.py:9 RetryScheduler.schedule (method) [9-12]\n")
    outlined = await text_of(client, "outline", path="src/retry.py")
    assert outlined.splitlines()[:3] == [
        "src/retry.py",
        "6 RetryScheduler (class) [6-12]",
        "  9 schedule (method) [9-12]",
    ]
    assert "tests/test_retry.py:1" in await text_of(client, "related", path="src/retry.py", line=9)
    read = await text_of(client, "read", path="src/retry.py", start_line=6, end_line=7)
    assert read.splitlines()[:2] == ["src/retry.py:6-7 of 12 lines", "class RetryScheduler:"]
    assert "5 files" in await text_of(client, "status")


@pytest.mark.parametrize("era", ERAS)
def test_every_tool_over_stdio(lode: CommandLine, indexed: Path, era: str) -> None:
    async def test() -> None:
        async with stdio(lode, indexed, era=era) as client:
            assert client.server_info is None or client.server_info.name == "lode"
            await check_tools(client)

    run(test)


def test_every_tool_over_http_in_both_eras(lode: CommandLine, indexed: Path) -> None:
    async def test(url: str) -> None:
        for era in ERAS:
            async with Client(url, mode=era) as client:
                await check_tools(client)

    with http_server(lode, indexed) as url:
        run(lambda: test(url))


def test_declarations_suit_every_client(lode: CommandLine, tree: Path) -> None:
    async def test() -> None:
        async with stdio(lode, tree) as client:
            listed = (await client.list_tools()).tools
            always = [t.name for t in listed if (t.meta or {}).get("anthropic/alwaysLoad")]
            assert always == ["search"]
            for tool in listed:
                assert tool.annotations is not None and tool.annotations.read_only_hint
                assert tool.output_schema is None
                assert tool.description is not None
                assert len(tool.description.encode()) < 2048
                check_schema(tool.input_schema)
            assert "grep" in (listed[0].description or "")[:512]

    run(test)


def check_schema(schema: dict[str, Any]) -> None:
    """Refuse unions, nullable types and lists of types: some client fails on each."""
    assert schema["type"] == "object"
    for parameter in schema["properties"].values():
        assert parameter["type"] in ("string", "integer")
        assert not {"anyOf", "oneOf", "allOf", "nullable", "$ref"} & set(parameter)


def test_a_tree_without_an_index_is_indexed_at_the_first_call(
    lode: CommandLine, tmp_path: Path
) -> None:
    root = write_many(tmp_path / "many")
    reports: list[float] = []

    async def note(progress: float, total: float | None, message: str | None) -> None:
        assert message is not None and "indexing" in message
        reports.append(progress)

    async def test() -> None:
        async with stdio(lode, root) as client:
            result = await client.call_tool(
                "search", {"query": "function_17"}, progress_callback=note
            )
            assert "module_17.py:1 function_17" in only_text(result)
            assert "520 files" in await text_of(client, "status")

    run(test)
    assert reports == sorted(reports)
    assert reports


def test_the_home_folder_is_not_indexed_unasked(lode: CommandLine) -> None:
    write_tree(lode.home, {"a.py": "x = 1\n"})

    async def test() -> None:
        async with stdio(lode, lode.home) as client:
            text = await text_of(client, "search", query="x")
            assert "home folder" in text
            assert "lode index" in text

    run(test)
    assert not lode.cache.exists()


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("search", {}),
        ("search", {"query": "   "}),
        ("search", {"query": 7}),
        ("search", {"query": "retry", "limit": "many"}),
        ("search", {"query": "retry", "mode": "fuzzy"}),
        ("search", {"query": "retry", "language": "klingon"}),
        ("search", {"query": "retry", "glob": "{"}),
        ("search", {"query": "retry", "cursor": "nonsense"}),
        ("search", {"query": "retry", "path": "/etc"}),
        ("symbols", {}),
        ("outline", {"path": "nowhere.py"}),
        ("read", {"path": "../outside.py"}),
        ("read", {"path": "/etc/passwd"}),
        ("read", {"path": "link.py"}),
        ("read", {"path": "build/generated.py"}),
        ("read", {"path": "src"}),
        ("related", {"path": "nowhere.py", "line": 3}),
        ("related", {"path": "src/retry.py", "line": [1]}),
    ],
)
def test_bad_arguments_are_one_line_for_the_model(
    lode: CommandLine, indexed: Path, tool: str, arguments: dict[str, Any]
) -> None:
    write_tree(indexed.parent, {"outside.py": "outside = 1\n"})
    (indexed / "link.py").symlink_to(indexed.parent / "outside.py")

    async def test() -> None:
        async with stdio(lode, indexed) as client:
            result = await client.call_tool(tool, arguments)
            assert result.is_error
            message = only_text(result)
            assert message and "\n" not in message
            assert "Traceback" not in message and "outside = 1" not in message
            await text_of(client, "status")

    run(test)


def test_numbers_as_text_nulls_and_unknown_arguments_are_accepted(
    lode: CommandLine, indexed: Path
) -> None:
    async def test() -> None:
        async with stdio(lode, indexed) as client:
            text = await text_of(
                client, "search", query="retry", limit="1", path=None, glob="", file="x"
            )
            assert text.startswith("(ignored unknown arguments: file)")
            assert "[more: cursor=" in text

    run(test)


def test_an_unknown_tool_is_a_protocol_error(lode: CommandLine, indexed: Path) -> None:
    async def test() -> None:
        async with stdio(lode, indexed) as client:
            with pytest.raises(MCPError, match="unknown tool"):
                await client.call_tool("delete_everything", {})

    run(test)


def test_huge_queries_are_answered(lode: CommandLine, indexed: Path) -> None:
    query = "retry scheduler " * (5_000_000 // 16)

    async def over_stdio() -> None:
        async with stdio(lode, indexed) as client:
            text = await text_of(client, "search", query=query, max_tokens=500)
            assert "src/retry.py" in text
            assert count_tokens(text) <= 500

    async def over_http(url: str) -> None:
        async with Client(url) as client:
            assert "src/retry.py" in await text_of(client, "search", query=query)

    run(over_stdio)
    with http_server(lode, indexed) as url:
        run(lambda: over_http(url))


def test_a_cancelled_call_leaves_the_server_answering(lode: CommandLine, tmp_path: Path) -> None:
    root = write_many(tmp_path / "many")

    async def test() -> None:
        for era in ERAS:
            async with stdio(lode, root, era=era) as client:
                with anyio.move_on_after(0.05):
                    await client.call_tool("search", {"query": "function_3"})
                assert "module_4.py:1" in await text_of(client, "search", query="function_4")

    run(test)


def test_malformed_lines_do_not_end_the_server(lode: CommandLine, indexed: Path) -> None:
    lines = [
        b"not json",
        b"[]",
        b"\xff\xfe\x00",
        b'{"jsonrpc":"2.0","id":1,"method":"tools/call"}',
        b'{"jsonrpc":"2.0","id":2,"method":"no/such"}',
        b"[" * 10_000,
        json.dumps(
            {
                "jsonrpc": "2.0",
                "id": 3,
                "method": "initialize",
                "params": {
                    "protocolVersion": "2025-06-18",
                    "capabilities": {},
                    "clientInfo": {"name": "raw", "version": "0"},
                },
            }
        ).encode(),
        b'{"jsonrpc":"2.0","method":"notifications/initialized"}',
        b'{"jsonrpc":"2.0","id":4,"method":"tools/call","params":{"name":"search","arguments":[]}}',
        b'{"jsonrpc":"2.0","id":5,"method":"tools/list"}',
    ]
    answers = talk(lode, indexed, b"\n".join(lines) + b"\n", last=5)
    assert [tool["name"] for tool in answers[5]["result"]["tools"]] == TOOL_NAMES
    assert "error" in answers[4]


def test_what_was_asked_before_the_end_of_the_input_is_answered(
    lode: CommandLine, tmp_path: Path
) -> None:
    root = write_many(tmp_path / "many")  # without an index: the call takes a while
    call = {"name": "search", "arguments": {"query": "function_7"}}
    client = {"name": "raw", "version": "0"}
    hello = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": client}
    lines: list[dict[str, object]] = [
        {"id": 1, "method": "initialize", "params": hello},
        {"method": "notifications/initialized"},
        {"id": 2, "method": "tools/list"},
        {"id": "3", "method": "tools/call", "params": call},
        {"id": 4, "method": "tools/call", "params": call},
        {"method": "notifications/cancelled", "params": {"requestId": 4}},
    ]
    asked = "\n".join(json.dumps({"jsonrpc": "2.0", **line}) for line in lines)
    done = lode("mcp", root, given=f"no JSON\n\n[1]\n{asked}\n".encode())
    assert (done.code, done.message) == (0, "")
    answers = [json.loads(line) for line in done.text.splitlines()]
    errors = [each["error"]["code"] for each in answers if each["id"] is None]
    assert errors == [-32700, -32600]
    found = {each["id"]: each.get("result") for each in answers if each["id"] is not None}
    assert found.keys() == {1, 2, "3"}
    assert [tool["name"] for tool in found[2]["tools"]] == TOOL_NAMES
    assert "module_7.py:1" in found["3"]["content"][0]["text"]


def test_a_client_that_stops_reading_ends_the_server(lode: CommandLine, indexed: Path) -> None:
    with subprocess.Popen(
        [*LODE, "mcp"],
        cwd=indexed,
        env=lode.environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as server:
        assert server.stdin is not None and server.stdout is not None
        server.stdout.close()
        errors = server.communicate(b'{"jsonrpc":"2.0","id":1,"method":"no/such"}\n', 60)[1]
    assert (server.returncode, errors) == (0, b"")


def ask(url: str, **headers: str) -> int:
    """Request the list of tools with some headers and return the HTTP status."""
    address = urlsplit(url)
    assert address.hostname is not None
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=30)
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/list"})
    connection.putrequest("POST", address.path, skip_host="Host" in headers)
    for name, value in {
        "Content-Type": "application/json",
        "Accept": "application/json, text/event-stream",
        "Content-Length": str(len(body)),
        **headers,
    }.items():
        connection.putheader(name.replace("_", "-"), value)
    connection.endheaders(body.encode())
    status = connection.getresponse().status
    connection.close()
    return status


def test_http_checks_host_origin_and_token(lode: CommandLine, indexed: Path) -> None:
    with http_server(lode, indexed) as url:
        host = urlsplit(url).netloc
        assert ask(url) not in (401, 403, 421)
        assert ask(url, Origin=f"http://{host}") not in (401, 403, 421)
        assert ask(url, Origin="http://evil.example") == 403
        assert ask(url, Origin="null") == 403
        assert ask(url, Host="evil.example") == 421
        assert ask(url, Host="127.0.0.1.evil.example") == 421
    with http_server(lode, indexed, LODE_MCP_TOKEN="s3cret") as url:
        assert ask(url) == 401
        assert ask(url, Authorization="Bearer s3cre") == 401
        assert ask(url, Authorization="Bearer s3cret") not in (401, 403, 421)


def test_on_a_terminal_it_says_that_it_waits(lode: CommandLine, indexed: Path) -> None:
    told = lode.on_terminal("mcp", indexed, interrupt_at=b"an MCP client on standard input")
    assert "`lode agent install`" in told.text
    assert "Traceback" not in told.text


def test_a_server_without_a_name_for_others_says_so(lode: CommandLine, tree: Path) -> None:
    process = lode.start("mcp", "--http", "0.0.0.0:0", tree, LODE_MCP_TOKEN="s3cret")
    try:
        assert process.stderr is not None
        assert b"http://0.0.0.0:" in process.stderr.readline()
        assert b"add --name NAME" in process.stderr.readline()
    finally:
        process.kill()
        process.communicate()


def test_only_a_server_at_all_addresses_without_a_name_lacks_one() -> None:
    assert all(lacking_name(host, []) for host in ("0.0.0.0", "::", "::0"))
    assert not any(
        lacking_name(host, []) for host in ("127.0.0.1", "::1", "me.example", "10.0.0.1")
    )
    assert not lacking_name("0.0.0.0", ["me.example"])


def test_other_addresses_need_a_token(lode: CommandLine, tree: Path) -> None:
    lode("mcp", "--http", "0.0.0.0:0", tree).must_be_refused("LODE_MCP_TOKEN")
    lode("mcp", "--http", "port", tree).must_be_refused("[HOST:]PORT")
    lode("mcp", tree / "nowhere").must_be_refused("no such folder")


def test_the_extra_is_named_where_it_is_missing(
    lode: CommandLine, tree: Path, tmp_path: Path
) -> None:
    path = without("mcp_types", tmp_path / "hidden")
    lode("mcp", tree, PYTHONPATH=path).must_be_refused("the extra mcp,", "codelode[mcp]")


def test_a_search_imports_nothing_of_the_server(lode: CommandLine, tree: Path) -> None:
    names = imported_by(lode, "search", "retry", tree, folder=lode.home / "site")
    assert not [name for name in names if name.startswith(("mcp", "codelode.mcp", "anyio"))]
