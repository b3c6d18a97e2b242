"""Several servers on a tree share one index and one watcher; if one dies, the others go on."""

from __future__ import annotations

import os
import signal
from contextlib import AsyncExitStack
from pathlib import Path

import anyio
from mcp import Client

from tests.commandline import CommandLine, children
from tests.mcp_client import run, stdio, text_of

SERVERS = 3


def test_servers_share_an_index_and_survive_each_other(lode: CommandLine, tree: Path) -> None:
    others = set(children(os.getpid()))

    async def test() -> None:
        async with AsyncExitStack() as stack:
            clients = [await stack.enter_async_context(stdio(lode, tree)) for _ in range(SERVERS)]
            for client in clients:
                assert "src/retry.py" in await text_of(client, "search", query="retry scheduler")
            await edited_is_found(clients, tree, "before")
            for victim in sorted(set(children(os.getpid())) - others)[: SERVERS - 1]:
                os.kill(victim, signal.SIGKILL)
                left = clients[-1:]
                await edited_is_found(left, tree, f"after_{victim}")

    run(test)
    assert lode("verify", tree).code == 0


async def edited_is_found(clients: list[Client], tree: Path, name: str) -> None:
    """Add a function, and check that each server knows it at once or says that it does not."""
    (tree / "src" / f"{name}.py").write_text(f"def zebra_{name}():\n    return 1\n")
    for client in clients:
        for _ in range(100):
            found = await text_of(client, "search", query=f"zebra_{name}", limit=3)
            if f"src/{name}.py:1 zebra_{name}" in found:
                break
            assert "changed since" in found or "may lack the last edits" in found, found
            await anyio.sleep(0.1)
        else:
            raise AssertionError(f"never found: {found}")
