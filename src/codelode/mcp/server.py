"""The server: the tools over the Model Context Protocol, by the official SDK.

The low-level server of the SDK is used: results must not have `structuredContent`, because clients
that see it hide the text from their model. Both variants of the protocol are served: with a
handshake, and without.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import mcp_types as types
from mcp.server.caching import CacheHint
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel.server import Server
from mcp.shared.exceptions import MCPError

from codelode import __version__
from codelode.answers.first_index import DEADLINE
from codelode.errors import CodelodeError
from codelode.mcp.calls import Calls
from codelode.mcp.sources import Sources
from codelode.mcp.tools import BY_NAME, INSTRUCTIONS, TOOLS, Tool
from codelode.render.sanitize import visible_text
from codelode.watch.watcher import Watcher

NAME = "lode"
_LIST_TTL_MS = 3_600_000
_POLL_SECONDS = 0.05
_PROGRESS_SECONDS = 0.5

Context = ServerRequestContext[dict[str, Any]]


class ToolServer:
    """The tools as request handlers."""

    def __init__(self, sources: Sources, show_secrets: bool = False, watch: bool = True) -> None:
        """Take the sources of the answers; likely secrets are masked unless `show_secrets`.

        With `watch`, indexes are kept up to date between calls; if several servers share an index,
        only one of them updates it.
        """
        self._sources = sources
        self._watch = watch
        self._watchers: dict[Path, Watcher] = {}
        self._lock = threading.Lock()
        self._first = sources.first
        self._calls = Calls(sources, show_secrets)

    def server(self) -> Server[dict[str, Any]]:
        """Return the server of the SDK with these handlers."""
        return Server(
            NAME,
            version=__version__,
            title="codelode",
            instructions=INSTRUCTIONS,
            cache_hints={"tools/list": CacheHint(ttl_ms=_LIST_TTL_MS, scope="public")},
            on_list_tools=self._list,
            on_call_tool=self._call,
        )

    async def _list(
        self, context: Context, params: types.PaginatedRequestParams | None
    ) -> types.ListToolsResult:
        return types.ListToolsResult(tools=[_declared(tool) for tool in TOOLS])

    async def _call(
        self, context: Context, params: types.CallToolRequestParams
    ) -> types.CallToolResult:
        if params.name not in BY_NAME:
            known = ", ".join(BY_NAME)
            raise MCPError(types.INVALID_PARAMS, f"unknown tool: the tools are {known}")
        run = partial(self._calls.run, params.name, params.arguments or {})
        try:
            text = await self._answered(context, run)
            if await anyio.to_thread.run_sync(self._lost_an_index):
                text = await self._answered(context, run)
        except CodelodeError as error:
            return _result(visible_text(str(error)), is_error=True)
        return _result(text)

    async def _answered(self, context: Context, run: Callable[[], str]) -> str:
        """Return the result of a tool, once there is something to search."""
        await self._wait_for_an_index(context)
        if self._watch and len(self._watchers) < len(self._sources.indexes):
            await anyio.to_thread.run_sync(self._start_watching)
        # A thread cannot be stopped: a cancelled call ends without its result.
        return await anyio.to_thread.run_sync(run, abandon_on_cancel=True)

    def _lost_an_index(self) -> bool:
        """Return whether a root has lost its index, and no update is making a new one.

        The update before a search may remove all files of the root from an enclosing index.
        """
        return any(first.never_started and not first.searchable() for first in self._first.values())

    def _start_watching(self) -> None:
        with self._lock:
            for index in self._sources.indexes:
                if index.root not in self._watchers and index.exists():
                    self._watchers[index.root] = index.watch()

    async def _wait_for_an_index(self, context: Context) -> None:
        """Start indexing the roots without an index; wait until there is something to search.

        Waits at most `DEADLINE` seconds for complete indexes. For an update that has already run
        for `DEADLINE` seconds, the first commit is enough.
        """
        pending = []
        for first in self._first.values():
            if first.running or not await anyio.to_thread.run_sync(first.searchable):
                first.start()
                pending.append(first)
        began, reported = time.monotonic(), 0.0
        while pending and (now := time.monotonic()) - began < DEADLINE:
            if all(first.ready() for first in pending):
                return
            if now - reported >= _PROGRESS_SECONDS:
                reported = now
                await context.session.report_progress(
                    sum(first.files_indexed for first in pending),
                    sum(first.files_found for first in pending),
                    "; ".join(first.state() for first in pending),
                )
            await anyio.sleep(_POLL_SECONDS)


def _declared(tool: Tool) -> types.Tool:
    return types.Tool(
        name=tool.name,
        title=tool.title,
        description=tool.description,
        input_schema=tool.schema(),
        annotations=types.ToolAnnotations(
            title=tool.title,
            read_only_hint=True,
            destructive_hint=False,
            idempotent_hint=True,
            open_world_hint=False,
        ),
        _meta={"anthropic/alwaysLoad": True} if tool.always else None,
    )


def _result(text: str, is_error: bool = False) -> types.CallToolResult:
    return types.CallToolResult(
        content=[types.TextContent(type="text", text=text)], is_error=is_error
    )
