"""The connection to a client over standard input and output.

The SDK drops calls that still run when the input ends, and lines that it cannot read. Here, the
SDK's server sees the end of the input only when all requests have been answered, or after
`LAST_SECONDS`. A line that cannot be read is answered by an error.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio
import mcp_types as types
from mcp.server.stdio import stdio_server
from mcp.shared.message import SessionMessage
from pydantic import ValidationError

if TYPE_CHECKING:
    from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
    from mcp.shared._stream_protocols import ReadStream, WriteStream

    from codelode.mcp.server import ToolServer

Incoming = SessionMessage | Exception
"""What the SDK makes of a line: a message, or why it is none."""

LAST_SECONDS = 10.0
"""Seconds that running calls have to finish once the input has ended."""


async def serve_stdio(tools: ToolServer) -> None:
    """Serve one client until the input ends and all that was asked is answered.

    Calls that run for longer than `LAST_SECONDS` after the end of the input are answered by the
    error "Connection closed".
    """
    server = tools.server()
    to_server, requests = anyio.create_memory_object_stream[Incoming]()
    answers, from_server = anyio.create_memory_object_stream[SessionMessage]()
    async with stdio_server() as (incoming, outgoing), incoming, outgoing:
        exchange = _Exchange(outgoing)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(exchange.take, incoming, to_server)
            tasks.start_soon(exchange.give, from_server)
            await server.run(requests, answers, server.create_initialization_options())


class _Exchange:
    """Passes messages between a client and the server, and knows which requests are open."""

    def __init__(self, outgoing: WriteStream[SessionMessage]) -> None:
        self._outgoing = outgoing
        self._open: set[types.RequestId] = set()
        self._ended = False
        self._all_answered = anyio.Event()

    async def take(
        self, incoming: ReadStream[Incoming], to_server: MemoryObjectSendStream[Incoming]
    ) -> None:
        """Pass the client's messages on to the server, then wait for the last answers."""
        async with to_server:
            async for item in incoming:
                if isinstance(item, Exception):
                    await self._refuse(item)
                    continue
                self._note(item.message)
                await to_server.send(item)
            self._ended = True
            self._settle(None)
            with anyio.move_on_after(LAST_SECONDS):
                await self._all_answered.wait()

    async def give(self, from_server: MemoryObjectReceiveStream[SessionMessage]) -> None:
        """Pass the server's messages on to the client."""
        async with from_server:
            async for item in from_server:
                await self._outgoing.send(item)
                if isinstance(item.message, types.JSONRPCResponse | types.JSONRPCError):
                    self._settle(item.message.id)

    def _note(self, message: types.JSONRPCMessage) -> None:
        """Note a request as open, or, if the client cancels it, as settled: it gets no answer."""
        if isinstance(message, types.JSONRPCRequest):
            self._open.add(message.id)
        elif isinstance(message, types.JSONRPCNotification):
            cancelled = (message.params or {}).get("requestId")
            if message.method == "notifications/cancelled" and isinstance(cancelled, int | str):
                self._settle(cancelled)

    def _settle(self, request: types.RequestId | None) -> None:
        if request is not None:
            self._open.discard(request)
        if self._ended and not self._open:
            self._all_answered.set()

    async def _refuse(self, problem: Exception) -> None:
        """Answer a line that is no message; a blank line needs no answer."""
        code, text = types.INVALID_REQUEST, "the line is not a message of JSON-RPC 2.0"
        if isinstance(problem, ValidationError):
            (first, *_) = problem.errors(include_url=False)
            if first["type"] == "json_invalid":
                if not str(first["input"]).strip():
                    return
                code, text = types.PARSE_ERROR, "the line is not JSON"
        error = types.ErrorData(code=code, message=text)
        message = types.JSONRPCError(jsonrpc="2.0", id=None, error=error)
        await self._outgoing.send(SessionMessage(message))
