"""Globs as ripgrep's `-g` takes them: gitignore patterns that include, or with `!` exclude."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from codelode.discover.ignore import NOT_FOUND, Finder, Rule, Rules, parse
from codelode.discover.wildmatch import tokenize
from codelode.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence


class GlobSet:
    """Decides by the last glob that matches a path or one of its folders.

    A path that none matches is in if there are only excluding globs. Raises `UsageError` for a
    glob that could match nothing.
    """

    def __init__(self, globs: Sequence[str]) -> None:
        rules = [_rule(glob) for glob in globs]
        self._negated = [rule.negated for rule in rules]
        self._otherwise = all(self._negated)
        self._rules = Rules(rules)
        self._folder = lru_cache(maxsize=4096)(self._open_folder)

    def matches(self, path: str) -> bool:
        """Whether a path (POSIX, relative to the root) is asked for."""
        head, slash, name = path.encode("utf-8", "surrogateescape").rpartition(b"/")
        inherited, find = self._folder(head + slash)
        return self._verdict(max(inherited, find(name)))

    def _verdict(self, number: int) -> bool:
        return self._otherwise if number == NOT_FOUND else not self._negated[number]

    def _open_folder(self, folder: bytes) -> tuple[int, Finder]:
        """The last rule that matches the folder or one above it, and the finder for its files."""
        inherited = NOT_FOUND
        if folder:
            head, slash, name = folder[:-1].rpartition(b"/")
            parent, _ = self._folder(head + slash)
            inherited = max(parent, self._rules.finder(head + slash, folders=True)(name))
        return inherited, self._rules.finder(folder, folders=False)


def _rule(glob: str) -> Rule:
    rules = list(parse(glob.encode("utf-8", "surrogateescape")))
    if len(rules) != 1 or tokenize(rules[0].pattern, path=rules[0].with_path) is None:
        raise UsageError(f"bad glob {glob!r}")
    return rules[0]
