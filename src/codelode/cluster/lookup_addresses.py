"""Lookups as the query strings of URLs: `/api/outline?path=acme/api/src/retry.py`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode

from codelode.cluster.addresses import MOST_CHARACTERS, MOST_HITS
from codelode.errors import UsageError
from codelode.http.parameters import whole_number
from codelode.search.symbol_query import SymbolRequest

SYMBOLS = "/api/symbols"
OUTLINE = "/api/outline"
RELATED = "/api/related"
FILE = "/api/file"
REPOSITORIES = "/api/repositories"

MOST_SYMBOLS = 10_000
MOST_LINE = 1 << 31
_SYMBOL_LISTS = {"kind": "kinds", "lang": "languages", "glob": "globs"}
_LISTS = ("repo", "within", *_SYMBOL_LISTS)
_SINGLE = ("name", "path", "limit", "line", "exact")


@dataclass(frozen=True, slots=True)
class Fields:
    """The parameters of a URL: those that may be given several times, and the others."""

    lists: Mapping[str, Sequence[str]] = field(default_factory=dict)
    single: Mapping[str, str] = field(default_factory=dict)

    @property
    def repositories(self) -> Sequence[str]:
        """The globs of the repositories that are asked for."""
        return self.lists.get("repo", ())

    @property
    def within(self) -> Sequence[str]:
        """The globs that limit which repositories the client sees."""
        return self.lists.get("within", ())

    def path(self) -> str:
        """Return the path of a file, or "" if none is given."""
        return self.single.get("path", "")

    def number(self, name: str, default: int, most: int) -> int:
        """Return a whole number from 1 to `most`; `default` if the parameter is absent.

        Raises `UsageError` for anything else.
        """
        return whole_number(name, self.single.get(name, str(default)), most)

    def line(self) -> int:
        """Return the number of a line, 1 by default. Raises `UsageError` for anything else."""
        return self.number("line", 1, MOST_LINE)

    def hits(self) -> int:
        """Return the maximum number of hits. Raises `UsageError`."""
        return self.number("limit", 10, MOST_HITS)

    def symbols(self) -> SymbolRequest:
        """Return the request for definitions. Raises `UsageError`."""
        exact = self.single.get("exact", "0")
        if exact not in ("0", "1"):
            raise UsageError("exact must be 0 or 1")
        options: dict[str, Any] = {
            attribute: self.lists.get(name, ()) for name, attribute in _SYMBOL_LISTS.items()
        }
        limit = self.number("limit", 100, MOST_SYMBOLS)
        return SymbolRequest(self.single.get("name", ""), limit, exact=exact == "1", **options)


def of_symbols(request: SymbolRequest) -> Fields:
    """Return the parameters for a request for definitions."""
    lists = {name: getattr(request, attribute) for name, attribute in _SYMBOL_LISTS.items()}
    single = {"name": request.name, "limit": str(request.limit), "exact": str(int(request.exact))}
    return Fields(lists, single)


def encode_fields(fields: Fields) -> str:
    """Return the query string of a URL. Raises `UsageError` if it is too long."""
    pairs = [(name, value) for name, values in fields.lists.items() for value in values]
    query = urlencode([*pairs, *fields.single.items()], errors="surrogateescape")
    if len(query) > MOST_CHARACTERS:
        raise UsageError("the request is too long for a server: shorten it")
    return query


def decode_fields(query: str) -> Fields:
    """Return the parameters in the query string of a URL. Raises `UsageError`."""
    if len(query) > MOST_CHARACTERS:
        raise UsageError(f"the query of the URL has more than {MOST_CHARACTERS:,} characters")
    lists: dict[str, list[str]] = {}
    single: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True, errors="surrogateescape"):
        if name in _LISTS:
            lists.setdefault(name, []).append(value)
        elif name in _SINGLE:
            single[name] = value
        else:
            raise UsageError(f"there is no parameter {name!r}")
    return Fields(lists, single)
