r"""The terms and the literal that a text must have to match a regular expression.

Terms are for lookups in the postings.

A word in a pattern counts only if the pattern says that no letter, digit or underscore can be next
to it: then the index has this very word as a term. `foo\(bar, ` requires `bar`, but not `foo`,
which may end a longer word. A pattern that is not understood here requires nothing: the answer is
the same, but it takes longer.
"""

from __future__ import annotations

import re
from itertools import product

from codelode.text.tokens import whole_term

Alternatives = tuple[frozenset[str], ...]
"""Sets of terms: a text that matches has all terms of one set. An empty set fits every text."""

ANYTHING: Alternatives = (frozenset(),)

MAX_ALTERNATIVES = 64
_MAX_DEPTH = 50

# A pattern is expanded into the strings that it can match. Where the pattern leaves a character
# open, the strings have one of these private-use characters.
_UNKNOWN = "\ue000"
_BREAK = "\ue001"
"""No letter, digit or underscore can be here: a line end, or one other character or more."""
_MAYBE_BREAK = "\ue002"
"""A `_BREAK`, or nothing."""

_SIGNS = re.compile(f"[{_UNKNOWN}{_BREAK}{_MAYBE_BREAK}]")
_WORD = re.compile(r"[0-9A-Za-z_]+")
_WORD_CHARACTER = re.compile(r"[0-9A-Za-z_\u0080-\U0010ffff]")
_QUANTIFIER = re.compile(r"[*+?]\??|\{(\d+)(?:,(\d*))?\}\??")
_CLASS = re.compile(r"\[\^?\]?(?:\[:\^?[a-z]+:\]|\\.|[^\]\\])*\]", re.DOTALL)
_PLAIN_CLASS = re.compile(r"\[([^\^\\\]\[a-zA-Z0-9_\u0080-\U0010ffff-]+)\]")
_NOT_WORD_CLASS = r"[^0-9A-Za-z_\x{80}-\x{10FFFF}]"  # as the module `verbatim` writes it
_GROUP = re.compile(r"\((?:\?(?:P?<\w+>|:))?")
_HEXADECIMAL = re.compile(r"\\x(?:\{([0-9A-Fa-f]{1,6})\}|([0-9A-Fa-f]{2}))")
_SIMPLE_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "v": "\v", "a": "\a"}
_BREAKS = frozenset("sAz")


class _NotUnderstoodError(Exception):
    """An error for syntax that this module does not understand."""


def required_terms(pattern: str) -> Alternatives:
    """Return the terms that a text must have to match a pattern in the syntax of RE2.

    `^` and `$` in it match at the ends of lines. The case of the pattern does not matter.
    """
    found = tuple(dict.fromkeys(map(_terms, _strings(pattern))))
    return found if found and frozenset() not in found else ANYTHING


def common_literal(pattern: str) -> tuple[str, bool]:
    """Return a text that every match of a pattern contains, and whether it is the whole pattern.

    The text is empty if none is known. It has the case of the pattern.
    """
    strings = _strings(pattern)
    pieces = _SIGNS.split(strings[0]) if strings else []
    for piece in sorted(pieces, key=len, reverse=True):
        if all(piece in string for string in strings):
            return piece, strings == [piece]
    return "", False


def _strings(pattern: str) -> list[str]:
    """Return the strings that a pattern can match; none if it is not understood."""
    try:
        reader = _Reader(pattern)
        strings = reader.alternatives(0)
    except _NotUnderstoodError:
        return []
    return strings if reader.at_end() else []


def _terms(string: str) -> frozenset[str]:
    terms = set()
    for match in _WORD.finditer(string):
        before, after = match.start() - 1, match.end()
        while before >= 0 and string[before] == _MAYBE_BREAK:
            before -= 1
        while after < len(string) and string[after] == _MAYBE_BREAK:
            after += 1
        if before >= 0 and _breaks(string[before]) and _breaks(string[after : after + 1]):
            terms.add(whole_term(match[0].encode()))
    return frozenset(filter(None, terms))


def _breaks(sign: str) -> bool:
    return sign == _BREAK or (sign != "" and not _WORD_CHARACTER.match(sign))


