"""The same server over streamable HTTP, only when asked for.

Any page in a browser can send requests to this machine, so `Guard` checks before anything else:
the `Host` header must be an address or a name of ours (else another site's name could be bound to
it), `Origin`, if there is one, must be this server itself, and a token must be right if one is set.
An address that other machines can reach needs a token.
"""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import TYPE_CHECKING, Any

import uvicorn
from mcp.server.transport_security import TransportSecuritySettings

from codelode.errors import UsageError

if TYPE_CHECKING:
    from codelode.mcp.server import ToolServer

PATH = "/mcp"
MAX_BODY_BYTES = 16 << 20

_LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]


class Guard:
    """An ASGI application that lets only permitted requests reach another one."""

    def __init__(self, inner: Application, hosts: Iterable[str], token: str = "") -> None:
        """`hosts` are the names and addresses, without ports, that requests may be sent to."""
        self._inner = inner
        self._hosts = frozenset(host.lower() for host in hosts)
        self._token = token.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse a request with 421, 403 or 401, or pass it on."""
        if scope["type"] != "http":
            return await self._inner(scope, receive, send)
        refusal = self._refusal(dict(scope["headers"]))
        if refusal is None:
            return await self._inner(scope, receive, send)
        status, reason = refusal
        headers = [(b"content-type", b"text/plain")]
        if status == 401:
            headers.append((b"www-authenticate", b"Bearer"))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": f"{reason}\n".encode()})

    def _refusal(self, headers: dict[bytes, bytes]) -> tuple[int, str] | None:
        host = headers.get(b"host", b"").decode("latin-1").lower()
        if _name_of(host) not in self._hosts:
            return 421, "this server does not answer for that host"
        origin = headers.get(b"origin")
        if origin is not None and origin.decode("latin-1").lower() != f"http://{host}":
            return 403, "requests of other origins are refused"
        if not self._token:
            return None
        scheme, _, given = headers.get(b"authorization", b"").partition(b" ")
        if scheme.lower() != b"bearer" or not hmac.compare_digest(given.strip(), self._token):
            return 401, "a token is required"
        return None


def _name_of(host: str) -> str:
    """Return a `Host` header without its port and brackets."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]


def parse_address(text: str) -> tuple[str, int]:
    """Parse `[HOST:]PORT`. Raises `UsageError`."""
    host, _, port = text.rpartition(":")
    if not port.isdecimal() or not 0 <= int(port) <= 65535:
        raise UsageError(f"{text!r} is not [HOST:]PORT, such as 8791 or 127.0.0.1:8791")
    return host.removeprefix("[").removesuffix("]") or "127.0.0.1", int(port)


def is_loopback(host: str) -> bool:
    """Return whether only this machine reaches an address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def serve_http(
    tools: ToolServer,
    address: str,
    token: str,
    names: Iterable[str],
    announce: Callable[[str], None],
) -> None:
    """Serve any number of clients until interrupted.

    `names` are further names and addresses of this machine by which clients reach it. `announce`
    is told the URL. Raises `UsageError` if the address needs a token and there is none.
    """
    host, port = parse_address(address)
    if not is_loopback(host) and not token:
        raise UsageError(
            f"other machines can reach {host}: put a token into LODE_MCP_TOKEN, or serve 127.0.0.1"
        )
    application = tools.server().streamable_http_app(
        streamable_http_path=PATH,
        max_request_body_size=MAX_BODY_BYTES,
        # `Guard` checks, for every address.
        transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),
    )
    guarded = Guard(application, [*_LOOPBACK_NAMES, host, *names], token)
    config = uvicorn.Config(
        guarded, host=host, port=port, log_level="warning", access_log=False, server_header=False
    )
    server = uvicorn.Server(config)
    socket = config.bind_socket()
    socket.listen()  # before the URL is announced: clients connect at once
    shown = f"[{host}]" if ":" in host else host
    announce(f"http://{shown}:{socket.getsockname()[1]}{PATH}")
    server.run(sockets=[socket])
