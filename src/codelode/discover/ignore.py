"""The rules of one ignore file, and the last of them that matches a name.

Most rules are a plain name or `*.ext`; these cost a dict lookup, however many there are. The rest
become regular expressions (`wildmatch`), joined and indexed (`expressions`).

Usage: `rules = Rules(data)`, then for each folder `find = rules.finder(folder, folders=...)`, then
for each entry of that folder `find(name)`. A path is reached through its folders: the caller goes
from the top down and stops at the first folder that is ignored, as git does.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from itertools import takewhile
from typing import NamedTuple

from codelode.discover import wildmatch
from codelode.discover.expressions import NOT_FOUND, Expression, finder

__all__ = ["NOT_FOUND", "Finder", "Rule", "Rules"]

_BOM = b"\xef\xbb\xbf"

Finder = Callable[[bytes], int]
"""Takes the name of an entry and gives the number of the last rule that matches, or NOT_FOUND."""


class Rule(NamedTuple):
    """One line of an ignore file. `line` is 1-based; `text` is what git would print of it."""

    line: int
    text: bytes
    pattern: bytes  # without `!`, the initial `/`, and the final `/` that means folders only
    negated: bool
    folders_only: bool
    with_path: bool  # compared with the path below the file's folder, not with the name alone

    @property
    def catches_all(self) -> bool:
        """Whether the rule ignores whatever lies beside its file: `*`, `/*`, `**`."""
        return not self.negated and not self.pattern.strip(b"*")


def parse(data: bytes) -> Iterator[Rule]:
    """The rules of an ignore file, in order, without comments, blank and meaningless lines."""
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
    """Drop the spaces at the end, but for one that a backslash keeps."""
    if not text.endswith(b" "):
        return text
    bare = text.rstrip(b" ")
    backslashes = len(bare) - len(bare.rstrip(b"\\"))
    return bare + b" " if backslashes % 2 else bare


class Rules:
    """The rules of one ignore file; a rule's number is its place in `rules`, from 0."""

    def __init__(self, rules: Iterable[Rule], *, ignore_case: bool = False) -> None:
        """Take the rules in the order of the file, as `parse` gives them.

        `ignore_case` compares ASCII letters as git does with `core.ignorecase`.
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
        """The rules as they are compared with names."""
        if not self._ignore_case:
            return self.rules
        return [rule._replace(pattern=_in_lower_case(rule.pattern)) for rule in self.rules]

    def finder(self, folder: bytes, *, folders: bool) -> Finder | None:
        """What finds the last matching rule for the entries of a folder; None if none can match.

        `folder` is the path from the ignore file's folder, empty or with a final `/`. `folders`
        says whether the entries asked about are folders.
        """
        table = self._for_folders if folders else self._for_files
        if not self._ignore_case:
            return table.finder(folder)
        find = table.finder(folder.lower())
        return None if find is None else lambda name: find(name.lower())

    def find(self, path: bytes, *, is_folder: bool) -> Rule | None:
        """The last rule that matches a path, regardless of what its parent folders match."""
        head, slash, name = path.rpartition(b"/")
        finder = self.finder(head + slash, folders=is_folder)
        number = finder(name) if finder else NOT_FOUND
        return None if number == NOT_FOUND else self.rules[number]


def _in_lower_case(pattern: bytes) -> bytes:
    return pattern.lower().replace(b"[:upper:]", b"[:lower:]")


class _Table:
    """The rules that can match files, or folders, filed by the way they are looked up."""

    def __init__(self, rules: Iterable[Rule], *, folders: bool) -> None:
        self.names: dict[bytes, int] = {}
        self.endings: dict[bytes, int] = {}  # `*.ext`: tried at every dot of a name
        self.tails: dict[bytes, int] = {}  # `*~`: tried with every length there is ...
        self.heads: dict[bytes, int] = {}  # `name*`: ... if the byte at that end is right
        self.all = NOT_FOUND  # `*`
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
                tokens = tokens[1:]  # `**/name` is `name`
            elif rule.with_path:
                self._file_path(number, tokens, by_depth)
                continue
            if not self._file_name(number, tokens):
                by_name.append(Expression(number, tokens))
        self.tail_sizes = sorted({len(tail) for tail in self.tails})
        self.tail_ends = frozenset(tail[-1:] for tail in self.tails)
        self.head_sizes = sorted({len(head) for head in self.heads})
        self.head_starts = frozenset(head[:1] for head in self.heads)
        self.find_other = finder(by_name) if by_name else None
        self.by_depth = {depth: finder(found) for depth, found in by_depth.items()}
        self.knows_names = bool(self.names or self.endings or self.tails or self.heads or by_name)

    def _file_name(self, number: int, tokens: tuple[wildmatch.Token, ...]) -> bool:
        """File a rule about a name in one of the dicts, if it is simple enough."""
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

    def _file_path(
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
        """The last rule about names that matches. (This is where a walk spends its time.)"""
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
    """Looks up names in one folder for which there are rules about paths."""

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
