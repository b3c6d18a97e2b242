"""The request of a search, from parsed options."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codelode.discover.glob import GlobSet
from codelode.discover.language import resolve
from codelode.search.request import SearchRequest

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator


def request_of(query: str, limit: int, options: argparse.Namespace) -> SearchRequest:
    """Return the request for a query with these options. Raises `UsageError`."""
    given = vars(options)
    return SearchRequest(
        query,
        limit,
        options.mode,
        languages=[*wanted_languages(options)],
        globs=wanted_globs(options),
        explain=given.get("explain", False),
        fixed_strings=options.fixed_strings,
        regex=options.regex,
        ignore_case=options.ignore_case,
        threshold=given.get("threshold"),
        changed=options.changed,
        since=options.since,
        max_per_file=options.max_per_file,
    )


def wanted_globs(options: argparse.Namespace) -> list[str]:
    """Return the globs of -g, followed by the globs of --no-tests. Raises `UsageError`."""
    GlobSet(options.glob)
    if not options.no_tests:
        return [*options.glob]
    from codelode.search.file_roles import NO_TESTS

    return [*options.glob, *NO_TESTS]


def wanted_languages(options: argparse.Namespace) -> Iterator[str]:
    """Yield the languages of -t, then those of -T, each after a `!`. Raises `UsageError`."""
    for mark, flags in (("", options.languages), ("!", options.other_languages)):
        for names in flags:
            yield from (resolve(f"{mark}{name}") for name in names.split(","))
