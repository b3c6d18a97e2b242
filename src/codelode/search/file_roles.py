"""The roles of files, by their paths: test, example, generated."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Sequence

_TEST = re.compile(
    r"(^|/)(tests?|testing|specs?|__tests__|testdata|fixtures?|mocks?|bench(marks?)?)(/|$)"
    r"|(^|/)(test_|conftest\.)|[._-](test|tests|spec|bench)\.[a-z]+$|[a-z](Test|Tests|Spec|Suite)\.[a-z]+$",
)
_EXAMPLE = re.compile(
    r"(^|/)(examples?|demos?|samples?|docs?|tutorials?|doc_src|guides?|playground|stories)(/|$)"
    r"|\.(story|stories)\.",
    re.I,
)
_GENERATED = re.compile(
    r"(^|/)(vendor|vendored|third_?party|node_modules|dist|generated|gen|migrations|_vendor|compat|legacy|deprecated)(/|$)"
    r"|\.min\.|\.d\.ts$|\.pyi$|_pb2|\.pb\.|\.generated\.|[._-]gen\.|\.g\.",
    re.I,
)
ROLES = {"test": _TEST, "example": _EXAMPLE, "generated": _GENERATED}
"""The path pattern of each role, in the order of the bits from the lowest."""

TEST, EXAMPLE = 1, 2
"""The bits of two roles."""

NO_TESTS = (
    "!{test,tests,__tests__,spec,specs,testdata}/",
    "!test_*",
    "!conftest.*",
    "!*[._-]{test,tests,spec}.*",
    "!*[a-z]{Test,Tests,Spec}.*",
)
"""The globs of `--no-tests`. The role is wider, since it only moves a hit down: benchmarks have it
too."""

_ROLES_BY_FOLDER = _TEST, _EXAMPLE, _GENERATED
_KNOWN = 0x80
_REMEMBERED = 1 << 14


def roles_of_files(
    known: NDArray[np.uint8], files: NDArray[np.integer], paths: Sequence[bytes]
) -> NDArray[np.uint8]:
    """Return the role bits of some files of a segment, uint8[n], given their paths.

    `known` uint8[rows] keeps them for later queries, so each file's path is examined only once.
    """
    roles: NDArray[np.uint8] = known[files]
    new = np.flatnonzero(roles == 0)
    if len(new):
        roles[new] = [_KNOWN | roles_of_path(paths[i]) for i in new.tolist()]
        known[files[new]] = roles[new]
    return roles


def roles_of_path(path: bytes) -> int:
    """Return a bit for each of `ROLES` whose pattern a path matches."""
    folder, slash, name = path.decode("utf-8", "surrogateescape").rpartition("/")
    # No pattern matches across a slash, so the folder and the name are matched separately.
    return _bits(folder + slash) & (1 << len(_ROLES_BY_FOLDER)) - 1 | _bits(name)


@lru_cache(_REMEMBERED)
def _bits(text: str) -> int:
    """Return the role bits of a folder with its final slash, or of a name."""
    return sum(1 << i for i, it in enumerate(ROLES.values()) if it.search(text) is not None)
