"""The HTTP API of a front: searches and the state of the cluster, as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from anyio import to_thread
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from codelode import __version__
from codelode.answers.roster import totals_object
from codelode.answers.search import answer_object, related_object
from codelode.answers.symbols import outline_object, symbols_object
from codelode.answers.unicode import path_fields, without_surrogates
from codelode.cluster.addresses import SEARCH, STATUS, decode
from codelode.cluster.answer import Restriction
from codelode.cluster.front import DEADLINE_SECONDS
from codelode.cluster.lookup_addresses import (
    FILE,
    OUTLINE,
    RELATED,
    REPOSITORIES,
    SYMBOLS,
    Fields,
    decode_fields,
)
from codelode.cluster.seen import SeenRepositories
from codelode.errors import CodelodeError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request

    from codelode.cluster.answer import ClusterRepositories


class ClusterApi:
    """The handlers of requests. Every client sees only what `labels` permit."""

    def __init__(self, repositories: ClusterRepositories, labels: Sequence[str] = ()) -> None:
        self._repositories = repositories
        self._labels = tuple(labels)

    def application(self) -> Starlette:
        """Return the application of all routes."""
        return Starlette(
            routes=[
                Route(SEARCH, self.search, methods=["GET"]),
                Route(STATUS, self.status, methods=["GET"]),
                Route(SYMBOLS, self.symbols, methods=["GET"]),
                Route(OUTLINE, self.outline, methods=["GET"]),
                Route(RELATED, self.related, methods=["GET"]),
                Route(FILE, self.file, methods=["GET"]),
                Route(REPOSITORIES, self.repositories, methods=["GET"]),
            ],
            exception_handlers={CodelodeError: _failed},
        )

    async def search(self, request: Request) -> Response:
        """Answer `/api/search` with the same object as `lode search --json`."""
        wanted = decode(_query(request))
        restriction = Restriction(
            wanted.repositories,
            self._labels,
            strict=wanted.strict,
            seconds=wanted.seconds or DEADLINE_SECONDS,
            within=wanted.within,
        )
        answer = await to_thread.run_sync(self._repositories.answer, wanted.request, restriction)
        return _json(answer_object(answer))

    async def symbols(self, request: Request) -> Response:
        """Answer `/api/symbols` with the same object as `lode symbols --json`."""
        fields, seen = self._seen(request)
        wanted = fields.symbols()
        found = await to_thread.run_sync(seen.symbols, wanted, fields.repositories)
        more = len(found) == wanted.limit
        return _json(symbols_object(seen.place, wanted.name, found, truncated=more))

    async def outline(self, request: Request) -> Response:
        """Answer `/api/outline` with the same object as `lode outline --json`."""
        fields, seen = self._seen(request)
        found = await to_thread.run_sync(seen.outline, fields.path())
        return _json(outline_object(seen.place, fields.path(), found))

    async def related(self, request: Request) -> Response:
        """Answer `/api/related` with the same object as `lode related --json`."""
        fields, seen = self._seen(request)
        path, line, limit = fields.path(), fields.line(), fields.hits()
        found = await to_thread.run_sync(seen.related, path, line, limit)
        return _json(related_object(seen.place, path, line, found))

    async def file(self, request: Request) -> Response:
        """Answer `/api/file` with the text of a file as it was indexed."""
        fields, seen = self._seen(request)
        text = await to_thread.run_sync(seen.text, fields.path())
        return _json({"root": seen.place, **path_fields(fields.path()), "text": text})

    async def repositories(self, request: Request) -> Response:
        """Answer `/api/repositories` with the totals of repositories."""
        fields, seen = self._seen(request)
        found = await to_thread.run_sync(seen.totals, fields.repositories)
        return _json({"root": seen.place, "repositories": [*map(totals_object, found)]})

    def _seen(self, request: Request) -> tuple[Fields, SeenRepositories]:
        """Return the parameters of a request, and the repositories that its client sees."""
        fields = decode_fields(_query(request))
        restriction = Restriction(fields.within, self._labels)
        return fields, SeenRepositories(self._repositories, restriction)

    async def status(self, _: Request) -> Response:
        """Answer `/api/status`."""
        return _json(status_object(self._repositories, self._labels))


def status_object(repositories: ClusterRepositories, labels: Sequence[str]) -> dict[str, Any]:
    """Return the state of a cluster, and the totals of the repositories that `labels` permit."""
    selection = repositories.roster.select((), labels)
    front = repositories.front
    return {
        "version": __version__,
        "roster": without_surrogates(repositories.roster.place),
        "repositories": len(selection),
        "files": selection.files,
        "chunks": selection.chunks,
        "index_bytes": selection.index_bytes,
        "searchers": front.searchers(),
        "whole": front.is_whole(),
        "problem": repositories.problem or None,
    }


def _query(request: Request) -> str:
    query: bytes = request.scope["query_string"]
    return query.decode("latin-1")


async def _failed(_: Request, error: Exception) -> Response:
    status = 400 if isinstance(error, UsageError) else 503
    return _json({"error": without_surrogates(str(error))}, status)


def _json(fields: dict[str, Any], status: int = 200) -> Response:
    return Response(json.dumps(fields), status, media_type="application/json")
