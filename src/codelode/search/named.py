"""Queries that are the name of a definition: how well chunks that define names answer them.

The *grade* of a chunk is the grade of the best definition whose name begins in it: 1 for the name
as asked, less for another case, less for the same words joined in another way. A declaration, an
extension of a type, a module, and a definition in a test or an example are worth a little less. If
the query is a name alone, a member of another definition is worth slightly less, too. Outside the
class or module asked for, a definition or declaration is worth less than half.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from codelode.search.file_roles import EXAMPLE, TEST, roles_of_files
from codelode.text.csr import are_among
from codelode.text.tokens import parts

if TYPE_CHECKING:
    from codelode.search.shard import Shard
    from codelode.segment.definition_lookup import DefinitionRecord
    from codelode.segment.reader import Segment

EXACT = 1.0
OTHER_CASE = 0.8
OTHERWISE_JOINED = 0.6
OTHERWISE_PARTED = 0.5
"""The grades of `getUrl`, `get_url` and `geturl` for `GetUrl`."""

_DECLARATION = 0.1
_QUALIFIED = 0.02
_MODULE = 0.05
_ASIDE = 0.1
"""How much less a declaration or an extension, a member of another definition, a module, and a
definition in a test or an example are worth."""

MODULES = frozenset({"module", "namespace"})
"""Kinds of definitions that are asked for less than what they hold: `Stack` of `Data.Stack`."""

EXTENDING = frozenset({"extension", "impl"})
"""Kinds of definitions that add to a type that is defined elsewhere, under its name."""

_NESTED = 0.05
"""How much less a definition is worth in something else inside the class or module asked for."""

_ELSEWHERE = 0.4
_OWNER = 0.05
"""The grade of the class itself for `Class.method`."""

_SEPARATORS = re.compile(r"::|->|[.#:\\]")
_ARGUMENTS = re.compile(r"\(([^()]*)\)\s*;?\Z")
_DOCUMENTED = re.compile(r"[\w.$]*\w#\w+\(")
_TYPE_ARGUMENTS = re.compile(r"<[^<>\s]*>")
_ARITY = re.compile(r"(?<=[\w!?])/\d{1,2}\Z")
_OPERATOR = re.compile(
    r"((?:\S*(?:::|->|[.#]))?)operator\s*(\(\)|\[\]|[-+*/%^&|~!=<>]{1,3})((?:\([^()]*\))?;?)"
)
_NAME = re.compile(r"~?[^\W\d][\w$]*[!?]?\Z")
_SELF = frozenset(("", "this", "self", "super", "cls"))
_MAX_BYTES = 512


@dataclass(frozen=True, slots=True)
class NameAsked:
    """The name that a query consists of, and the classes or modules around it, outermost first.

    `has_arguments` says that arguments follow the name, as in a call: `send(self, "x")`. The types
    in `Client#send(Request)` are no arguments: only documentation is written like this.
    """

    name: str
    scopes: tuple[str, ...]
    has_arguments: bool = False

    @property
    def is_operator(self) -> bool:
        """Whether it is an operator of C++: `operator==`."""
        return not _NAME.match(self.name)


def name_asked(text: str) -> NameAsked | None:
    """Return the name that the whole query consists of, or None.

    `Class.method`, `Class::method()`, `Class#method`, `$this->method`, `pkg.Func`, `name/2` and
    `Class::operator==` are names.
    """
    text = text.strip()
    if len(text) > _MAX_BYTES:
        return None
    if (operator := _OPERATOR.fullmatch(text)) is not None:
        asked = name_asked(f"{operator[1]}operator{operator[3]}")
        return replace(asked, name=f"operator{operator[2]}") if asked is not None else None
    arguments = _ARGUMENTS.search(text)
    has_arguments = arguments is not None and arguments[1].strip() != ""
    has_arguments &= not _DOCUMENTED.match(text)
    text = _ARITY.sub("", _ARGUMENTS.sub("", _TYPE_ARGUMENTS.sub("", text)))
    words = [word.lstrip("$@&*") for word in _SEPARATORS.split(text)]
    *scopes, name = words
    scopes = [scope for scope in scopes if scope not in _SELF]
    if not _NAME.match(name) or not all(map(_NAME.match, scopes)):
        return None
    return NameAsked(name, tuple(scopes), has_arguments)


def grades_of(
    shard: Shard, number: int, asked: NameAsked, chunks: NDArray[np.int64], strict: bool
) -> NDArray[np.float32]:
    """Return the grade of some chunks of a segment, float32[n]: 0 if they define nothing asked for.

    With `strict`, if a class or module is asked for, only definitions in it have a grade. Without
    `strict`, a chunk that defines the class or module itself has a low grade (`_OWNER`).
    """
    segment = shard.segment(number)
    table = segment.chunks[chunks]
    grades = np.zeros(len(chunks), np.float32)
    for key, name, defining in segment.definitions.alike(asked.name):
        worth = likeness_of_names(asked.name, name)
        for row in np.flatnonzero(are_among(chunks, defining)).tolist() if worth else ():
            file, first = int(table["file"][row]), int(table["start_line"][row])
            last = first + int(table["more_lines"][row])
            definers = segment.definitions.definers(key, file, first, last)
            path = shard.path(number, file) if asked.scopes else ""
            elsewhere = 0.0 if strict else _ELSEWHERE
            worths = (_worth(segment, asked, definer, path, strict) for definer in definers)
            grade = worth * (max(worths, default=elsewhere) or elsewhere)
            grades[row] = max(grades[row], grade)
    _lower_tests(shard, number, table["file"], grades)
    if asked.scopes and not strict:
        owners = segment.definitions.chunks_defining(asked.scopes[-1])
        np.maximum(grades, _OWNER * are_among(chunks, owners), out=grades, casting="same_kind")
    return grades


def _lower_tests(
    shard: Shard, number: int, files: NDArray[np.integer], grades: NDArray[np.float32]
) -> None:
    """Lower the grades of chunks in tests and examples. `files` int[n], `grades` float32[n]."""
    (named,) = np.nonzero(grades)
    if len(named):
        paths = shard.paths(number, files[named])
        roles = roles_of_files(shard.file_roles[number], files[named], paths)
        grades[named] *= np.where(roles & (TEST | EXAMPLE), np.float32(1 - _ASIDE), np.float32(1))


def likeness_of_names(asked: str, name: str) -> float:
    """Return how well a name answers `asked`, which has the same letters and digits: up to 1.

    The result is 0 for an operator other than `asked`.
    """
    if name == asked:
        return EXACT
    if name.casefold() == asked.casefold():
        return OTHER_CASE
    if not (_NAME.match(name) and _NAME.match(asked)):
        return 0.0
    return OTHERWISE_JOINED if _parts(asked) == _parts(name) else OTHERWISE_PARTED


def _parts(name: str) -> tuple[bool, *tuple[str, ...]]:
    """Return whether a name begins with an underscore, and its parts."""
    return name.startswith("_"), *parts(name.encode("utf-8", "replace"))


def _worth(
    segment: Segment, asked: NameAsked, definer: DefinitionRecord, path: str, strict: bool
) -> float:
    """Return the factor of the grade for one definition: 0 outside the class or module asked for.

    Unless `strict`, `grades_of` puts `_ELSEWHERE` in place of 0. `path` is the path of the
    definition's file; it is used only if a class or module is asked for.
    """
    definition = definer.definition
    is_less = definition.declaration or definition.kind in EXTENDING
    worth = 1.0 - _DECLARATION * is_less - _MODULE * (definition.kind in MODULES)
    if not asked.scopes:
        return worth - _QUALIFIED * (definition.parent >= 0 or definition.owner != "")
    qualified = segment.definitions.qualified_name(definer.file, definer.place)
    inside = is_inside_all if strict else is_inside
    if not inside(asked, qualified, path):
        return 0.0
    return worth - _NESTED * (not is_directly_inside(asked, qualified))


def is_inside(asked: NameAsked, qualified: str, path: str) -> bool:
    """Return whether a definition is in the class or module asked for; True if none was asked for.

    Files and folders are modules too.
    """
    if not asked.scopes:
        return True
    *folders, file = path.casefold().split("/")
    around = {*_around(qualified), file.partition(".")[0], *folders[-1:]}
    return asked.scopes[-1].casefold() in around


def is_directly_inside(asked: NameAsked, qualified: str) -> bool:
    """Return whether nothing stands between a definition and the class or module asked for.

    True also if no class or module was asked for, or if the definition is in none.
    """
    around = _around(qualified)
    return not asked.scopes or not around or around[-1] == asked.scopes[-1].casefold()


def is_inside_all(asked: NameAsked, qualified: str, path: str) -> bool:
    """Return whether a definition is in all classes and modules asked for, in any order.

    Being in the innermost one is enough if only one is asked for, or if the qualified name has the
    innermost one in the same case. In `ctx.app.name`, `app` is hardly the class `App`.
    """
    if len(asked.scopes) < 2 or asked.scopes[-1] in _SEPARATORS.split(qualified)[:-1]:
        return is_inside(asked, qualified, path)
    *folders, file = path.casefold().split("/")
    around = {*_around(qualified), file.partition(".")[0], *folders}
    return all(scope.casefold() in around for scope in asked.scopes)


def _around(qualified: str) -> list[str]:
    return _SEPARATORS.split(qualified.casefold())[:-1]
