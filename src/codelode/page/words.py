"""The filters in a query: `lang:`, `path:`, `kind:` and `root:`; a `-` in front excludes.

`retries lang:go -path:vendor/ kind:method` looks for "retries" in the methods of Go files outside
of every folder `vendor`. A value with spaces is quoted: `path:"my files"`. A filter in quotes is
part of the text: `"path:src"`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from codelode.discover.glob import GlobSet
from codelode.discover.language import language_called
from codelode.errors import UsageError

NAMES = ("lang", "path", "kind", "root")
_WORD = re.compile(r'(?<!\S)(-?)(lang|path|kind|root):(?:"([^"]*)"|(\S*))(?!\S)')
_LIKE_A_FILTER = re.compile(r"(?<!\S)-?([a-z]{3,8}):(?=[^\s:/])")
_GLOB_SIGNS = re.compile(r"[*?\[{\\]")
_SPACES = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Word:
    """One filter: its name, its value, and whether it excludes."""

    name: str
    value: str
    excludes: bool = False

    def __str__(self) -> str:
        value = f'"{self.value}"' if _SPACES.search(self.value) else self.value
        return f"{'-' if self.excludes else ''}{self.name}:{value}"


@dataclass(frozen=True, slots=True)
class FilteredQuery:
    """The text to search for, and the filters, each once, in order of appearance."""

    text: str
    words: tuple[Word, ...] = ()

    def __str__(self) -> str:
        return " ".join([self.text, *map(str, self.words)]).strip()

    def with_word(self, word: Word) -> FilteredQuery:
        """Return the query with one more filter."""
        return FilteredQuery(self.text, tuple(dict.fromkeys([*self.words, word])))

    def without_word(self, word: Word) -> FilteredQuery:
        """Return the query without the filter `word`."""
        return FilteredQuery(self.text, tuple(each for each in self.words if each != word))

    def values(self, name: str, excludes: bool = False) -> list[str]:
        """Return the values of the filters called `name` whose `excludes` is as given."""
        return [
            each.value for each in self.words if each.name == name and each.excludes == excludes
        ]


def parse(query: str) -> FilteredQuery:
    """Split a query into text and filters. Drop filters without a value: they are being typed."""
    words = [
        Word(match[2], match[3] if match[3] is not None else match[4], bool(match[1]))
        for match in _WORD.finditer(query)
    ]
    text = _SPACES.sub(" ", _WORD.sub(" ", query)).strip()
    return FilteredQuery(text, tuple(dict.fromkeys(word for word in words if word.value.strip())))


@dataclass(frozen=True, slots=True)
class Filters:
    """The filters as a search takes them.

    `languages` and `globs` restrict the search; a `!` in front of one excludes it. `kinds` and
    `other_kinds`, the excluded kinds, are applied to its hits. `roots` and `other_roots`, the
    excluded roots, are names of roots as the page shows them (`LocalTree.label`). `problems` are
    messages about invalid filters, one line each; such filters have no effect.
    """

    languages: tuple[str, ...] = ()
    globs: tuple[str, ...] = ()
    kinds: frozenset[str] = frozenset()
    other_kinds: frozenset[str] = frozenset()
    roots: frozenset[str] = frozenset()
    other_roots: frozenset[str] = frozenset()
    problems: tuple[str, ...] = ()

    @property
    def after(self) -> bool:
        """Whether there are filters that apply to the hits, after the search."""
        return bool(self.kinds or self.other_kinds)


def filters_of(query: FilteredQuery) -> Filters:
    """Return the filters of a query."""
    problems = _misspelled(query.text)
    globs = [
        *_globs(query.values("path"), "", problems),
        *_globs(query.values("path", excludes=True), "!", problems),
    ]
    languages = _languages(query.values("lang"), problems)
    others = _languages(query.values("lang", excludes=True), problems)
    return Filters(
        languages=(*languages, *(f"!{name}" for name in others)),
        globs=tuple(globs),
        kinds=_lower(query.values("kind")),
        other_kinds=_lower(query.values("kind", excludes=True)),
        roots=frozenset(query.values("root")),
        other_roots=frozenset(query.values("root", excludes=True)),
        problems=tuple(problems),
    )


def _misspelled(text: str) -> list[str]:
    """Return a message for each word of the text that looks like a misspelled filter: `rooot:x`.

    Such a word has the first letter of a filter's name, and one typing error after it. `find:x` is
    plain text.
    """
    from rapidfuzz.distance import OSA  # few queries need it

    return [
        f"{typed}: is no filter, but text to search for: did you mean {name}:?"
        for typed in dict.fromkeys(_LIKE_A_FILTER.findall(text))
        for name in NAMES
        if typed[0] == name[0] and OSA.distance(typed, name, score_cutoff=1) == 1
    ]


def _lower(values: list[str]) -> frozenset[str]:
    return frozenset(value.lower() for value in values)


def _languages(values: list[str], problems: list[str]) -> list[str]:
    found = []
    for value in values:
        for name in filter(None, value.split(",")):
            language = language_called(name)
            if language is None:
                problems.append(f"unknown language {name!r}")
            else:
                found.append(language)
    return found


def _globs(values: list[str], sign: str, problems: list[str]) -> list[str]:
    globs = []
    for value in values:
        glob = f"{sign}{_glob(value)}"
        try:
            GlobSet([glob])
        except UsageError as error:
            problems.append(str(error))
        else:
            globs.append(glob)
    return globs


def _glob(value: str) -> str:
    """Return the glob for `value`.

    The value is a glob, a folder with a final slash, or a part of a path.
    """
    if _GLOB_SIGNS.search(value):
        return value.removeprefix("!")
    value = re.sub(r"[]}!]", r"\\\g<0>", value)
    if value.startswith("/"):
        return value if value.endswith("/") else f"{value}*"
    if value.endswith("/"):
        return f"**/{value}"
    return f"**/*{value}*"
