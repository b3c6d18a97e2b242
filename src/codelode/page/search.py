"""One search over all trees, with one ranking: its hits, filtered and grouped by file."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from codelode.errors import NoIndexError, UsageError
from codelode.page.words import NAMES, FilteredQuery, filters_of
from codelode.search.parsed_query import parse_query
from codelode.search.request import SearchRequest

if TYPE_CHECKING:
    from codelode.page.trees import Found, Trees
    from codelode.page.words import Filters
    from codelode.search.request import Mode
    from codelode.types import Answer, Hit

DEPTHS = (1, 4, 16)
"""The factors of the limit to ask for, in turn, until enough hits pass the later filters."""


@dataclass(slots=True)
class Results:
    """The hits of a query, best first. `terms` are the terms to mark.

    `answer` is the answer of all trees, or None if nothing was searched. `more` says that there may
    be further hits. `problem` is the reason why nothing was searched, or empty. `seconds`
    is the wall time.
    """

    query: FilteredQuery
    mode: Mode = "hybrid"
    limit: int = 20
    found: list[Found] = field(default_factory=list)
    answer: Answer | None = None
    terms: tuple[str, ...] = ()
    filters: Filters = field(default_factory=lambda: filters_of(FilteredQuery("")))
    more: bool = False
    problem: str = ""
    seconds: float = 0.0

    def by_file(self) -> list[list[Found]]:
        """Return the hits of each file, ordered by line; files are ordered by best hit."""
        files: dict[tuple[str, str], list[Found]] = {}
        for each in self.found:
            files.setdefault((each.tree.label, each.hit.path), []).append(each)
        return [sorted(group, key=lambda each: each.hit.line) for group in files.values()]


def search(trees: Trees, query: FilteredQuery, limit: int, mode: Mode = "hybrid") -> Results:
    """Search the newest snapshots of all trees that the query allows.

    A query without words gives results with a problem, not an error: the user may still be typing.
    """
    began = time.perf_counter()
    results = Results(query, mode, limit, filters=filters_of(query))
    try:
        results.terms = parse_query(query.text).terms
        for depth in DEPTHS if results.filters.after else DEPTHS[:1]:
            _ask(results, trees, limit * depth)
            if len(results.found) >= limit or not results.more:
                break
    except NoIndexError:
        results.answer = None
    except UsageError as error:
        results.problem = str(error)
    results.more = results.more or len(results.found) > limit
    results.found = results.found[:limit]
    results.seconds = time.perf_counter() - began
    return results


def _ask(results: Results, trees: Trees, wanted: int) -> None:
    """Ask for the best `wanted` hits, and put those that pass the filters into `results`."""
    filters = results.filters
    request = SearchRequest(
        results.query.text,
        limit=wanted,
        mode=results.mode,
        languages=filters.languages or None,
        globs=filters.globs or None,
    )
    answered = trees.search(filters, request)
    if answered is None:
        return
    results.answer, found = answered
    results.found = [each for each in found if _passes(each.hit, filters)]
    results.more = len(found) >= wanted


def _passes(hit: Hit, filters: Filters) -> bool:
    kind = (hit.kind or "").lower()
    return (not filters.kinds or kind in filters.kinds) and kind not in filters.other_kinds


def facets(results: Results) -> dict[str, list[tuple[str, int]]]:
    """Return the values that each filter has among the hits, with counts, most frequent first."""
    counters: dict[str, Counter[str]] = {name: Counter() for name in NAMES}
    for each in results.found:
        hit = each.hit
        counters["lang"][hit.language or ""] += 1
        counters["kind"][hit.kind or ""] += 1
        counters["root"][each.tree.label] += 1
        folder, slash, _ = hit.path.partition("/")
        counters["path"][f"{folder}/" if slash else ""] += 1
    return {
        name: [(value, number) for value, number in counter.most_common() if value]
        for name, counter in counters.items()
    }
