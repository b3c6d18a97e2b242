r"""Text that must occur: fixed strings, regular expressions, and the quoted parts of a query.

A `Pattern` is matched by RE2, whose time is linear in the text whatever the pattern. It is matched
as ripgrep matches: `^` and `$` match at the beginning and the end of a line, and only a pattern
that contains a line feed
(`\n`) matches across lines. A match counts for the chunk in which it begins, wherever it ends.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from codelode import arguments
from codelode.errors import UsageError
from codelode.search.regex_terms import Alternatives, required_terms

if TYPE_CHECKING:
    from typing import Protocol

    class Matcher(Protocol):
        """A compiled pattern of RE2."""

        def search(self, text: bytes, pos: int) -> re.Match[bytes] | None:
            """Return the first match from `pos` on."""


MAX_PATTERN_BYTES = 1 << 16

_PREFIX = "(?m)"

_NOT_WORD = r"[^0-9A-Za-z_\x{80}-\x{10FFFF}]"
_WORD_BYTE = re.compile(rb"[0-9A-Za-z_\x80-\xff]")
_PLAIN = re.compile(r"[\w\s\u0080-\U0010ffff]")
_LINE_FEED = re.compile(r"(?<!\\)(?:\\\\)*(?:\\n|\n)")
_OPEN_EDGE = re.compile(r"\\b(?=[0-9A-Za-z_](?![?*{]))")
_NUMBERED = re.compile(r"\\[xpPQ0-7]")
_CLOSE_EDGE = re.compile(r"(?:.*[^\\])?[0-9A-Za-z_]\\b", re.DOTALL)
_ESCAPE_OR_FLAGS = re.compile(
    r"\\x(?:\{\w*\}|\w\w)|\\[pP](?:\{\^?\w*\}|\w)|\\[A-Za-z]|\(\?[^):]*[:)>]|\{[\d,]*\}|\[:\^?\w+:\]"
)
_WORDS = re.compile(r"[\w$]+")
_WHOLE_TEXT = re.compile(r"\\[Az]|\(\?[a-zA-Z]*-")
_QUOTED = re.compile(
    r'(?:(?<=\s)|(?<![^\x00]))(?<!File )"([^"\n]*[^"\s][^"\n]*)"(?=[\s.,;:?!)]|\Z)'
)


@dataclass(frozen=True, slots=True)
class Pattern:
    """A regular expression in the syntax of RE2.

    `multiline` says that it may match across lines. With `edge`, a match may include one
    character before the wanted text; this is not a word character. `terms` are alternatives: a
    file that matches has all terms of at least one alternative.
    """

    source: str
    ignore_case: bool
    multiline: bool
    edge: bool
    terms: Alternatives

    @property
    def whole_text(self) -> bool:
        """Whether a match may depend on where a text begins or ends."""
        return _WHOLE_TEXT.search(self.source) is not None


Required = tuple[Pattern, ...]
"""Patterns of which at least one must match."""


def fixed_string(text: str, ignore_case: bool = False) -> Pattern:
    """Return the pattern of a literal text. Raises `UsageError` if it is empty or too long."""
    _check(text)
    source = "".join(c if _PLAIN.match(c) and c != "\n" else _escaped(c) for c in text)
    return Pattern(source, ignore_case, "\n" in text, False, required_terms(source))


def regex(text: str, ignore_case: bool = False) -> Pattern:
    """Return the pattern of a regular expression.

    Raises `UsageError` if it is invalid, or if it needs more than linear time (backreferences and
    look-around).
    """
    _check(text)
    multiline = _LINE_FEED.search(text) is not None
    plain = Pattern(text, ignore_case, multiline, edge=False, terms=())
    matcher(plain)  # raises an error if it is invalid
    source, edge = text, False
    if not multiline and "|" not in text and not _NUMBERED.search(text):
        # RE2's `\b` knows only ASCII letters. Besides, only explicit edges tell `required_terms`
        # that a word is whole.
        edge = _OPEN_EDGE.match(text) is not None
        source = f"(?:^|{_NOT_WORD}){text[2:]}" if edge else text
        if _CLOSE_EDGE.fullmatch(source):
            source = f"{source[:-2]}(?:{_NOT_WORD}|$)"
    return Pattern(source, ignore_case, multiline, edge, required_terms(source))


def quoted_parts(query: str) -> tuple[str, ...]:
    """Return the parts of a query in double quotes that are set off by spaces.

    Quotes within code, as in `print("x")`, are ignored, and so are quotes in a text of several
    lines.
    """
    if "\n" in query.strip():
        return ()
    return tuple(dict.fromkeys(_QUOTED.findall(query)))


def without_quotes(query: str) -> str:
    """Return a query without the quotes around its quoted parts."""
    return _QUOTED.sub(r"\1", query) if quoted_parts(query) else query


def literal_words(pattern: str) -> str:
    """Return the words that a regular expression contains literally."""
    return " ".join(_WORDS.findall(_ESCAPE_OR_FLAGS.sub(" ", pattern)))


def first_match(patterns: Required, text: bytes, start: int) -> int | None:
    """Return the offset of the first match that begins at or after `start`, or None."""
    found = [search_from(matcher(each), each.edge, text, start) for each in patterns]
    return min((at for at in found if at >= 0), default=None)


def search_from(match: Matcher, edge: bool, text: bytes, start: int) -> int:
    """Return the offset of the first match that begins at or after `start`, or -1.

    `match` is the compiled pattern, and `edge` is its `Pattern.edge`.
    """
    # With `edge`, a match may include the byte before the wanted text: start one byte earlier.
    at = start - 1 if edge and start else start
    while (span := match.search(text, at)) is not None:
        begin = span.start()
        if edge and not _WORD_BYTE.match(text, begin):
            begin += 1
        if begin >= start:
            return begin
        at = span.start() + 1
    return -1


@lru_cache(64)
def matcher(pattern: Pattern) -> Matcher:
    """Return the compiled pattern. Raises `UsageError` if it is invalid."""
    import re2  # few searches need it

    options = re2.Options()
    options.case_sensitive = not pattern.ignore_case
    options.never_nl = not pattern.multiline
    options.never_capture = True
    options.log_errors = False
    try:
        compiled: Matcher = re2.compile(
            f"{_PREFIX}{pattern.source}".encode("utf-8", "surrogatepass"), options
        )
        return compiled
    except re2.error as error:
        (message,) = error.args
        reason = message.decode("utf-8", "replace").replace(_PREFIX, "")
        raise UsageError(f"bad pattern {arguments.shown(pattern.source)}: {reason}") from None


def _check(text: str) -> None:
    if not text:
        raise UsageError("a pattern is empty: it would match everywhere")
    if len(text.encode("utf-8", "surrogatepass")) > MAX_PATTERN_BYTES:
        raise UsageError(f"a pattern has more than {MAX_PATTERN_BYTES:,} bytes")


def _escaped(character: str) -> str:
    return r"\n" if character == "\n" else rf"\x{{{ord(character):x}}}"


def patterns_of(
    fixed_strings: Sequence[str], regexes: Sequence[str], ignore_case: bool
) -> Required:
    """Return the patterns of a request; at least one of them must match."""
    return (
        *(fixed_string(text, ignore_case) for text in fixed_strings),
        *(regex(text, ignore_case) for text in regexes),
    )
