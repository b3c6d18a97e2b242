"""The HTTP API of a front: searches and the state of the cluster, as JSON."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from anyio import to_thread
from starlette.responses import Response
from starlette.routing import Route

from codelode import __version__
from codelode.answers.roster import totals_object
from codelode.answers.search import answer_object, related_object
from codelode.answers.symbols import outline_object, symbols_object
from codelode.answers.unicode import path_fields, without_surrogates
from codelode.cluster.addresses import DESCRIPTION, SEARCH, STATUS, decode
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
from codelode.cluster.openapi import description
from codelode.cluster.seen import SeenRepositories

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from starlette.requests import Request

    from codelode.cluster.answer import ClusterRepositories


class ClusterApi:
    """The handlers of requests. Every client sees only what `labels` permit."""

    def __init__(self, repositories: ClusterRepositories, labels: Sequence[str] = ()) -> None:
        self._repositories = repositories
        self._labels = tuple(labels)

    def routes(self) -> list[Route]:
        """Return the routes of the API."""
        handlers = {
            SEARCH: self.search,
            STATUS: self.status,
            SYMBOLS: self.symbols,
            OUTLINE: self.outline,
            RELATED: self.related,
            FILE: self.file,
            REPOSITORIES: self.repositories,
            DESCRIPTION: self.description,
        }
        return [Route(path, handler, methods=["GET"]) for path, handler in handlers.items()]

    async def search(self, request: Request) -> Response:
        """Answer `/api/search` with the same object as `lode search --json`."""
        wanted = decode(_query(request))

        def work(seconds: float) -> dict[str, Any]:
            restriction = Restriction(
                wanted.repositories,
                self._labels,
                strict=wanted.strict,
                seconds=seconds,
                within=wanted.within,
            )
            return answer_object(self._repositories.answer(wanted.request, restriction))

        return await _in_time(wanted.seconds or DEADLINE_SECONDS, work)

    async def symbols(self, request: Request) -> Response:
        """Answer `/api/symbols` with the same object as `lode symbols --json`."""
        fields = decode_fields(_query(request))
        wanted = fields.symbols()

        def ask(seen: SeenRepositories) -> dict[str, Any]:
            found = seen.symbols(wanted, fields.repositories)
            more = len(found) == wanted.limit
            return symbols_object(seen.place, wanted.name, found, truncated=more)

        return await self._look_up(fields, ask)

    async def outline(self, request: Request) -> Response:
        """Answer `/api/outline` with the same object as `lode outline --json`."""
        fields = decode_fields(_query(request))
        path = fields.path()
        return await self._look_up(
            fields, lambda seen: outline_object(seen.place, path, seen.outline(path))
        )

    async def related(self, request: Request) -> Response:
        """Answer `/api/related` with the same object as `lode related --json`."""
        fields = decode_fields(_query(request))
        path, line, limit = fields.path(), fields.line(), fields.hits()

        def ask(seen: SeenRepositories) -> dict[str, Any]:
            return related_object(seen.place, path, line, seen.related(path, line, limit))

        return await self._look_up(fields, ask)

    async def file(self, request: Request) -> Response:
        """Answer `/api/file` with the text of a file as it was indexed."""
        fields = decode_fields(_query(request))
        path = fields.path()
        return await self._look_up(
            fields,
            lambda seen: {"root": seen.place, **path_fields(path), "text": seen.text(path)},
        )

    async def repositories(self, request: Request) -> Response:
        """Answer `/api/repositories` with the totals of repositories."""
        fields = decode_fields(_query(request))

        def ask(seen: SeenRepositories) -> dict[str, Any]:
            found = map(totals_object, seen.totals(fields.repositories))
            return {"root": seen.place, "repositories": [*found]}

        return await self._look_up(fields, ask)

    async def _look_up(
        self, fields: Fields, ask: Callable[[SeenRepositories], dict[str, Any]]
    ) -> Response:
        """Answer with the result of `ask`, called with the repositories that the client may see."""

        def work(seconds: float) -> dict[str, Any]:
            restriction = Restriction(fields.within, self._labels, seconds=seconds)
            return ask(SeenRepositories(self._repositories, restriction))

        return await _in_time(DEADLINE_SECONDS, work)

    async def description(self, _: Request) -> Response:
        """Answer `/api/openapi.json`."""
        return _json(description())

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


async def _in_time(seconds: float, work: Callable[[float], dict[str, Any]]) -> Response:
    """Call `work` in a thread, and answer with what it returns.

    `work` gets the seconds that it may take: `seconds`, less the time until a thread was free.
    """
    end = time.monotonic() + seconds
    return _json(await to_thread.run_sync(lambda: work(max(end - time.monotonic(), 0.0))))


def _json(fields: dict[str, Any]) -> Response:
    return Response(json.dumps(fields), media_type="application/json")
