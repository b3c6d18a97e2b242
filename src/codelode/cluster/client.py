"""A search answered by the front of a cluster, over HTTP."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from codelode.answers.received import answer_of_object
from codelode.cluster.addresses import SEARCH, Wanted, encode
from codelode.errors import ClusterError, UsageError

if TYPE_CHECKING:
    from codelode.types import Answer

_SECONDS = 60.0
_MOST_BYTES = 1 << 28


class _NoRedirects(HTTPRedirectHandler):
    """Refuses redirects: a token is for one server."""

    def redirect_request(self, *_: object) -> None:
        """Do not follow the redirect: it becomes an error."""


def ask_server(url: str, wanted: Wanted, token: str = "") -> Answer:
    """Return the answer of a server such as `https://search.example.com`.

    Raises `UsageError` for a request that the server refuses, and `ClusterError` if it cannot be
    reached, cannot answer, or is not a front of a cluster.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.query:
        raise UsageError(f"{url!r} is not the URL of a server, such as http://127.0.0.1:8792")
    request = Request(f"{url.rstrip('/')}{SEARCH}?{encode(wanted)}")
    if token:
        request.add_header("Authorization", f"Bearer {token}")
    try:
        with build_opener(_NoRedirects).open(request, timeout=_SECONDS) as response:
            data = response.read(_MOST_BYTES)
    except HTTPError as error:
        raise _refusal(url, error) from None
    except (URLError, OSError, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        raise ClusterError(f"{url} cannot be reached: {reason}") from None
    try:
        return answer_of_object(json.loads(data), wanted.request.query)
    except (ValueError, RecursionError) as error:
        raise ClusterError(f"{url} is not a front of a cluster: {error}") from None


def _refusal(url: str, error: HTTPError) -> ClusterError | UsageError:
    """Return the error that a server reports."""
    if error.code == 401:
        return UsageError(f"{url} requires a token: set LODE_SERVE_TOKEN")
    try:
        fields: Any = json.loads(error.read(1 << 16))
        message = str(fields["error"])
    except (ValueError, LookupError, TypeError, OSError):
        message = f"{url} answers {error.code} {error.reason}"
    return UsageError(message) if error.code == 400 else ClusterError(message)
