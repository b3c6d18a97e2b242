"""The globs that narrow a search: `*.py`, `src/**`, `!tests`, `*.{c,h}`.

They mean the same as in `rg -g`: they are gitignore patterns, but a match is included and `!`
excludes; they may have alternatives `{a,b}`. A glob that matches a folder covers everything below
it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from codelode import arguments
from codelode.discover import wildmatch
from codelode.errors import UsageError

_MAX_GLOBS = 1000
_MAX_BRACES = 50
_BRACE = re.compile(r"\\.|\[[!^]?\]?[^\]]*\]|[{},]", re.DOTALL)
"""The tokens for parsing braces: escaped characters and bracketed sets are skipped as a whole."""


class GlobSet:
    """A list of globs; the last one that matches a path decides."""

    def __init__(self, globs: Sequence[str]) -> None:
        """Compile the globs.

        Raises `UsageError` for a glob that is empty, leaves a brace open or can match nothing, and
        for too many braces or alternatives.
        """
        found = [(single, _sources(single)) for single in globs]
        self._wanted = [not single.startswith("!") for single, sources in found for _ in sources]
        if len(self._wanted) > _MAX_GLOBS:
            raise UsageError(f"the globs have more than {_MAX_GLOBS:,} alternatives: use fewer")
        self._wanted.reverse()
        self._otherwise = not any(self._wanted)
        sources = [source for _, sources in found for source in sources]
        joined = "|".join(f"{source}()" for source in reversed(sources))
        self._joined = re.compile(joined.encode("latin-1")) if sources else None

    def __bool__(self) -> bool:
        """Return whether there is any glob; without one, every path matches."""
        return self._joined is not None

    def matches(self, path: str | bytes) -> bool:
        """Return whether a file is included. `path` is POSIX, relative to the root.

        A file that no glob matches is included if all globs begin with `!`.
        """
        match = self._joined.match(os.fsencode(path)) if self._joined else None
        return self._wanted[match.lastindex - 1] if match and match.lastindex else self._otherwise

    def matching(self, paths: Iterable[bytes]) -> Iterator[bool]:
        """Yield whether each of many files is included; this is faster than calls of `matches`."""
        if self._joined is None:
            yield from (self._otherwise for _ in paths)
            return
        for match in map(self._joined.match, paths):
            found = match is not None and match.lastindex
            yield self._wanted[found - 1] if found else self._otherwise


def escaped(path: str) -> str:
    """Return a path with the special characters of globs escaped.

    With a slash in front, the result is a glob that matches only `path`.
    """
    return re.sub(r"[\\*?\[\]{},!]", r"\\\g<0>", path)


def _sources(glob: str) -> list[str]:
    """Return the regular expressions of a glob, one for each combination of alternatives."""
    pattern = glob.removeprefix("!")
    if pattern.count("{") > _MAX_BRACES:
        raise UsageError(f"bad glob {arguments.shown(glob)}: more than {_MAX_BRACES} braces")
    sources: list[str] = []
    for alternative in _alternatives(pattern, glob):
        source = _source(alternative)
        if source is None:
            raise UsageError(f"bad glob {arguments.shown(glob)}: it can match nothing")
        sources.append(source)
        if len(sources) > _MAX_GLOBS:
            break
    return sources


def _source(alternative: str) -> str | None:
    """Return the regular expression of a glob without braces; None if it can match nothing."""
    try:
        pattern = os.fsencode(alternative)
    except UnicodeEncodeError:  # half a surrogate pair, which no path contains
        return None
    folders_only = pattern.endswith(b"/")
    pattern = pattern[:-1] if folders_only else pattern
    with_path = b"/" in pattern
    tokens = wildmatch.tokenize(pattern.removeprefix(b"./").removeprefix(b"/"), path=with_path)
    if not tokens:
        return None
    if not with_path:
        tokens = (wildmatch.Stars.FOLDERS, *tokens)
    return wildmatch.regex(tokens, end="(?=/)" if folders_only else r"(?=/|\Z)")


def _alternatives(pattern: str, glob: str) -> Iterator[str]:
    """Yield every combination of the alternatives in a pattern; the first braces vary slowest."""
    depth = 0
    cuts: list[int] = []
    for match in _BRACE.finditer(pattern):
        symbol = match[0]
        if symbol == "{" or (symbol == "}" and depth):
            depth += 1 if symbol == "{" else -1
            if depth == (symbol == "{"):
                cuts.append(match.start())
        elif symbol == "," and depth == 1:
            cuts.append(match.start())
        if cuts and not depth:
            break
    if depth:
        raise UsageError(f"bad glob {arguments.shown(glob)}: a {{ is never closed")
    if not cuts:
        yield pattern
        return
    before, after = pattern[: cuts[0]], pattern[cuts[-1] + 1 :]
    for start, end in pairwise(cuts):
        yield from _alternatives(f"{before}{pattern[start + 1 : end]}{after}", glob)
