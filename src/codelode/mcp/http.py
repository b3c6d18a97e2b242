"""The server over streamable HTTP, for `lode mcp --http`.

`codelode.http.guard` checks every request. An address that other machines can reach needs a token.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from mcp.server.transport_security import TransportSecuritySettings

from codelode.errors import UsageError
from codelode.http.guard import LOOPBACK_NAMES, Guard
from codelode.http.listen import lacking_name, parse_address, serve, url_of
from codelode.system.loopback import is_loopback

if TYPE_CHECKING:
    from codelode.http.guard import Application
    from codelode.mcp.server import ToolServer

PATH = "/mcp"
MAX_BODY_BYTES = 16 << 20


def serve_http(
    tools: ToolServer,
    address: str,
    token: str,
    names: Iterable[str],
    announce: Callable[[str], None],
) -> None:
    """Serve any number of clients until interrupted.

    `names` are further names and addresses of this machine by which clients reach it. `announce`
    is told the URL, and a warning if other machines get no answers. Raises `UsageError` if the
    address needs a token and there is none.
    """
    host, port = parse_address(address)
    if not is_loopback(host) and not token:
        raise UsageError(
            f"other machines can reach {host}: put a token into LODE_MCP_TOKEN, or serve 127.0.0.1"
        )
    names = [*names]
    guarded = Guard(tools_application(tools), [*LOOPBACK_NAMES, host, *names], token)

    def ready(bound: int) -> None:
        announce(f"{url_of(host, bound)}{PATH}")
        if warning := lacking_name(host, names):
            announce(warning)

    serve(guarded, host, port, ready)


def tools_application(tools: ToolServer) -> Application:
    """Return the application that answers at `PATH`; `Guard` must stand before it.

    It must get the `lifespan` events of its server.
    """
    return tools.server().streamable_http_app(
        streamable_http_path=PATH,
        max_request_body_size=MAX_BODY_BYTES,
        # `Guard` checks the `Host` header instead, for every address.
        transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),
    )
