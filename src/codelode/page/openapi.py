"""The description of the API, by OpenAPI 3.1."""

from __future__ import annotations

from typing import Any

from codelode import __version__
from codelode.page.requests import DEFAULT_HITS, MOST_CHARACTERS
from codelode.page.results import MODES, MOST_HITS

Schema = dict[str, Any]

_TEXT: Schema = {"type": "string"}
_COUNT: Schema = {"type": "integer", "minimum": 0}
_LINE: Schema = {"type": "integer", "minimum": 1}
_FLAG: Schema = {"type": "boolean"}
_NUMBER: Schema = {"type": "number"}


def description() -> Schema:
    """Return the whole description."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "lode serve",
            "version": __version__,
            "description": "Code search by meaning, words and names. Every path is POSIX and"
            " relative to its root; a name that is not UTF-8 is in path_bytes too, in base64.",
        },
        "paths": {
            "/api/search": {"get": _search()},
            "/api/file": {
                "get": _operation("readFile", "Text of an indexed file", _place(), "File")
            },
            "/api/outline": {
                "get": _operation("outline", "Definitions of a file", _place(), "Outline")
            },
            "/api/related": {"get": _related()},
            "/api/status": {"get": _operation("status", "State of every index", [], "Status")},
            "/api/update": {"post": _update()},
        },
        "components": {"schemas": _schemas()},
    }


def _search() -> Schema:
    parameters = [
        _parameter("q", _query(), "text, and filters such as lang:go or -path:vendor/"),
        _parameter("limit", _limit(), "most hits"),
        _parameter("mode", {"enum": [*MODES], "default": "hybrid"}, "the way to search"),
    ]
    return _operation("search", "Search all roots", parameters, "Results")


def _related() -> Schema:
    parameters = [
        *_place(),
        _parameter("line", {**_LINE, "maximum": 1 << 31, "default": 1}, "the line"),
        _parameter("limit", _limit(), "most hits"),
    ]
    return _operation("related", "Code of other files that is similar", parameters, "Related")


def _update() -> Schema:
    operation = _operation(
        "update",
        "Start an update; the header Origin must be that of this server",
        [_parameter("root", _TEXT, "the label of the root", required=True)],
        "Started",
        "202",
    )
    operation["responses"]["403"] = _response("Error", "the origin is missing or another one")
    return operation


def _query() -> Schema:
    return {"type": "string", "maxLength": MOST_CHARACTERS}


def _limit() -> Schema:
    return {"type": "integer", "minimum": 1, "maximum": MOST_HITS, "default": DEFAULT_HITS}


def _place() -> list[Schema]:
    return [
        _parameter("root", _TEXT, "the label of the root; may be left out if there is only one"),
        _parameter("path", {"type": "string", "maxLength": 4096}, "the file", required=True),
    ]


def _parameter(name: str, schema: Schema, text: str, required: bool = False) -> Schema:
    return {"name": name, "in": "query", "required": required, "schema": schema,
            "description": text}  # fmt: skip


def _operation(
    name: str, summary: str, parameters: list[Schema], result: str, status: str = "200"
) -> Schema:
    return {
        "operationId": name,
        "summary": summary,
        "parameters": parameters,
        "responses": {
            status: _response(result, "done"),
            "400": _response("Error", "a parameter makes no sense"),
            "404": _response("Error", "there is no such root or file"),
            "503": _response("Error", "the index cannot be read"),
        },
    }


def _response(schema: str, text: str) -> Schema:
    reference = {"$ref": f"#/components/schemas/{schema}"}
    return {"description": text, "content": {"application/json": {"schema": reference}}}


def _object(optional: Schema | None = None, /, **fields: Schema) -> Schema:
    """Return the schema of an object with all `fields`, perhaps `optional` ones, and no others."""
    return {
        "type": "object",
        "properties": {**fields, **(optional or {})},
        "required": [*fields],
        "additionalProperties": False,
    }


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _or_null(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def _named(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _schemas() -> dict[str, Schema]:
    file: dict[str, Schema] = {"root": _TEXT, "path": _TEXT}
    name: Schema = {"path_bytes": _TEXT}
    lines = {"line": _LINE, "start_line": _LINE, "end_line": _LINE}
    return {
        "Error": _object(error=_TEXT),
        "Hit": _object(
            name, **file, **lines, column=_LINE, url=_TEXT, language=_or_null(_TEXT),
            symbol=_or_null(_TEXT), kind=_or_null(_TEXT), score=_NUMBER, stale=_FLAG,
            deleted=_FLAG, text=_TEXT,
        ),
        "Results": _object(
            query=_TEXT, text=_TEXT, mode={"enum": [*MODES]}, hits=_list(_named("Hit")),
            more=_FLAG, snapshot=_or_null(_named("Snapshot")), problems=_list(_TEXT),
            seconds=_NUMBER,
        ),
        "Snapshot": _object(
            generation=_COUNT, files=_COUNT, chunks=_COUNT, complete=_FLAG, stale_files=_COUNT,
            changed_files=_or_null(_COUNT), freshness={"type": "object"},
        ),
        "File": _object(
            name, **file, language=_or_null(_TEXT), lines=_COUNT, text=_TEXT
        ),
        "Outline": _object(name, **file, symbols=_list(_named("Symbol"))),
        "Symbol": _object(**lines, name=_TEXT, symbol=_TEXT, kind=_TEXT, depth=_COUNT),
        "Related": _object(name, **file, line=_LINE, hits=_list(_named("Hit"))),
        "Status": _object(version=_TEXT, roots=_list(_named("Root"))),
        "Root": _object(
            root=_TEXT, folder=_TEXT, exists=_FLAG, generation=_COUNT, files=_COUNT,
            chunks=_COUNT, index_bytes=_COUNT, complete=_FLAG, last_commit=_or_null(_NUMBER),
            updating=_FLAG, files_to_read=_COUNT, files_read=_COUNT, problem=_or_null(_TEXT),
        ),
        "Started": _object(started=_FLAG),
    }  # fmt: skip
