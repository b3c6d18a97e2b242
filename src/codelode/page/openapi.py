"""The description of the API, by OpenAPI 3.1."""

from __future__ import annotations

from typing import Any

from codelode.http import openapi
from codelode.http.openapi import COUNT, FLAG, LINE, NUMBER, TEXT, Schema, list_of, named, or_null
from codelode.page.requests import DEFAULT_HITS, MOST_CHARACTERS
from codelode.page.results import MODES, MOST_HITS

_REFUSALS = {
    "400": "a parameter makes no sense",
    "404": "there is no such root, file or line",
    "503": "the index cannot be read",
}


def description() -> Schema:
    """Return the whole description."""
    paths = {
        "/api/search": {"get": _search()},
        "/api/file": {"get": _operation("readFile", "Text of an indexed file", _place(), "File")},
        "/api/outline": {
            "get": _operation("outline", "Definitions of a file", _place(), "Outline")
        },
        "/api/related": {"get": _related()},
        "/api/status": {"get": _operation("status", "State of every index", [], "Status")},
        "/api/update": {"post": _update()},
    }
    return openapi.document("lode serve", paths, _schemas())


def _search() -> Schema:
    parameters = [
        openapi.parameter("q", _query(), "text, and filters such as lang:go or -path:vendor/"),
        openapi.parameter("limit", _limit(), "most hits"),
        openapi.parameter("mode", {"enum": [*MODES], "default": "hybrid"}, "the way to search"),
    ]
    return _operation("search", "Search all roots", parameters, "Results")


def _related() -> Schema:
    parameters = [
        *_place(),
        openapi.parameter("line", {**LINE, "maximum": 1 << 31, "default": 1}, "the line"),
        openapi.parameter("limit", _limit(), "most hits"),
    ]
    return _operation("related", "Code of other files that is similar", parameters, "Related")


def _update() -> Schema:
    operation = _operation(
        "update",
        "Start an update; the header Origin must be that of this server",
        [openapi.parameter("root", TEXT, "the label of the root", required=True)],
        "Started",
    )
    responses = operation["responses"]
    responses["202"] = responses.pop("200")
    responses["403"] = openapi.response("Error", "the origin is missing or another one")
    return operation


def _operation(name: str, summary: str, parameters: list[Schema], result: str) -> Schema:
    return openapi.operation(name, summary, parameters, result, _REFUSALS)


def _query() -> Schema:
    return {"type": "string", "maxLength": MOST_CHARACTERS}


def _limit() -> Schema:
    return openapi.limit(MOST_HITS, DEFAULT_HITS)


def _place() -> list[Schema]:
    path: dict[str, Any] = {"type": "string", "maxLength": 4096}
    return [
        openapi.parameter("root", TEXT, "the label of the root; may be left out if it is the only"),
        openapi.parameter("path", path, "the file", required=True),
    ]


def _schemas() -> dict[str, Schema]:
    file: dict[str, Schema] = {"root": TEXT, "path": TEXT}
    name: Schema = {"path_bytes": TEXT}
    lines = {"line": LINE, "start_line": LINE, "end_line": LINE}
    return {
        "Hit": openapi.hit({}, root=TEXT, url=TEXT),
        "Results": openapi.object_of(
            query=TEXT, text=TEXT, mode={"enum": [*MODES]}, hits=list_of(named("Hit")),
            more=FLAG, snapshot=or_null(named("Snapshot")), problems=list_of(TEXT),
            seconds=NUMBER,
        ),
        "Snapshot": openapi.snapshot(),
        "File": openapi.object_of(name, **file, language=or_null(TEXT), lines=COUNT, text=TEXT),
        "Outline": openapi.object_of(name, **file, symbols=list_of(named("Symbol"))),
        "Symbol": openapi.object_of(**lines, name=TEXT, symbol=TEXT, kind=TEXT, depth=COUNT),
        "Related": openapi.object_of(name, **file, line=LINE, hits=list_of(named("Hit"))),
        "Status": openapi.object_of(version=TEXT, roots=list_of(named("Root"))),
        "Root": openapi.object_of(
            root=TEXT, folder=TEXT, exists=FLAG, generation=COUNT, files=COUNT,
            chunks=COUNT, index_bytes=COUNT, complete=FLAG, last_commit=or_null(NUMBER),
            updating=FLAG, files_to_read=COUNT, files_read=COUNT, problem=or_null(TEXT),
        ),
        "Started": openapi.object_of(started=FLAG),
    }  # fmt: skip
