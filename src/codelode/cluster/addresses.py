"""Searches as the query string of a URL: `/api/search?q=retries&limit=5&glob=*.py`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode

from codelode.errors import UsageError
from codelode.search.request import MODES, SearchRequest

SEARCH = "/api/search"
STATUS = "/api/status"
DESCRIPTION = "/api/openapi.json"

MOST_CHARACTERS = 16_384
"""The length of a whole query of a URL; servers accept about four times as much."""

MOST_HITS = 1000
MOST_SECONDS = 60.0

_LISTS = {
    "lang": "languages",
    "glob": "globs",
    "fixed": "fixed_strings",
    "regex": "regex",
}
"""Parameters that may be given several times, and the fields of the request that they fill."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A search that a server does: the request, and the globs of the repositories to search.

    `strict` refuses an answer that lacks any of these repositories; `seconds` is the time that the
    search may take. If `within` is not empty, repositories must match its globs too.
    """

    request: SearchRequest
    repositories: Sequence[str] = ()
    strict: bool = False
    seconds: float | None = None
    within: Sequence[str] = ()


def encode(wanted: Wanted) -> str:
    """Return the query string of the URL for a search.

    Raises `UsageError` if it is too long, or if the request has `changed` or `since`.
    """
    request = wanted.request
    fields: list[tuple[str, str]] = [
        ("q", request.query),
        ("limit", str(request.limit)),
        ("mode", request.mode),
    ]
    for name, attribute in _LISTS.items():
        fields += [(name, value) for value in getattr(request, attribute)]
    fields += [("repo", glob) for glob in wanted.repositories]
    fields += [("within", glob) for glob in wanted.within]
    if request.changed is not None or request.since is not None:
        raise UsageError("what has changed in a tree is not known to a server")
    if request.max_per_file is not None:
        fields.append(("max_per_file", str(request.max_per_file)))
    flags = {"explain": request.explain, "ignore_case": request.ignore_case}
    fields += [(name, "1") for name, on in (*flags.items(), ("strict", wanted.strict)) if on]
    if request.threshold is not None:
        fields.append(("threshold", repr(request.threshold)))
    if wanted.seconds is not None:
        fields.append(("seconds", repr(wanted.seconds)))
    query = urlencode(fields, errors="surrogateescape")
    if len(query) > MOST_CHARACTERS:
        raise UsageError("the query and its filters are too long for a server: shorten them")
    return query


def decode(query: str) -> Wanted:
    """Return the search that the query string of a URL asks for. Raises `UsageError`."""
    if len(query) > MOST_CHARACTERS:
        raise UsageError(f"the query of the URL has more than {MOST_CHARACTERS:,} characters")
    lists: dict[str, list[str]] = {name: [] for name in (*_LISTS, "repo", "within")}
    single: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True, errors="surrogateescape"):
        if name in lists:
            lists[name].append(value)
        elif name in _SINGLE:
            single[name] = value
        else:
            raise UsageError(f"there is no parameter {name!r}")
    given: dict[str, Any] = {name: read(name, single) for name, read in _SINGLE.items()}
    options: dict[str, Any] = {attribute: lists[name] for name, attribute in _LISTS.items()}
    names = ("explain", "ignore_case", "threshold", "max_per_file")
    options |= {name: given[name] for name in names}
    request = SearchRequest(given["q"], given["limit"], given["mode"], **options)
    return Wanted(
        request,
        tuple(lists["repo"]),
        given["strict"],
        given["seconds"],
        tuple(lists["within"]),
    )


def _text(name: str, given: Mapping[str, str]) -> str:
    return given.get(name, "")


def _mode(name: str, given: Mapping[str, str]) -> str:
    value = given.get(name, "hybrid")
    if value not in MODES:
        raise UsageError(f"mode must be one of {', '.join(MODES)}")
    return value


def _limit(name: str, given: Mapping[str, str]) -> int:
    return 10 if name not in given else _whole(name, given)


def _limit_or_none(name: str, given: Mapping[str, str]) -> int | None:
    return None if name not in given else _whole(name, given)


def _whole(name: str, given: Mapping[str, str]) -> int:
    value = given[name]
    if not value.isascii() or not value.isdecimal() or len(value) > 9:
        raise UsageError(f"{name} must be a whole number")
    if not 1 <= int(value) <= MOST_HITS:
        raise UsageError(f"{name} must be from 1 to {MOST_HITS:,}")
    return int(value)


def _flag(name: str, given: Mapping[str, str]) -> bool:
    value = given.get(name, "0")
    if value not in ("0", "1"):
        raise UsageError(f"{name} must be 0 or 1")
    return value == "1"


def _number(name: str, given: Mapping[str, str]) -> float | None:
    if name not in given:
        return None
    try:
        return float(given[name])
    except ValueError:
        raise UsageError(f"{name} must be a number") from None


def _seconds(name: str, given: Mapping[str, str]) -> float | None:
    seconds = _number(name, given)
    if seconds is not None and not 0 < seconds <= MOST_SECONDS:
        raise UsageError(f"{name} must be more than 0 and at most {MOST_SECONDS:.0f}")
    return seconds


_SINGLE: dict[str, Callable[[str, Mapping[str, str]], Any]] = {
    "q": _text,
    "limit": _limit,
    "max_per_file": _limit_or_none,
    "mode": _mode,
    "explain": _flag,
    "ignore_case": _flag,
    "strict": _flag,
    "threshold": _number,
    "seconds": _seconds,
}
