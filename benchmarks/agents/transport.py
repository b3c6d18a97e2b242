"""Query `lode mcp` with the SDK's client over standard input and output."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from anyio.from_thread import start_blocking_portal
from mcp import Client, StdioServerParameters


def server_of(root: Path, index_dir: str) -> StdioServerParameters:
    """Return the parameters for starting `lode mcp` on a tree that has an index."""
    arguments = ["-m", "codelode", "mcp", str(root), "--index-dir", index_dir]
    return StdioServerParameters(
        command=sys.executable, args=arguments, env=dict(os.environ), cwd=root
    )


@contextmanager
def asking(root: Path, index_dir: str) -> Iterator[Callable[..., str]]:
    """Start a server; yield a function that searches with it and returns the text of the answer.

    The function takes the query, and other arguments of the tool `search` as keywords.
    """
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(Client(server_of(root, index_dir))) as client,
    ):

        def ask(query: str, **others: str | int) -> str:
            result = portal.call(client.call_tool, "search", {"query": query, **others})
            (content,) = result.content
            return str(content.text) if content.type == "text" else ""

        yield ask
