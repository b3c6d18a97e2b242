"""The description of a front's API, in the format of OpenAPI 3.1."""

from __future__ import annotations

from codelode.cluster.addresses import MOST_CHARACTERS, MOST_HITS, MOST_SECONDS, SEARCH, STATUS
from codelode.cluster.front import DEADLINE_SECONDS
from codelode.cluster.lookup_addresses import (
    FILE,
    MOST_LINE,
    MOST_SYMBOLS,
    OUTLINE,
    RELATED,
    REPOSITORIES,
    SYMBOLS,
)
from codelode.http import openapi
from codelode.http.openapi import COUNT, FLAG, LINE, NUMBER, TEXT, Schema, list_of, named, or_null
from codelode.search.request import MODES

_REFUSALS = {
    "400": "a parameter makes no sense, or there is no such file",
    "503": "the cluster is busy, or cannot search all that was asked for",
}
_SWITCH: Schema = {"enum": ["0", "1"], "default": "0"}
_LIMITED: Schema = {"type": "string", "maxLength": MOST_CHARACTERS // 4}
"""A text as long as the whole query of a URL may be, if all of it is escaped."""


def description() -> Schema:
    """Return the whole description."""
    name = openapi.parameter("path", _LIMITED, "the file", required=True)
    within, repo = _several("within", "repo")
    limit = openapi.parameter("limit", openapi.limit(MOST_HITS, 10), "most hits")
    line: Schema = {**LINE, "maximum": MOST_LINE, "default": 1}
    place = [name, within]
    paths = {
        SEARCH: {"get": _get("search", "Search", [*_search(), limit, within, repo], "Answer")},
        SYMBOLS: {"get": _get("symbols", "Definitions by name", [*_symbols(), within, repo],
                              "Symbols")},
        OUTLINE: {"get": _get("outline", "Definitions of a file", place, "Outline")},
        RELATED: {"get": _get("related", "Code of other files that is similar",
                              [*place, openapi.parameter("line", line, "the line"), limit],
                              "Related")},
        FILE: {"get": _get("readFile", "Text of a file, as indexed", place, "File")},
        REPOSITORIES: {"get": _get("repositories", "Totals of repositories", [within, repo],
                                   "Repositories")},
        STATUS: {"get": _get("status", "State of the cluster", [], "Status")},
    }  # fmt: skip
    return openapi.document("lode cluster serve", paths, _schemas())


def _get(name: str, summary: str, parameters: list[Schema], result: str) -> Schema:
    return openapi.operation(name, summary, parameters, result, _REFUSALS)


def _several(*names: str) -> list[Schema]:
    """Return parameters that may be given several times."""
    texts = {
        "within": "globs of repositories, among which repo selects",
        "repo": "globs of the repositories to search",
        "lang": "languages",
        "glob": "globs of paths",
        "kind": "kinds of definitions",
        "fixed": "texts that a hit has",
        "regex": "regular expressions that a hit matches",
    }
    return [openapi.parameter(name, list_of(_LIMITED), texts[name]) for name in names]


def _search() -> list[Schema]:
    seconds: Schema = {"type": "number", "exclusiveMinimum": 0, "maximum": MOST_SECONDS,
                       "default": DEADLINE_SECONDS}  # fmt: skip
    return [
        openapi.parameter("q", _LIMITED, "the query"),
        openapi.parameter("mode", {"enum": [*MODES], "default": "hybrid"}, "the way to search"),
        openapi.parameter("max_per_file", {**LINE, "maximum": MOST_HITS}, "most hits of a file"),
        openapi.parameter("threshold", NUMBER, "the least score"),
        openapi.parameter("seconds", seconds, "the deadline"),
        openapi.parameter("explain", _SWITCH, "return the features of hits"),
        openapi.parameter("ignore_case", _SWITCH, "fixed and regex ignore case"),
        openapi.parameter("strict", _SWITCH, "refuse an answer that lacks repositories"),
        *_several("lang", "glob", "fixed", "regex"),
    ]


def _symbols() -> list[Schema]:
    return [
        openapi.parameter("name", _LIMITED, "the name, or its beginning"),
        openapi.parameter("limit", openapi.limit(MOST_SYMBOLS, 100), "most definitions"),
        openapi.parameter("exact", _SWITCH, "the whole name, in the same case"),
        *_several("kind", "lang", "glob"),
    ]


def _schemas() -> dict[str, Schema]:
    root, name = {"root": TEXT}, {"path_bytes": TEXT}
    totals = {"files": COUNT, "chunks": COUNT, "index_bytes": COUNT}
    return {
        "Answer": openapi.object_of(
            {"missing": list_of(TEXT)}, **root, query=TEXT, snapshot=named("Snapshot"),
            hits=list_of(named("Hit")), left_out=COUNT, seconds=NUMBER,
        ),
        "Hit": openapi.hit({"features": {"type": "object"}}),
        "Snapshot": openapi.snapshot(),
        "Symbols": openapi.object_of(
            **root, query=TEXT, symbols=list_of(named("Symbol")), truncated=FLAG,
            freshness={"type": "null"},
        ),
        "Symbol": openapi.object_of(
            name, path=TEXT, line=LINE, start_line=LINE, end_line=LINE, name=TEXT, symbol=TEXT,
            kind=TEXT, depth=COUNT, language=or_null(TEXT), declaration=FLAG, match=or_null(TEXT),
            stale=FLAG,
        ),
        "Outline": openapi.object_of(name, **root, path=TEXT, symbols=list_of(named("Symbol"))),
        "Related": openapi.object_of(
            name, **root, path=TEXT, line=LINE, hits=list_of(named("Hit"))
        ),
        "File": openapi.object_of(name, **root, path=TEXT, text=TEXT),
        "Repositories": openapi.object_of(**root, repositories=list_of(named("Repository"))),
        "Repository": openapi.object_of(
            **totals, name=TEXT, label=or_null(TEXT), generation=COUNT, complete=FLAG,
            updated=NUMBER, languages={"type": "object", "additionalProperties": COUNT},
        ),
        "Status": openapi.object_of(
            **totals, version=TEXT, roster=TEXT, repositories=COUNT, searchers=list_of(TEXT),
            whole=FLAG, problem=or_null(TEXT),
        ),
    }  # fmt: skip
