"""The repositories of a cluster, searched by its front, over HTTP."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from http.client import HTTPException, HTTPResponse
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from codelode.answers import received
from codelode.cluster.addresses import SEARCH, Wanted, encode
from codelode.cluster.lookup_addresses import (
    FILE,
    OUTLINE,
    RELATED,
    REPOSITORIES,
    SYMBOLS,
    Fields,
    encode_fields,
    of_symbols,
)
from codelode.errors import ClusterError, UsageError
from codelode.roster.answer import is_unsafe

if TYPE_CHECKING:
    from codelode.roster.repositories import RepositoryTotals
    from codelode.search.request import SearchRequest
    from codelode.search.symbol_query import SymbolRequest
    from codelode.types import Answer, Hit, SymbolHit

T = TypeVar("T")
H = TypeVar("H", "Hit", "SymbolHit")

SECONDS = 60.0
"""How long a client waits for a whole reply."""

_MOST_BYTES = 1 << 28
_PIECE_BYTES = 1 << 16


class _NoRedirects(HTTPRedirectHandler):
    """Refuses redirects: a token is for one server."""

    def redirect_request(self, *_: object) -> None:
        """Do not follow the redirect: it becomes an error."""


@dataclass(frozen=True, slots=True)
class ServerRepositories:
    """The `Repositories` that a server such as `https://search.example.com` searches.

    `token` is the token that the server requires, if any. If `within` is not empty, only
    repositories that match its globs are seen. With `strict`, an answer that lacks any of these
    repositories is an error.

    Methods raise `UsageError` for a request that the server refuses, and `ClusterError` if the
    server cannot be reached, cannot answer, or is not a front of a cluster.
    """

    url: str
    token: str = field(default="", repr=False)
    within: Sequence[str] = ()
    strict: bool = False

    def __post_init__(self) -> None:
        """Check the URL. Raises `UsageError`."""
        try:
            parts = urlsplit(self.url)
            ok = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        except ValueError:  # not a port, or not an address
            ok = False
        if not ok or parts.query or parts.fragment or not self.url.isprintable():
            raise UsageError(
                f"{self.url!r} is not the URL of a server, such as http://127.0.0.1:8792"
            )

    @property
    def place(self) -> str:
        """The URL of the server."""
        return self.url

    def answer(self, request: SearchRequest, globs: Sequence[str] = ()) -> Answer:
        """Let the server search."""
        wanted = Wanted(request, globs, self.strict, within=self.within)

        def read(fields: Any) -> Answer:
            answer = received.answer_of_object(fields, request.query)
            _check_paths(hit.path for hit in answer.hits)
            return answer

        return self._ask(SEARCH, encode(wanted), read)

    def symbols(self, request: SymbolRequest, globs: Sequence[str] = ()) -> list[SymbolHit]:
        """Return definitions in the repositories that also match `globs`."""
        fields = of_symbols(request)
        fields = replace(fields, lists={**fields.lists, "repo": globs})
        return self._look_up(SYMBOLS, fields, received.symbols_of_object)

    def outline(self, path: str) -> list[SymbolHit]:
        """Return the definitions of a file. Raises `UsageError` if there is no such file."""
        return self._look_up(OUTLINE, Fields(single={"path": path}), received.symbols_of_object)

    def related(self, path: str, line: int, limit: int = 10) -> list[Hit]:
        """Return similar code in other files. Raises `UsageError` if there is no such place."""
        single = {"path": path, "line": str(line), "limit": str(limit)}
        return self._look_up(RELATED, Fields(single=single), received.hits_of_object)

    def text(self, path: str) -> str:
        """Return the text of a file, as indexed. Raises `UsageError` if there is no such file."""
        query = self._query(Fields(single={"path": path}))
        return self._ask(FILE, query, received.text_of_object)

    def totals(self, globs: Sequence[str] = ()) -> list[RepositoryTotals]:
        """Return the repositories that also match `globs`; an empty list if there are none."""
        query = self._query(Fields({"repo": globs}))
        return self._ask(REPOSITORIES, query, received.totals_of_object)

    def _look_up(self, path: str, fields: Fields, read: Callable[[Any], list[H]]) -> list[H]:
        """Send a request; return the hits that `read` finds in the reply, with paths checked."""

        def checked(reply: Any) -> list[H]:
            hits = read(reply)
            _check_paths(hit.path for hit in hits)
            return hits

        return self._ask(path, self._query(fields), checked)

    def _query(self, fields: Fields) -> str:
        lists: Mapping[str, Sequence[str]] = {**fields.lists, "within": self.within}
        return encode_fields(replace(fields, lists=lists))

    def _ask(self, path: str, query: str, read: Callable[[Any], T]) -> T:
        """Send a request; return the reply, converted by `read`, which may raise `ValueError`."""
        request = Request(f"{self.url.rstrip('/')}{path}?{query}")
        if self.token:
            request.add_header("Authorization", f"Bearer {self.token}")
        deadline = time.monotonic() + SECONDS
        try:
            with build_opener(_NoRedirects).open(request, timeout=SECONDS) as response:
                data = _read(response, deadline)
        except HTTPError as error:
            raise self._refusal(error) from None
        except (URLError, HTTPException, OSError, ValueError) as error:
            reason = getattr(error, "reason", None) or error or type(error).__name__
            raise ClusterError(f"{self.url} cannot be reached: {reason}") from None
        try:
            return read(json.loads(data))
        except (ValueError, RecursionError) as error:
            raise ClusterError(f"{self.url} is not a front of a cluster: {error}") from None

    def _refusal(self, error: HTTPError) -> ClusterError | UsageError:
        """Return the error that a server reports."""
        if error.code == 401:
            what = "refuses the token in" if self.token else "requires a token: set"
            return UsageError(f"{self.url} {what} LODE_SERVE_TOKEN")
        try:
            fields: Any = json.loads(error.read(_PIECE_BYTES))
            message = str(fields["error"])
        except (ValueError, LookupError, TypeError, OSError, HTTPException):
            message = f"{self.url} answers {error.code} {error.reason}"
        return UsageError(message) if error.code == 400 else ClusterError(message)


def _read(response: HTTPResponse, deadline: float) -> bytes:
    """Read a whole body. Raises `TimeoutError` after the deadline, `ValueError` if it is huge."""
    pieces, size = [], 0
    while piece := response.read1(_PIECE_BYTES):
        pieces.append(piece)
        size += len(piece)
        if size > _MOST_BYTES:
            raise ValueError("its reply is too large")
        if time.monotonic() > deadline:
            raise TimeoutError("timed out")
    return b"".join(pieces)


def _check_paths(paths: Iterable[str]) -> None:
    """Raise `ValueError` unless all paths stay inside of their repositories."""
    if any(map(is_unsafe, paths)):
        raise ValueError("a path leads out of its repository")
