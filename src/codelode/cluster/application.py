"""The HTTP API of a front: searches and the state of the cluster, as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from anyio import to_thread
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from codelode import __version__
from codelode.answers.search import answer_object
from codelode.answers.unicode import without_surrogates
from codelode.cluster.addresses import SEARCH, STATUS, decode
from codelode.cluster.answer import Restriction
from codelode.cluster.front import DEADLINE_SECONDS
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
            ],
            exception_handlers={CodelodeError: _failed},
        )

    async def search(self, request: Request) -> Response:
        """Answer `/api/search` with the same object as `lode search --json`."""
        wanted = decode(request.scope["query_string"].decode("latin-1"))
        restriction = Restriction(
            wanted.repositories,
            self._labels,
            strict=wanted.strict,
            seconds=wanted.seconds or DEADLINE_SECONDS,
        )
        answer = await to_thread.run_sync(self._repositories.answer, wanted.request, restriction)
        return _json(answer_object(answer))

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


async def _failed(_: Request, error: Exception) -> Response:
    status = 400 if isinstance(error, UsageError) else 503
    return _json({"error": without_surrogates(str(error))}, status)


def _json(fields: dict[str, Any], status: int = 200) -> Response:
    return Response(json.dumps(fields), status, media_type="application/json")
