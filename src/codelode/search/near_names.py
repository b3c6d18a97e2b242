"""Names of definitions near the queried name: they begin with it, or differ by typing errors.

Near names are looked for only if no definition has the name itself, in whatever case and joined in
whatever way. Names with typing errors are looked for only if, moreover, no name begins with the
name asked for, and the word occurs nowhere. All shards together decide this: each shard proposes
the nearest sort of names that it has, and `keep_nearest` keeps only the nearest sort of all
that were proposed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from codelode.search.candidates import Candidates, TopK
from codelode.search.gathered import PROPOSERS
from codelode.search.named import likeness_of_names
from codelode.segment.name_keys import clean_name, name_key
from codelode.text.tokens import whole_term

if TYPE_CHECKING:
    from codelode.search.context import QueryContext
    from codelode.search.filters import Mask
    from codelode.search.gathered import Gathered
    from codelode.search.shard import Shard
    from codelode.segment.definition_lookup import DefinitionLookup

_PREFIX = 0.2
_OF_ERRORS = {1: 0.15, 2: 0.1}
_STEP = 0.05
"""Grades of a sort of names exceed its base by less than this; `named` grades the name itself."""

_LEAST_PREFIX = 3
_LEAST_FOR_ONE = 5
_LEAST_FOR_TWO = 9
"""The least number of letters of a name that may have one, or two, typing errors."""

_MOST_NAMES = 4096

_Find = Callable[["DefinitionLookup", str], "Iterator[tuple[int, float]]"]
"""Yields the numbers of names of a segment with their grades."""


def near_names(shard: Shard, context: QueryContext, masks: Sequence[Mask]) -> Candidates:
    """Return the best chunks with names that begin with the query's name, or else misspell it."""
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
    named = bool((gathered.proposals[:, PROPOSERS.index("definitions")] > -np.inf).any())
    least = np.inf if named else np.floor(near.max() / _STEP + 1e-3) * _STEP - 1e-3
    near[:] = np.where(near < least, -np.inf, near)
    grades = gathered.feature("named")
    np.maximum(grades, near, out=grades)
    return np.asarray((gathered.proposals > -np.inf).any(axis=1), np.bool_)


def grade_of_name(context: QueryContext, name: str) -> float:
    """Return the grade of a name for the query (see the module `named`); 0 if it does not match."""
    asked = context.name
    if asked is None:
        return 0.0
    key, other = context.name_key, name_key(clean_name(name))
    if key == other:
        return likeness_of_names(asked.name, name)
    if asked.is_operator:
        return 0.0
    if other.startswith(key) and len(asked.name) >= _LEAST_PREFIX:
        return _PREFIX
    longer = abs(len(name) - len(asked.name))
    if longer > max(_OF_ERRORS) or longer > (most := _most_errors(context)) or not most:
        return 0.0
    return _OF_ERRORS.get(_distance(asked.name, name, most), 0.0)


def _most_errors(context: QueryContext) -> int:
    """Return how many typing errors a query's name may have: 0 if qualified, indexed or absent."""
    asked = context.name
    if asked is None or asked.scopes:
        return 0
    word = whole_term(asked.name.strip("~!?").encode("utf-8", "replace"))
    counts = dict(zip(context.query.terms, context.statistics.counts.tolist(), strict=True))
    if counts.get(word, 0):
        return 0
    return most_errors(asked.name)


def most_errors(name: str) -> int:
    """Return how many typing errors a name of this length may have: 0, 1 or 2."""
    return 2 if len(name) >= _LEAST_FOR_TWO else int(len(name) >= _LEAST_FOR_ONE)


def _distance(one: str, other: str, most: int) -> int:
    """Return the number of typing errors between two names, ignoring case; at most `most` + 1.

    A typing error is an extra, missing or wrong letter, or a swap of two neighbors (optimal string
    alignment).
    """
    from rapidfuzz.distance import OSA  # few queries need it

    return OSA.distance(one.casefold(), other.casefold(), score_cutoff=most)


def _sorts(context: QueryContext) -> Iterator[_Find]:
    asked = context.name
    if asked is None or asked.scopes or asked.is_operator:
        return
    if len(asked.name) >= _LEAST_PREFIX:
        yield _with_prefix
    if most := _most_errors(context):
        yield partial(misspelled, most=most)


def _defining(
    definitions: DefinitionLookup, find: _Find, context: QueryContext
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Return the chunks that define the names found by `find`, and their grades, the best last."""
    assert context.name is not None
    found = sorted(find(definitions, context.name.name), key=lambda each: each[::-1])
    chunks = {
        chunk: grade
        for number, grade in found[-_MOST_NAMES:]
        for chunk in definitions.name_table.chunks(number).tolist()
    }
    ordinals = np.fromiter(chunks, np.int64, len(chunks))
    return ordinals, np.fromiter(chunks.values(), np.float32, len(chunks))


def _with_prefix(definitions: DefinitionLookup, name: str) -> Iterator[tuple[int, float]]:
    """Yield number and grade of each name that begins with `name`; a shorter name grades higher."""
    names, prefix = definitions.name_table, name_key(clean_name(name))
    for number in names.having_prefix(prefix):
        yield (
            number,
            _PREFIX + _STEP * 0.9 * len(prefix) / max(len(names.name(number)), len(prefix)),
        )


def misspelled(definitions: DefinitionLookup, name: str, most: int) -> Iterator[tuple[int, float]]:
    """Yield number and grade of each name that differs from `name` by 1 to `most` typing errors."""
    asked = name.casefold()
    size = len(asked.encode())
    margin = most if asked.isascii() else 4 * most
    lengths = range(size - margin, size + margin + 1)
    for number, found in definitions.name_table.containing(_pieces(asked, most), lengths):
        errors = _distance(asked, found.decode("utf-8", "replace"), most)
        if 0 < errors <= most:
            yield number, _OF_ERRORS[errors]


def _pieces(name: str, most: int) -> tuple[bytes, ...]:
    """Return pieces of a name; a name with up to `most` typing errors contains one of them.

    One error leaves one of two halves intact, or swaps the letters where they meet: the swapped
    name is the third piece. Two errors leave one of three pieces intact, unless an error swaps
    letters of two pieces; then the name may be missed.
    """
    at, third = len(name) // 2, len(name) // 3
    swapped = f"\n{name[: at - 1]}{name[at]}{name[at - 1]}{name[at + 1 :]}\n"
    if most == 1:
        pieces = [f"\n{name[:at]}", f"{name[at:]}\n", swapped]
    else:
        pieces = [f"\n{name[:third]}", name[third : 2 * third], f"{name[2 * third :]}\n"]
    return tuple(piece.encode() for piece in pieces)
