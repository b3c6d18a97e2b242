"""Bind an address, announce it, and serve an application until interrupted."""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import uvicorn

from codelode.errors import UsageError
from codelode.system.loopback import is_unspecified

if TYPE_CHECKING:
    from codelode.http.guard import Application

_GRACE_SECONDS = 2


def parse_address(text: str) -> tuple[str, int]:
    """Parse `[HOST:]PORT`. Raises `UsageError`."""
    host, _, port = text.rpartition(":")
    if not port.isdecimal() or not 0 <= int(port) <= 65535:
        raise UsageError(f"{text!r} is not [HOST:]PORT, such as 8791 or 127.0.0.1:8791")
    return host.removeprefix("[").removesuffix("]") or "127.0.0.1", int(port)


def url_of(host: str, port: int) -> str:
    """Return the URL of a server, without a path."""
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def lacking_name(host: str, names: Sequence[str]) -> str:
    """Return the warning for a server that listens at all addresses and has no further `names`.

    Requests from other machines name a host that such a server does not know, so it refuses them.
    Returns "" for a server that listens at one address, or has further `names`.
    """
    if names or not is_unspecified(host):
        return ""
    return (
        "only this machine gets answers: other machines name this one in their requests, so add"
        f" --name NAME or --name ADDRESS for it, such as --name {socket.gethostname()}"
    )


def serve(application: Application, host: str, port: int, announce: Callable[[int], None]) -> None:
    """Serve any number of clients until interrupted.

    `announce` is called with the port once clients can connect; port 0 means any free one. Raises
    `UsageError` if the address cannot be bound.
    """
    config = uvicorn.Config(
        application,
        host=host,
        port=port,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )
    bound = _bind(config)
    bound.listen()  # before the port is announced: clients connect at once
    announce(bound.getsockname()[1])
    uvicorn.Server(config).run(sockets=[bound])


def _bind(config: uvicorn.Config) -> socket.socket:
    """Return a socket whose connections send at once (`TCP_NODELAY`).

    uvicorn sends the headers and the body of a response in two parts. By default, the second part
    would wait up to 40 ms for the client's acknowledgment of the first. asyncio disables this delay
    only for sockets that were made for TCP explicitly, and uvicorn's are not. Raises `UsageError`
    if the address cannot be bound.
    """
    import logging

    logger = logging.getLogger("uvicorn.error")
    logger.disabled = True  # uvicorn would print the error itself
    try:
        bound = config.bind_socket()
        bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # connections inherit this
        return bound
    except SystemExit:  # raised by uvicorn: the address is in use or not of this machine
        raise UsageError(
            f"cannot listen at {config.host}:{config.port}: the address is in use or not of this"
            " machine; --port 0 takes any free port"
        ) from None
    finally:
        logger.disabled = False
