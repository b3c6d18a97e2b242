"""An ASGI application that lets only permitted requests reach the application behind it.

Any page in a browser can send requests to this machine, so `Guard` checks every request first. The
`Host` header must be an address or a name of this server; otherwise, another site could bind its
name to this server's address. `Origin`, if present, must be this server. The token, if one is set,
must match.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qsl, urlencode

_TOKEN = "a token is required: send the header `Authorization: Bearer TOKEN`"
_TOKEN_OF_PAGE = (
    "a token is required: open the address with ?token=... that this server printed when it was"
    " started; ask whoever started it. After that, links without the token work in this browser."
    " Programs send the header `Authorization: Bearer TOKEN`"
)
_OTHER_HOST = (
    "this server does not answer for that host: whoever runs it has to start it with --name {}"
)
_PLAIN_NAME = re.compile(r"[0-9a-z._:-]{1,253}")

LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]


class Guard:
    """An application that checks host, origin and token before it passes a request on."""

    def __init__(
        self, inner: Application, hosts: Iterable[str], token: str = "", cookie: str = ""
    ) -> None:
        """Accept requests to `hosts`, names and addresses without ports, and pass them to `inner`.

        A client sends the token as `Authorization: Bearer TOKEN`. If a `cookie` is named, a browser
        needs the token only once: for `?token=TOKEN` it gets the cookie, and a redirect to the
        address without the token.
        """
        self._inner = inner
        self._hosts = frozenset(host.lower() for host in hosts)
        self._token = token.encode()
        self._cookie = cookie

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse a request with 421, 403 or 401, or pass it on."""
        if scope["type"] != "http":
            return await self._inner(scope, receive, send)
        headers = dict(scope["headers"])
        refusal = self._misdirected(headers)
        if refusal is None and self._token and not self._has_token(headers):
            if (location := self._entry(scope)) is not None:
                return await _answer(send, 303, "", self._welcome(location))
            refusal = 401, _TOKEN_OF_PAGE if self._cookie else _TOKEN
        if refusal is None:
            return await self._inner(scope, receive, send)
        status, reason = refusal
        challenge = [(b"www-authenticate", b"Bearer")] if status == 401 else []
        return await _answer(send, status, f"{reason}\n", challenge)

    def _misdirected(self, headers: dict[bytes, bytes]) -> tuple[int, str] | None:
        host = headers.get(b"host", b"").decode("latin-1").lower()
        if (name := _name_of(host)) not in self._hosts:
            given = name if _PLAIN_NAME.fullmatch(name) else "HOST"
            return 421, _OTHER_HOST.format(given)
        origin = headers.get(b"origin")
        if origin is not None and origin.decode("latin-1").lower() != f"http://{host}":
            return 403, "requests of other origins are refused"
        return None

    def _has_token(self, headers: dict[bytes, bytes]) -> bool:
        scheme, _, given = headers.get(b"authorization", b"").partition(b" ")
        if scheme.lower() == b"bearer":
            return self._is_token(given.strip())
        if not self._cookie:
            return False
        cookies: SimpleCookie = SimpleCookie()
        try:
            cookies.load(headers.get(b"cookie", b"").decode("latin-1"))
        except CookieError:
            return False
        morsel = cookies.get(self._cookie)
        return morsel is not None and self._is_token(morsel.value.encode("latin-1", "replace"))

    def _is_token(self, given: bytes) -> bool:
        return hmac.compare_digest(given, self._token)

    def _entry(self, scope: Scope) -> str | None:
        """Return a GET's address without the token in its query string; None unless that is right.

        Also returns None for other methods, and if this guard has no name of a cookie.
        """
        if not self._cookie or scope["method"] != "GET":
            return None
        fields = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        given = dict(fields).get("token", "")
        if not self._is_token(given.encode("utf-8", "replace")):
            return None
        rest = urlencode([field for field in fields if field[0] != "token"])
        path = "/" + scope["raw_path"].decode("latin-1").lstrip("/")  # `//x` would mean host x
        return f"{path}?{rest}" if rest else path

    def _welcome(self, location: str) -> list[tuple[bytes, bytes]]:
        cookie = f"{self._cookie}={self._token.decode()}; Path=/; HttpOnly; SameSite=Strict"
        return [
            (b"location", location.encode("latin-1")),
            (b"set-cookie", cookie.encode("latin-1")),
            (b"referrer-policy", b"no-referrer"),
            (b"cache-control", b"no-store"),
        ]


async def _answer(send: Send, status: int, text: str, more: list[tuple[bytes, bytes]]) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8"), *more]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": text.encode()})


def _name_of(host: str) -> str:
    """Return a `Host` header without its port and brackets."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]
