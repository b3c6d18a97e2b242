"""Parse the text of a query: its terms, and whether it names a symbol."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from codelode import arguments
from codelode.errors import UsageError
from codelode.search.file_query import MENTIONED, FileMention, clean_path, files_in
from codelode.segment.schema import FILE_NAME
from codelode.text.scripts import shape
from codelode.text.tokens import query_terms

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from codelode.search.request import SearchRequest
    from codelode.search.verbatim import Required

_STOP_WORDS = frozenset(
    "a an and are as at be by can do does for from how i in into is it its of on or that the this"
    " to was what when where which while who why with".split()
)
_WORD = re.compile(r"[^\x00-#%-/:-@\[-^`{-\x7f]+[!?]?")
"""Letters, digits, underscores, dollars and all beyond ASCII; its inverse compiles much faster."""
_QUALIFIER = re.compile(r"\.|::|->|#|/")
_CAMEL_CASE = re.compile(r"[a0@]A|A{2}a")  # matched against `shape(name)`
_OPERATOR_NAME = re.compile(r"\boperator\s*(\(\)|\[\]|[^\w\s()\[\]]+)")
_OPERATOR = re.compile(r"(?:^|[\s(`'\"])(\[\]=?|[-!#$%&*+./:<=>?@\\^|~]{1,8})(?=$|[\s)`'\"])")

MAX_TERMS = 64
MAX_WORDS = 40
"""A query of one line and more words is a report."""
MAX_REPORT_TERMS = 48
MAX_NAMES = 32

FRAME = 0.8
"""The weight of the first frame of a trace; the weight of a query that is a path is 1."""
FRAME_DECAY = 0.8
"""The weight of a frame, relative to the one before it."""


@dataclass(frozen=True, slots=True)
class ParsedQuery:
    """A query, parsed.

    `terms` are the distinct terms for BM25, in order of appearance; there may be none. `names` are
    the words and operators that could be names of definitions, as written. `files` are the files
    that the query names by path. `is_symbol` says that the whole query is an identifier, a
    qualified name or an operator.

    Of each item of `required`, one pattern must match. An item is a quoted part of the query, or
    all patterns of the request. `only_patterns` says that the request has no query, so that `text`
    consists of the words of its patterns.

    For a report, `text` is only the most telling part, `meaning` is the text for the model, and
    `weights` has a factor for each term. `focused()` chooses among terms and files of the report.
    """

    text: str
    terms: tuple[str, ...]
    names: tuple[str, ...]
    files: tuple[FileMention, ...]
    is_symbol: bool
    required: tuple[Required, ...] = ()
    only_patterns: bool = False
    weights: tuple[float, ...] = ()
    meaning: str = ""

    @property
    def counted(self) -> tuple[str, ...]:
        """The terms whose counts `focused` needs: `terms`, and a term for each name in `files`."""
        return (*self.terms, *(f"{FILE_NAME}:{mention.name}" for mention in self.files))

    def focused(
        self, counts: NDArray[np.int64], chunks: int
    ) -> tuple[ParsedQuery, NDArray[np.int64]]:
        """Return the query to search for, and the counts of its terms: int64[terms].

        `counts` int64[counted] says how many of all `chunks` chunks have each term of
        `self.counted`. Files that do not exist are dropped; a file name counts less if many files
        have it. If the query is a report (see `is_report`), only its most telling terms are kept,
        by salience and rarity, and the first file of its trace weighs most.
        """
        if not self.weights and not self.files:
            return self, counts
        there = counts[len(self.terms) :].tolist()
        files = [
            replace(mention, alone=n**-0.5 if mention.weight < 1 else 1.0)
            for mention, n in zip(self.files, there, strict=True)
            if n
        ]
        if not self.weights:
            return replace(self, files=tuple(files)), counts[: len(self.terms)]
        worth = [
            weight * math.log1p((chunks - n + 0.5) / (n + 0.5)) if n else 0.0
            for weight, n in zip(self.weights, counts.tolist(), strict=False)
        ]
        rows = sorted(sorted(range(len(worth)), key=lambda term: -worth[term])[:MAX_REPORT_TERMS])
        weights = (max(FRAME * FRAME_DECAY**place, MENTIONED) for place in range(len(files)))
        query = replace(
            self,
            terms=tuple(self.terms[row] for row in rows),
            weights=tuple(self.weights[row] for row in rows),
            files=tuple(
                replace(mention, weight=weight) if mention.is_frame else mention
                for mention, weight in zip(files, weights, strict=True)
            ),
        )
        return query, counts[rows]


def parse_request(request: SearchRequest) -> ParsedQuery:
    """Read the query and the patterns of a request.

    Raises `UsageError` if there is nothing to look for, or for a bad pattern.
    """
    patterns = request.patterns
    if not patterns:
        return parse_query(request.query)
    if request.query.strip():
        query = parse_query(request.query)
        return replace(query, required=(*query.required, patterns))
    from codelode.search.verbatim import literal_words

    words = " ".join((*(request.fixed_strings or ()), *map(literal_words, request.regex or ())))
    try:
        query = parse_query(words)
    except UsageError:  # no words: `->`, `\d+`
        query = ParsedQuery(text="", terms=(), names=(), files=(), is_symbol=False)
    return replace(query, required=(patterns,), only_patterns=True)


def parse_query(text: str) -> ParsedQuery:
    """Read a query. Raises `UsageError` if there is nothing to look for."""
    if is_report(text):
        return _parse_report(text)
    text, required = _without_quotes(text) if '"' in text else (text, ())
    text = text.strip()
    terms = _without_stop_words(query_terms(text))
    operators = _operators(text, alone=not terms)
    if not terms and not operators:
        raise nothing_to_look_for(text)
    names = [word for word in _WORD.findall(_spaced(text)) if _is_name(word)]
    is_symbol = not terms or _is_qualified_name(text) or _OPERATOR_NAME.fullmatch(text) is not None
    if not is_symbol:
        names = [name for name in names if has_several_parts(name)]
    names = list(dict.fromkeys([*names, *operators]))
    return ParsedQuery(text, terms, tuple(names), files_in(text), is_symbol, required)


def is_report(query: str) -> bool:
    """Return whether a query is a report: it has several lines, or it is very long."""
    query = query.strip()
    return "\n" in query or (len(query) > 4 * MAX_WORDS and len(query.split()) > MAX_WORDS)


def _parse_report(text: str) -> ParsedQuery:
    from codelode.search.report import CANDIDATE_TERMS, read_report  # few queries are reports

    report = read_report(text)
    terms = _without_stop_words(list(report.salience), CANDIDATE_TERMS)
    if not terms:
        raise nothing_to_look_for(text.strip()[:80])
    names = [frame.function for frame in report.frames]
    names += filter(has_several_parts, filter(_is_name, _WORD.findall(_spaced(report.telling))))
    paths = ((clean_path(frame.path), frame.line) for frame in report.frames)
    frames = [FileMention(path, line, FRAME, is_frame=True) for path, line in paths if path]
    return ParsedQuery(
        report.telling,
        terms,
        tuple(dict.fromkeys(filter(None, names)))[:MAX_NAMES],
        (*dict.fromkeys(frames), *files_in(report.telling)),
        is_symbol=False,
        weights=tuple(map(report.salience.__getitem__, terms)),
        meaning=report.meaning,
    )


def _without_quotes(text: str) -> tuple[str, tuple[Required, ...]]:
    """Return a query without its quotes, and the patterns of the quoted parts."""
    from codelode.search.verbatim import fixed_string, quoted_parts, without_quotes

    required = tuple((fixed_string(part, ignore_case=True),) for part in quoted_parts(text))
    return without_quotes(text), required


def nothing_to_look_for(text: str) -> UsageError:
    """Return the error for a query that neither has words nor names an operator of the index."""
    if not text:
        return UsageError("the query is empty: give a word, a name or a question")
    return UsageError(
        f"nothing to look for in {arguments.shown(text)}: give a word, a name or a question"
    )


def _spaced(text: str) -> str:
    """Return a text with spaces instead of non-ASCII punctuation."""
    if text.isascii():
        return text
    kinds = zip(text, shape(text), strict=True)
    return "".join(" " if kind == " " and c > "\x7f" else c for c, kind in kinds)


def _is_name(word: str) -> bool:
    """Return whether a word can be an identifier, in any script."""
    return word.rstrip("!?").replace("$", "_").isidentifier()


def _is_qualified_name(text: str) -> bool:
    """Return whether a text is a name, or names joined by `.`, `::`, `->`, `#` or `/`."""
    text = re.sub(r"(?:\(\))?[!?]?\Z", "", text)
    first, *others = _QUALIFIER.split(text)
    return _is_name(first) and all(_is_name(name.removeprefix("~")) for name in others)


def has_several_parts(name: str) -> bool:
    """Return whether a name is snake_case or camelCase, unlike a word of prose."""
    return "_" in name.strip("_") or _CAMEL_CASE.search(shape(name)) is not None


def _operators(text: str, *, alone: bool) -> list[str]:
    """Return the operators in a query; operators of one character only if `alone` (no words)."""
    named = _OPERATOR_NAME.findall(text)
    found = [*named, *(f"operator{operator}" for operator in named)]
    for operator in _OPERATOR.findall(text):
        if len(operator) > 1 or alone:
            found += [operator, f"operator{operator}"]
    return found


def _without_stop_words(terms: list[str], most: int = MAX_TERMS) -> tuple[str, ...]:
    """Return up to `most` distinct terms; stop words only if there are no others."""
    distinct = dict.fromkeys(terms[: 4 * most])
    kept = [term for term in distinct if term not in _STOP_WORDS]
    return tuple(kept or distinct)[:most]
