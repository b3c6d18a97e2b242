"""The language of a header that may be C or C++: the language of the sources beside it."""

from __future__ import annotations

from collections.abc import Iterable

_CPP_SOURCES = (b".cc", b".cpp", b".cxx", b".c++", b".C", b".hpp", b".hh", b".hxx", b".cu")


def language_of_sources(names: Iterable[bytes]) -> str | None:
    """Return `cpp` if the names in a folder include a C++ source, else `c` if they include a C one.

    Returns None if they include neither.
    """
    found = None
    for name in names:
        if name.endswith(_CPP_SOURCES):
            return "cpp"
        if name.endswith(b".c"):
            found = "c"
    return found