class _Reader:
    """A reader of a pattern, from left to right; a method that parses a part also consumes it."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._at = 0

    def at_end(self) -> bool:
        return self._at == len(self._pattern)

    def alternatives(self, depth: int) -> list[str]:
        """Return the strings of alternatives, up to a closing parenthesis or the end."""
        if depth > _MAX_DEPTH:
            raise _NotUnderstoodError
        found = self._sequence(depth)
        while self._take("|"):
            found += self._sequence(depth)
        if len(found) > MAX_ALTERNATIVES:
            raise _NotUnderstoodError
        return found

    def _sequence(self, depth: int) -> list[str]:
        found = [""]
        pieces: list[str] = []  # joined all at once, so that a long pattern takes linear time
        while not self.at_end() and self._peek() not in "|)":
            strings = self._repeated(self._atom(depth))
            if len(strings) == 1:
                pieces.append(strings[0])
                continue
            if len(found) * len(strings) > MAX_ALTERNATIVES:
                strings = [_UNKNOWN]
            text = "".join(pieces)
            pieces = []
            found = [before + text + after for before, after in product(found, strings)]
        text = "".join(pieces)
        return [before + text for before in found]

    def _repeated(self, strings: list[str]) -> list[str]:
        """Return the strings of an atom, after applying the quantifiers that follow it."""
        while (match := _QUANTIFIER.match(self._pattern, self._at)) is not None:
            self._at = match.end()
            sign = match[0][0]
            once = sign == "+" or (sign == "{" and int(match[1]) > 0)
            if sign == "{" and match[0].rstrip("?") in ("{1}", "{1,1}"):
                continue
            if strings == [_BREAK]:
                strings = [_BREAK if once else _MAYBE_BREAK]
            elif strings != [_MAYBE_BREAK]:
                strings = [string + _UNKNOWN for string in strings] if once else [_UNKNOWN]
        return strings

    def _atom(self, depth: int) -> list[str]:
        sign = self._peek()
        if sign == "\\":
            return [self._escape()]
        if sign == "[":
            return [self._character_class()]
        if sign == "(":
            return self._group(depth)
        self._at += 1
        if sign in "^$":
            return [_BREAK]
        if sign in "*+?":
            raise _NotUnderstoodError
        return [_UNKNOWN if sign == "." else self._plain(sign)]

    def _plain(self, character: str) -> str:
        if _UNKNOWN <= character <= _MAYBE_BREAK:
            raise _NotUnderstoodError
        return character

    def _group(self, depth: int) -> list[str]:
        match = _GROUP.match(self._pattern, self._at)
        if match is None or self._pattern.startswith("(?", self._at) != ("?" in match[0]):
            raise _NotUnderstoodError  # flags, such as `(?i)`
        self._at = match.end()
        strings = self.alternatives(depth + 1)
        if not self._take(")"):
            raise _NotUnderstoodError
        return strings

    def _escape(self) -> str:
        if (match := _HEXADECIMAL.match(self._pattern, self._at)) is not None:
            self._at = match.end()
            return self._plain(chr(int(match[1] or match[2], 16)))
        sign = self._pattern[self._at + 1 : self._at + 2]
        self._at += 2
        if sign in _BREAKS:
            return _BREAK
        if sign in _SIMPLE_ESCAPES:
            return _SIMPLE_ESCAPES[sign]
        if sign in ("d", "D", "w", "W", "S", "b", "B", "C"):
            return _UNKNOWN
        if not sign or sign.isalnum() or not sign.isascii():
            raise _NotUnderstoodError
        return sign

    def _character_class(self) -> str:
        match = _CLASS.match(self._pattern, self._at)
        if match is None:
            raise _NotUnderstoodError
        self._at = match.end()
        plain = match[0] == _NOT_WORD_CLASS or _PLAIN_CLASS.fullmatch(match[0]) is not None
        return _BREAK if plain else _UNKNOWN

    def _peek(self) -> str:
        return self._pattern[self._at]

    def _take(self, sign: str) -> bool:
        if self._pattern.startswith(sign, self._at):
            self._at += 1
            return True
        return False
