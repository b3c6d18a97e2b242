"""The rules of one ignore file, and the lookup of the last rule that matches a name.

Most rules are a plain name or `*.ext`; these cost a dictionary lookup, whatever their number. The
others become regular expressions (`wildmatch`), joined and indexed (`expressions`).

Usage: `rules = Rules(data)`, then for each folder `find = rules.finder(folder, folders=...)`, then
for each entry of that folder `find(name)`. The caller descends from the top and stops at the first
ignored folder, as git does.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from itertools import takewhile
from typing import NamedTuple

from codelode.discover import wildmatch
from codelode.discover.expressions import NOT_FOUND, Expression, finder
from codelode.lazy import cached_property

__all__ = ["NOT_FOUND", "Finder", "Rule", "Rules"]

_BOM = b"\xef\xbb\xbf"

Finder = Callable[[bytes], int]
"""Maps the name of an entry to the number of the last matching rule, or NOT_FOUND."""


class Rule(NamedTuple):
    """One line of an ignore file. `line` is 1-based; `text` is the pattern as git prints it."""

    line: int
    text: bytes
    pattern: bytes  # without `!`, a leading `/`, and a trailing `/` (which means folders only)
    negated: bool
    folders_only: bool
    with_path: bool  # whether to match the path below the ignore file's folder, not only the name

    @property
    def catches_all(self) -> bool:
        """Whether the rule ignores everything in the folder of its file: `*`, `/*`, `**`."""
        return not self.negated and not self.pattern.strip(b"*")


def parse(data: bytes) -> Iterator[Rule]:
    """Yield the rules of an ignore file in order; omit comments, blank lines and invalid lines."""
    for number, line in enumerate(data.removeprefix(_BOM).split(b"\n"), 1):
        if not line or line.startswith(b"#"):
            continue
        text = _without_trailing_spaces(line.removesuffix(b"\r").partition(b"\0")[0])
        pattern = text.removeprefix(b"!")
        folders_only = pattern.endswith(b"/")
        if folders_only:
            pattern = pattern[:-1]
        with_path = b"/" in pattern
        pattern = pattern.removeprefix(b"/")
        if pattern:
            yield Rule(number, text, pattern, text.startswith(b"!"), folders_only, with_path)


def _without_trailing_spaces(text: bytes) -> bytes:
    """Remove trailing spaces, except one that is escaped by a backslash."""
    if not text.endswith(b" "):
        return text
    bare = text.rstrip(b" ")
    backslashes = len(bare) - len(bare.rstrip(b"\\"))
    return bare + b" " if backslashes % 2 else bare


class Rules:
    """The rules of one ignore file; the number of a rule is its index in `rules`."""

    def __init__(self, rules: Iterable[Rule], *, ignore_case: bool = False) -> None:
        """Take the rules in the order of the file, as `parse` gives them.

        With `ignore_case`, the case of ASCII letters is ignored, as by git with `core.ignorecase`.
        """
        self.rules = list(rules)
        self._ignore_case = ignore_case

    @cached_property
    def _for_files(self) -> _Table:
        return _Table(self._compared(), folders=False)

    @cached_property
    def _for_folders(self) -> _Table:
        return _Table(self._compared(), folders=True)

    def _compared(self) -> list[Rule]:
        """Return the rules, in lower case if case is ignored."""
        if not self._ignore_case:
            return self.rules
        return [rule._replace(pattern=_in_lower_case(rule.pattern)) for rule in self.rules]

    def finder(self, folder: bytes, *, folders: bool) -> Finder | None:
        """Return a function that finds the last matching rule for the entries of a folder.

        Returns None if no rule can match. `folder` is the path from the ignore file's folder, empty
        or with a trailing `/`. `folders` says whether the entries are folders.
        """
        table = self._for_folders if folders else self._for_files
        if not self._ignore_case:
            return table.finder(folder)
        find = table.finder(folder.lower())
        return None if find is None else lambda name: find(name.lower())

    def find(self, path: bytes, *, is_folder: bool) -> Rule | None:
        """Return the last rule that matches a path, or None; its parent folders are not matched."""
        head, slash, name = path.rpartition(b"/")
        finder = self.finder(head + slash, folders=is_folder)
        number = finder(name) if finder else NOT_FOUND
        return None if number == NOT_FOUND else self.rules[number]


def _in_lower_case(pattern: bytes) -> bytes:
    return pattern.lower().replace(b"[:upper:]", b"[:lower:]")


class _Table:
    """The rules for files, or for folders, grouped by their method of lookup."""

    def __init__(self, rules: Iterable[Rule], *, folders: bool) -> None:
        self.names: dict[bytes, int] = {}
        self.endings: dict[bytes, int] = {}  # `*.ext`: looked up at every dot of a name
        self.tails: dict[bytes, int] = {}  # `*~`: looked up for each length of an ending
        self.heads: dict[bytes, int] = {}  # `name*`: looked up for each length of a beginning
        self.all = NOT_FOUND  # the number of the last rule `*`
        self.paths: defaultdict[bytes, dict[bytes, int]] = defaultdict(dict)  # by folder and name
        by_name: list[Expression] = []
        by_depth: defaultdict[int | None, list[Expression]] = defaultdict(list)
        for number, rule in enumerate(rules):
            if rule.folders_only and not folders:
                continue
            tokens = wildmatch.tokenize(rule.pattern, path=rule.with_path)
            if tokens is None:
                continue
            if (
                rule.with_path
                and tokens[0] is wildmatch.Stars.FOLDERS
                and wildmatch.depth(tokens[1:]) == 0
            ):
                tokens = tokens[1:]  # `**/name` means the same as `name`
            elif rule.with_path:
                self._store_path(number, tokens, by_depth)
                continue
            if not self._store_name(number, tokens):
                by_name.append(Expression(number, tokens))
        self.tail_sizes = sorted({len(tail) for tail in self.tails})
        self.tail_ends = frozenset(tail[-1:] for tail in self.tails)
        self.head_sizes = sorted({len(head) for head in self.heads})
        self.head_starts = frozenset(head[:1] for head in self.heads)
        self.find_other = finder(by_name) if by_name else None
        self.by_depth = {depth: finder(found) for depth, found in by_depth.items()}
        self.knows_names = bool(self.names or self.endings or self.tails or self.heads or by_name)

    def _store_name(self, number: int, tokens: tuple[wildmatch.Token, ...]) -> bool:
        """Store a rule about a name in a dictionary or `all`; return False if it is too complex."""
        text = wildmatch.literal(tokens)
        if text is not None:
            self.names[text] = number
            return True
        tail = wildmatch.literal(tokens[1:]) if tokens[0] is wildmatch.Stars.WITHIN else None
        if tail:
            (self.endings if tail.startswith(b".") else self.tails)[tail] = number
            return True
        head = wildmatch.literal(tokens[:-1]) if tokens[-1] is wildmatch.Stars.WITHIN else None
        if head:
            self.heads[head] = number
        elif head is not None:
            self.all = number
        return head is not None

    def _store_path(
        self,
        number: int,
        tokens: tuple[wildmatch.Token, ...],
        by_depth: defaultdict[int | None, list[Expression]],
    ) -> None:
        text = wildmatch.literal(tokens)
        if text is None:
            by_depth[wildmatch.depth(tokens)].append(Expression(number, tokens))
        else:
            folder, slash, name = text.rpartition(b"/")
            self.paths[folder + slash][name] = number

    def finder(self, folder: bytes) -> Finder | None:
        here = self.paths.get(folder)
        depths = (folder.count(b"/"), None)
        others = [self.by_depth[depth] for depth in depths if depth in self.by_depth]
        if here is None and not others:
            return self.find_name if self.knows_names or self.all != NOT_FOUND else None
        return _Finder(self.find_name, folder, here or {}, others)

    def find_name(self, name: bytes) -> int:
        """Return the number of the last rule about names that matches, or `NOT_FOUND`.

        A walk spends most of its time here.
        """
        found = self.all
        if not self.knows_names:
            return found
        hit = self.names.get(name, NOT_FOUND)
        if hit > found:
            found = hit
        if self.endings:
            dot = name.find(b".")
            while dot >= 0:
                hit = self.endings.get(name[dot:], NOT_FOUND)
                if hit > found:
                    found = hit
                dot = name.find(b".", dot + 1)
        if name[-1:] in self.tail_ends:
            for size in takewhile(len(name).__ge__, self.tail_sizes):
                found = max(found, self.tails.get(name[-size:], NOT_FOUND))
        if name[:1] in self.head_starts:
            for size in takewhile(len(name).__ge__, self.head_sizes):
                found = max(found, self.heads.get(name[:size], NOT_FOUND))
        if self.find_other is not None:
            hit = self.find_other(name)
            if hit > found:
                found = hit
        return found


class _Finder:
    """Looks up names in a folder to which rules about paths apply."""

    __slots__ = ("_find_name", "_folder", "_here", "_others")

    def __init__(
        self,
        find_name: Finder,
        folder: bytes,
        here: dict[bytes, int],
        others: list[Finder],
    ) -> None:
        self._find_name = find_name
        self._folder = folder
        self._here = here
        self._others = others

    def __call__(self, name: bytes) -> int:
        found = max(self._here.get(name, NOT_FOUND), self._find_name(name))
        for find in self._others:
            found = max(found, find(self._folder + name))
        return found
