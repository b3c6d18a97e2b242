"""What kind of file a path belongs to: tests, examples, generated code, files that pass on."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Sequence

    from codelode.store.snapshot import LiveSegment

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
_REEXPORT = re.compile(
    r"(^|/)(__init__\.py|index\.[jt]sx?|mod\.rs|lib\.rs|package\.scala|package-info\.java)$"
)
PATTERNS = {"test": _TEST, "example": _EXAMPLE, "generated": _GENERATED, "reexport": _REEXPORT}
"""In the order of the bits, from the lowest."""

_OF_FOLDERS = _TEST, _EXAMPLE, _GENERATED
_SEEN = 0x80
_REMEMBERED = 1 << 14


def kinds_of_files(
    live: LiveSegment, files: NDArray[np.integer], paths: Sequence[bytes]
) -> NDArray[np.uint8]:
    """Of some files of a segment, whose paths these are: a bit for each of `PATTERNS`, uint8[n].

    Each file is looked at once: a byte for each is kept with the snapshot.
    """
    if live.kinds is None:
        live.kinds = np.zeros(len(live.segment.files), np.uint8)
    known: NDArray[np.uint8] = live.kinds[files]
    new = np.flatnonzero(known == 0)
    if len(new):
        known[new] = [_SEEN | kind_of_path(paths[i]) for i in new.tolist()]
        live.kinds[files[new]] = known[new]
    return known


def kind_of_path(path: bytes) -> int:
    """A bit for each of `PATTERNS` that a path matches."""
    folder, slash, name = path.decode("utf-8", "surrogateescape").rpartition("/")
    # No pattern reaches over a slash, but to see that there is one or the end.
    return _bits(folder + slash) & (1 << len(_OF_FOLDERS)) - 1 | _bits(name)


@lru_cache(_REMEMBERED)
def _bits(text: str) -> int:
    """Of a folder with its final slash, or of a name."""
    return sum(1 << i for i, it in enumerate(PATTERNS.values()) if it.search(text) is not None)
