"""The routes of the page and of its API, as an ASGI application."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar, TypeVarTuple

from anyio import to_thread
from starlette.applications import Starlette
from starlette.convertors import PathConvertor, register_url_convertor
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from codelode.errors import CodelodeError, UsageError
from codelode.page import api, home, results
from codelode.page.file_view import file_view, related_view
from codelode.page.layout import ASSETS, asset, asset_url, view
from codelode.page.markup import Markup, tag
from codelode.page.openapi import description
from codelode.page.plots import Figures, plots_view
from codelode.page.requests import Parameters, path_after
from codelode.page.search import search
from codelode.page.words import parse
from codelode.render.sanitize import visible_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request

    from codelode.page.search import Results
    from codelode.page.trees import Tree, Trees

T = TypeVar("T")
Arguments = TypeVarTuple("Arguments")

_GONE = 499
"""The status of a response whose client has gone, for example because the next letter was typed."""


class _FileConvertor(PathConvertor):
    """A file path in a URL. File names may contain line breaks."""

    regex = r"[\s\S]*"


register_url_convertor("file", _FileConvertor())


class Page:
    """The handlers of requests."""

    def __init__(self, trees: Trees, editor: str = "", figures: Figures | None = None) -> None:
        """Take the trees, the format of editor links (empty: none), and plots of `lode bench`."""
        self._trees = trees
        self._editor = editor
        self._figures = figures

    def application(self) -> Starlette:
        """Return the application of all routes: the page and its API."""
        get = partial(Route, methods=["GET"])
        api_routes = [
            get("/api/openapi.json", self.api_description),
            get("/api/search", self.api_search),
            get("/api/file", self.api_file),
            get("/api/outline", self.api_outline),
            get("/api/related", self.api_related),
            get("/api/status", self.api_status),
            Route("/api/update", self.api_update, methods=["POST"]),
            Route("/update", self.update, methods=["POST"]),
        ]
        return self.with_api(api_routes)

    def with_api(self, api_routes: Sequence[Route]) -> Starlette:
        """Return the application of the page, with an API whose routes begin with `/api/`.

        Errors of these routes become JSON: `{"error": "…"}`.
        """
        get = partial(Route, methods=["GET"])
        return Starlette(
            routes=[
                *api_routes,
                get("/", self.index),
                get("/results", self.fragment),
                get("/file/{path:file}", self.file),
                get("/related/{path:file}", self.related),
                get("/status", self.status),
                get("/state", self.api_status),
                get("/assets/{digest}/{name}", asset_response),
            ],
            exception_handlers={HTTPException: self._refused, CodelodeError: self._failed},
        )

    async def index(self, request: Request) -> Response:
        """Answer `/`: the results for the query `q`, or the home page if `q` is blank."""
        query = Parameters(request).text("q")
        if not query.strip():
            main = await to_thread.run_sync(home.home_view, self._trees)
            return await self._page("", query, main, "home")
        found = await self._search(request)
        if found is None:
            return Response(status_code=_GONE)
        main = await to_thread.run_sync(results.results_view, self._trees, found, self._editor)
        return await self._page(query, query, main, "results")

    async def fragment(self, request: Request) -> Response:
        """Answer `/results`: only the main part of the page at `/`, with the results."""
        query = Parameters(request).text("q")
        if not query.strip():
            return HTMLResponse(await to_thread.run_sync(home.home_view, self._trees))
        found = await self._search(request)
        if found is None:
            return Response(status_code=_GONE)
        main = await to_thread.run_sync(results.results_view, self._trees, found, self._editor)
        return HTMLResponse(main)

    async def file(self, request: Request) -> Response:
        """Answer `/file/PATH`."""
        path = path_after(request, "/file/")
        query = Parameters(request).text("q")
        tree, inner = await self._find(path)
        main = await to_thread.run_sync(file_view, self._trees, tree, inner, query, self._editor)
        return await self._page(visible_name(path), query, main, "file")

    async def related(self, request: Request) -> Response:
        """Answer `/related/PATH?line=N`."""
        path = path_after(request, "/related/")
        line = Parameters(request).line()
        tree, inner = await self._find(path)
        main = await _found(related_view, self._trees, tree, inner, line, self._editor)
        return await self._page(f"related to {visible_name(path)}", "", main, "results")

    async def status(self, request: Request) -> Response:
        """Answer `/status`."""
        plots = plots_view(self._figures) if self._figures else None
        main = await to_thread.run_sync(home.status_view, self._trees, plots)
        return await self._page("indexes", "", main, "status")

    async def update(self, request: Request) -> Response:
        """Start an update of the root that a form of this page names in its parameter `root`."""
        self._update(request)
        return RedirectResponse("/status", 303)

    async def api_description(self, request: Request) -> Response:
        """Answer `/api/openapi.json`."""
        return _json(description())

    async def api_search(self, request: Request) -> Response:
        """Answer `/api/search`."""
        found = await self._search(request, "limit")
        if found is None:
            return Response(status_code=_GONE)
        return _json(api.search_object(self._trees, found))

    async def api_file(self, request: Request) -> Response:
        """Answer `/api/file`."""
        tree, path = await self._named(request)
        return _json(await to_thread.run_sync(api.file_object, tree, path))

    async def api_outline(self, request: Request) -> Response:
        """Answer `/api/outline`."""
        tree, path = await self._named(request)
        return _json(await to_thread.run_sync(api.outline_object, tree, path))

    async def api_related(self, request: Request) -> Response:
        """Answer `/api/related`."""
        given = Parameters(request)
        line, limit = given.line(), given.hits("limit")
        tree, path = await self._named(request)
        return _json(await _found(api.related_object, self._trees, tree, path, line, limit))

    async def api_status(self, request: Request) -> Response:
        """Answer `/api/status`, and `/state`, which the page polls."""
        return _json(await to_thread.run_sync(api.status_object, self._trees))

    async def api_update(self, request: Request) -> Response:
        """Start an update of the root that the parameter `root` names."""
        return _json({"started": self._update(request)}, 202)

    async def _search(self, request: Request, limit: str = "n") -> Results | None:
        """Return the results of a request, or None if its client has disconnected.

        `limit` is the name of the parameter that has the number of hits.
        """
        given = Parameters(request)
        query, mode, wanted = given.text("q"), given.mode(), given.hits(limit)
        if await request.is_disconnected():
            return None
        return await to_thread.run_sync(search, self._trees, parse(query), wanted, mode)

    async def _find(self, path: str) -> tuple[Tree, str]:
        return await _found(self._trees.find, path)

    async def _named(self, request: Request) -> tuple[Tree, str]:
        """Return the tree and the path of the file that the parameters `root` and `path` name."""
        given = Parameters(request)
        path, root = given.text("path", 4096), given.text("root")
        if self._trees.several:
            path = f"{root}/{path}"
        elif root and root != self._trees.states()[0].label:
            raise HTTPException(404, f"no root is called {root!r}")
        return await self._find(path)

    def _update(self, request: Request) -> bool:
        """Start an update if the request came from this page; return whether none was running.

        `Guard` has checked the origin.
        """
        if "origin" not in request.headers:
            raise HTTPException(403, "an update needs the header Origin of this page")
        try:
            return self._trees.update(Parameters(request).text("root"))
        except UsageError as error:
            raise HTTPException(404, str(error)) from None

    async def _page(self, title: str, query: str, main: Markup, kind: str) -> HTMLResponse:
        summary = await to_thread.run_sync(home.summary, self._trees)
        return HTMLResponse(view(title, query, main, summary, kind))

    async def _refused(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        return await self._error(request, error.status_code, error.detail, error.headers)

    async def _failed(self, request: Request, error: Exception) -> Response:
        return await self._error(request, 400 if isinstance(error, UsageError) else 503, str(error))

    async def _error(
        self, request: Request, status: int, text: str, headers: Any = None
    ) -> Response:
        if request.url.path.startswith("/api/"):
            return _json({"error": visible_name(text)}, status, headers)
        main = tag("h1", visible_name(text), class_="hint")
        if request.url.path == "/results":
            return HTMLResponse(main, status, headers)
        page = await self._page(visible_name(text), "", main, "error")
        return HTMLResponse(page.body, status, headers)


async def asset_response(request: Request) -> Response:
    """Answer `/assets/DIGEST/NAME`: the content never changes."""
    name = request.path_params["name"]
    if name not in ASSETS or request.url.path != asset_url(name):
        raise HTTPException(404, "no such asset")
    headers = {"cache-control": "public, max-age=31536000, immutable"}
    return Response(asset(name), headers=headers, media_type=ASSETS[name])


async def _found(look_up: Callable[[*Arguments], T], *arguments: *Arguments) -> T:
    """Call a function in a thread; answer 404 if it finds no such file or line (`UsageError`)."""
    try:
        return await to_thread.run_sync(look_up, *arguments)
    except UsageError as error:
        raise HTTPException(404, str(error)) from None


def _json(fields: dict[str, Any], status: int = 200, headers: Any = None) -> Response:
    return Response(json.dumps(fields), status, headers, "application/json")
