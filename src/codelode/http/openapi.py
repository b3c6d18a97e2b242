"""Parts of an OpenAPI 3.1 description of an API."""

from __future__ import annotations

from typing import Any

from codelode import __version__

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
COUNT: Schema = {"type": "integer", "minimum": 0}
LINE: Schema = {"type": "integer", "minimum": 1}
FLAG: Schema = {"type": "boolean"}
NUMBER: Schema = {"type": "number"}

_PATHS = (
    "Code search by meaning, words and names. Every path is POSIX and relative to its root; a name"
    " that is not UTF-8 is in path_bytes too, in base64."
)


def document(title: str, paths: Schema, schemas: dict[str, Schema]) -> Schema:
    """Return the description of a whole API."""
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": __version__, "description": _PATHS},
        "paths": paths,
        "components": {"schemas": {**schemas, "Error": object_of(error=TEXT)}},
    }


def parameter(name: str, schema: Schema, text: str, required: bool = False) -> Schema:
    """Return a parameter in the query string of a URL."""
    return {"name": name, "in": "query", "required": required, "schema": schema,
            "description": text}  # fmt: skip


def limit(most: int, default: int) -> Schema:
    """Return the schema of a number of hits."""
    return {"type": "integer", "minimum": 1, "maximum": most, "default": default}


def operation(
    name: str, summary: str, parameters: list[Schema], result: str, refusals: dict[str, str]
) -> Schema:
    """Return an operation; `result` names the schema of its response.

    `refusals` has the meaning of each status that is not 200.
    """
    return {
        "operationId": name,
        "summary": summary,
        "parameters": parameters,
        "responses": {
            "200": response(result, "done"),
            **{status: response("Error", text) for status, text in refusals.items()},
        },
    }


def response(schema: str, text: str) -> Schema:
    """Return a response with an object of a named schema."""
    return {"description": text, "content": {"application/json": {"schema": named(schema)}}}


def object_of(optional: Schema | None = None, /, **fields: Schema) -> Schema:
    """Return the schema of an object with all `fields`, maybe `optional` ones, and no others."""
    return {
        "type": "object",
        "properties": {**fields, **(optional or {})},
        "required": [*fields],
        "additionalProperties": False,
    }


def list_of(items: Schema) -> Schema:
    """Return the schema of a list."""
    return {"type": "array", "items": items}


def or_null(schema: Schema) -> Schema:
    """Return the schema of a value that may be null."""
    return {"anyOf": [schema, {"type": "null"}]}


def named(name: str) -> Schema:
    """Return a reference to the schema of this name in the same API description."""
    return {"$ref": f"#/components/schemas/{name}"}


def snapshot() -> Schema:
    """Return the schema of the state of a searched snapshot."""
    return object_of(
        generation=COUNT, files=COUNT, chunks=COUNT, complete=FLAG, stale_files=COUNT,
        changed_files=or_null(COUNT), freshness={"type": "object"},
    )  # fmt: skip


def hit(optional: Schema, **more: Schema) -> Schema:
    """Return the schema of a hit with further fields: `optional` ones, and `more` required ones."""
    return object_of(
        {"path_bytes": TEXT, **optional}, path=TEXT, line=LINE, start_line=LINE, end_line=LINE,
        column=LINE, language=or_null(TEXT), symbol=or_null(TEXT), kind=or_null(TEXT),
        score=NUMBER, stale=FLAG, deleted=FLAG, text=TEXT, **more,
    )  # fmt: skip
