"""The security headers of every response: browsers load and run only files of this server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    from codelode.http.guard import Application, Receive, Scope, Send

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = (
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (
        b"referrer-policy",
        b"same-origin",
    ),  # `no-referrer` would remove the origin from the requests of the page's own forms
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
_NO_CACHE = (b"cache-control", b"no-cache")


class SafeHeaders:
    """An ASGI application that adds the headers above to the responses of another application."""

    def __init__(self, inner: Application) -> None:
        self._inner = inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on to the other application, and add the headers to its response."""

        async def send_with_headers(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                given = [(name.lower(), value) for name, value in message.get("headers", ())]
                more = [*_HEADERS]
                if all(name != b"cache-control" for name, _ in given):
                    more.append(_NO_CACHE)
                message["headers"] = [*given, *more]
            await send(message)

        await self._inner(scope, receive, send_with_headers)
