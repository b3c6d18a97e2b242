"""Names of definitions that are near the one asked for: its beginning, or a typing error away.

They are looked for only if no definition has the name itself, in any case and however joined; names
with typing errors only if none begins with it and the word occurs nowhere. All shards together
decide this: each proposes the nearest sort of names that it has, and `keep_nearest` drops those of
any sort but the nearest of all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from codelode.search.candidates import Candidates, TopK
from codelode.search.gathered import PROPOSERS
from codelode.text.tokens import whole_term

if TYPE_CHECKING:
    from codelode.search.context import QueryContext
    from codelode.search.filters import Mask
    from codelode.search.gathered import Gathered
    from codelode.search.shard import Shard
    from codelode.segment.definition_lookup import DefinitionLookup

_PREFIX = 0.4
_ONE_ERROR = 0.3
_TWO_ERRORS = 0.2
_STEP = 0.1
"""Grades of a sort are less than this above its base: see `named` for those of the name itself."""

_LEAST_PREFIX = 3
_LEAST_FOR_ONE = 5
_LEAST_FOR_TWO = 9
"""The letters of a name with that many typing errors."""

_MOST_NAMES = 4096

_Find = Callable[["DefinitionLookup", str], Iterator[tuple[int, float]]]
"""Yields the numbers of names of a segment with their grades."""


def near_names(shard: Shard, context: QueryContext, masks: Sequence[Mask]) -> Candidates:
    """Return the best chunks of a shard that define the nearest sort of names to the query's."""
    for find in _sorts(context):
        best = TopK(context.limit, shard.places)
        for number, mask in enumerate(masks):
            ordinals, grades = _defining(shard.segment(number).definitions, find, context)
            if mask is not None and len(ordinals):
                allowed = np.isin(ordinals, mask.keep(np.unique(ordinals)))
                ordinals, grades = ordinals[allowed], grades[allowed]
            best.offer(number, grades, ordinals)
        if len(found := best.result()):
            return found
    return Candidates.none()


def keep_nearest(gathered: Gathered) -> NDArray[np.bool_]:
    """Set the grades of near names, and return which candidates are left, bool[n].

    Proposals of near names are dropped if any definition has the name itself, or a nearer one.
    """
    near = gathered.proposals[:, PROPOSERS.index("near names")]
    proposed = near > -np.inf
    if not proposed.any():
        return np.ones(len(gathered), bool)
    named = (gathered.proposals[:, PROPOSERS.index("definitions")] > -np.inf).any()
    base = np.inf if named else np.floor(near.max() / _STEP + 1e-3) * _STEP
    near[near < base - 1e-3] = -np.inf
    grades = gathered.feature("named")
    np.maximum(grades, near, out=grades)
    left: NDArray[np.bool_] = (gathered.proposals > -np.inf).any(axis=1)
    return left


def _sorts(context: QueryContext) -> Iterator[_Find]:
    asked = context.name
    if asked is None or asked.scopes:
        return
    if len(asked.name) >= _LEAST_PREFIX:
        yield _with_prefix
    word = whole_term(asked.name.encode("utf-8", "replace"))
    counts = dict(zip(context.query.terms, context.statistics.counts.tolist(), strict=True))
    if counts.get(word, 0):
        return
    if len(asked.name) >= _LEAST_FOR_ONE:
        yield lambda definitions, name: _misspelled(definitions, name, 1)
    if len(asked.name) >= _LEAST_FOR_TWO:
        yield lambda definitions, name: _misspelled(definitions, name, 2)


def _defining(
    definitions: DefinitionLookup, find: _Find, context: QueryContext
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Return the chunks of a segment that define names, with their grades; the best comes last."""
    assert context.name is not None
    found = sorted(find(definitions, context.name.name), key=lambda each: each[::-1])
    chunks = {
        int(chunk): grade
        for number, grade in found[-_MOST_NAMES:]
        for chunk in definitions.chunks_of_name(number)
    }
    ordinals = np.fromiter(chunks, np.int64, len(chunks))
    return ordinals, np.fromiter(chunks.values(), np.float32, len(chunks))


def _with_prefix(definitions: DefinitionLookup, name: str) -> Iterator[tuple[int, float]]:
    """Find the names that begin with one; the shorter, the better."""
    for number, longer in definitions.names_beginning(name):
        yield number, _PREFIX + _STEP * 0.9 * len(name) / max(len(longer), len(name))


def _misspelled(
    definitions: DefinitionLookup, name: str, errors: int
) -> Iterator[tuple[int, float]]:
    """Find the names at a distance of exactly `errors` typing errors, in any case.

    A typing error is a letter too many, too few, wrong, or two neighbors swapped (optimal string
    alignment). A name with `errors` of them leaves one of three pieces intact, but for two errors
    of which one swaps letters of two pieces.
    """
    from rapidfuzz.distance import OSA  # few queries need it

    asked = name.casefold()
    cuts = [round(len(asked) * i / 3) for i in range(4)]
    first, middle, last = (asked[start:stop] for start, stop in pairwise(cuts))
    base = _ONE_ERROR if errors == 1 else _TWO_ERRORS
    for number, other in definitions.names_containing((f"\n{first}", middle, f"{last}\n")):
        if abs(len(other) - len(asked)) <= errors:
            distance = OSA.distance(asked, other.casefold(), score_cutoff=errors)
            if distance == errors:
                yield number, base
