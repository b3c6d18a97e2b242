"""A real client of `lode mcp`, from the SDK: over standard input and output, or HTTP."""

from __future__ import annotations

import contextlib
import json
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import anyio
from mcp import Client, StdioServerParameters

from tests.commandline import LODE, CommandLine

ERAS = ("legacy", "2026-07-28")
"""Modes of the client: with the handshake of 2025, and without one."""


@contextlib.asynccontextmanager
async def stdio(
    lode: CommandLine, *arguments: str | Path, era: str = "2026-07-28", cwd: Path | None = None
) -> AsyncIterator[Client]:
    """Start `lode mcp`; yield a client that is connected to it."""
    server = StdioServerParameters(
        command=LODE[0],
        args=[*LODE[1:], "mcp", *map(str, arguments)],
        env=lode.environment(),
        cwd=cwd or lode.home,
    )
    async with Client(server, mode=era, read_timeout_seconds=60) as client:
        yield client


@contextlib.contextmanager
def http(lode: CommandLine, *arguments: str | Path, **environment: str) -> Iterator[str]:
    """Start `lode mcp --http` on a free port; yield its URL."""
    with lode.serving("mcp", "--http", "0", *arguments, **environment) as url:
        yield url


async def text_of(client: Client, tool: str, /, **arguments: Any) -> str:
    """Call a tool that must succeed and return its text."""
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, result
    return only_text(result)


def only_text(result: Any) -> str:
    """Return the text of a result, which must be its only content."""
    assert result.structured_content is None
    (content,) = result.content
    assert content.type == "text"
    text: str = content.text
    return text


def run(function: Any) -> None:
    """Run an async test with a time limit."""

    async def limited() -> None:
        with anyio.fail_after(120):
            await function()

    anyio.run(limited)


def talk(lode: CommandLine, root: Path, lines: bytes, last: int) -> dict[object, Any]:
    """Send raw lines to `lode mcp`; return its answers by id, up to the answer with id `last`.

    The input then ends, and the server must exit with 0 and without a traceback.
    """
    process = subprocess.Popen(
        [*LODE, "mcp", str(root)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=lode.environment(),
        cwd=lode.home,
    )
    assert process.stdin is not None and process.stdout is not None
    process.stdin.write(lines)
    process.stdin.flush()
    answers: dict[object, Any] = {}
    while last not in answers:
        answer = json.loads(process.stdout.readline())
        answers[answer.get("id")] = answer
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    assert b"Traceback" not in errors
    return answers
