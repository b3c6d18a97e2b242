"""Queries that are the name of a definition: how well chunks that define names answer them.

The *grade* of a chunk is that of the best definition whose name begins in it: 1 for the name as
asked, less for another case, less for the same words joined in another way. A declaration is worth
a little less than a definition. Outside the class or module asked for, either is worth
about half as much.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Iterable

    from codelode.search.shard import Shard
    from codelode.segment.definition_lookup import DefinitionRecord
    from codelode.segment.reader import Segment

EXACT = 1.0
OTHER_CASE = 0.8
OTHERWISE_JOINED = 0.6
_DECLARATION = 0.1
_ELSEWHERE = 0.45
LEAST_IN_PLACE = OTHERWISE_JOINED * (1 - _DECLARATION)
"""The least grade of a definition in the class or module asked for; elsewhere it has less."""

_OWNER = 0.1
"""The grade of the class itself for `Class.method`."""

_SEPARATORS = re.compile(r"::|->|[.#:\\]")
_ARGUMENTS = re.compile(r"\([^()]*\)\s*;?\Z")
_TYPE_ARGUMENTS = re.compile(r"<[^<>\s]*>")
_ARITY = re.compile(r"(?<=[\w!?])/\d{1,2}\Z")
_NAME = re.compile(r"~?[^\W\d][\w$]*[!?]?\Z")
_SELF = frozenset(("", "this", "self", "super", "cls"))
_MAX_BYTES = 512


@dataclass(frozen=True, slots=True)
class NameAsked:
    """The name that a query consists of, and the classes or modules it names it in, outside in."""

    name: str
    scopes: tuple[str, ...]


def name_asked(text: str) -> NameAsked | None:
    """Return the name that a whole query is, or None.

    `Class.method`, `Class::method()`, `Class#method`, `$this->method`, `pkg.Func` and `name/2` are
    names.
    """
    text = text.strip()
    if len(text) > _MAX_BYTES:
        return None
    text = _ARITY.sub("", _ARGUMENTS.sub("", _TYPE_ARGUMENTS.sub("", text)))
    words = [word.lstrip("$@&*") for word in _SEPARATORS.split(text)]
    *scopes, name = words
    scopes = [scope for scope in scopes if scope not in _SELF]
    if not _NAME.match(name) or not all(map(_NAME.match, scopes)):
        return None
    return NameAsked(name, tuple(scopes))


def grades_of(
    shard: Shard, number: int, asked: NameAsked, chunks: NDArray[np.int64]
) -> NDArray[np.float32]:
    """Return the grade of some chunks of a segment, float32[n]; 0 without the name."""
    segment = shard.segment(number)
    table = segment.chunks[chunks]
    grades = np.zeros(len(chunks), np.float32)
    for key, name, defining in segment.definitions.alike(asked.name):
        worth = likeness_of_names(asked.name, name)
        for row in np.flatnonzero(np.isin(chunks, defining)).tolist() if worth else ():
            file, first = int(table["file"][row]), int(table["start_line"][row])
            last = first + int(table["more_lines"][row])
            definers = segment.definitions.definers(key, file, first, last)
            path = shard.path(number, file) if asked.scopes else ""
            grade = worth * _place(segment, asked, definers, path)
            grades[row] = max(grades[row], grade)
    if asked.scopes:
        owners = segment.definitions.chunks_defining(asked.scopes[-1])
        np.maximum(grades, _OWNER * np.isin(chunks, owners), out=grades, casting="same_kind")
    return grades


def likeness_of_names(asked: str, name: str) -> float:
    """Return how well a name with the same letters and digits answers: 0 for an operator."""
    if name == asked:
        return EXACT
    if name.casefold() == asked.casefold():
        return OTHER_CASE
    return OTHERWISE_JOINED if _NAME.match(name) else 0.0


def _place(
    segment: Segment, asked: NameAsked, definers: Iterable[DefinitionRecord], path: str
) -> float:
    """Return the factor of the grade for where and how a chunk defines a name, at most 1.

    `definers` are the definitions of the name in the chunk, and `path` is that of its file.
    """

    def worth(definer: DefinitionRecord) -> float:
        worth = 1.0 - _DECLARATION * definer.definition.declaration
        if asked.scopes:
            qualified = segment.definitions.qualified_name(definer.file, definer.place)
            worth *= 1.0 if is_inside(asked, qualified, path) else _ELSEWHERE
        return worth

    return max(map(worth, definers), default=_ELSEWHERE)


def is_inside(asked: NameAsked, qualified: str, path: str = "") -> bool:
    """Return whether a definition is in the class or module asked for, if there is one.

    Files and folders are modules too.
    """
    if not asked.scopes:
        return True
    around = [name.casefold() for name in _SEPARATORS.split(qualified)]
    *folders, file = path.split("/")
    around += [file.partition(".")[0].casefold(), *(folder.casefold() for folder in folders[-1:])]
    return asked.scopes[-1].casefold() in around
