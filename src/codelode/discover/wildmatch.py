r"""One gitignore pattern as a regular expression that runs in linear time.

Names and paths are bytes, as on disk and as git compares them: `?` is one byte. The reference is
git's `wildmatch.c` and `dir.c`, including two oddities that occur in real rule files:

- git compares the part before the first wildcard as plain text and then starts over, so in
  `a/b**/c` the stars count as being at the beginning of the pattern and do cross folders;
- in `**\/` the stars match at least one folder, unlike in `**/`.

Once the text after a star has matched, the star is never retried: the leftmost match is as good as
any other. So all stars but the last are atomic groups, and `*a*a*a*a*b` stays linear.
"""

from __future__ import annotations

import re
import string
from collections.abc import Sequence, Set
from enum import Enum

MAX_BYTES = 4096
"""PATH_MAX: a pattern that requires more bytes than this matches no path that can be opened."""

_WILDCARD = re.compile(rb"[*?\[\\]")
_SLASH = ord("/")
_ANY = "[^/]"
_NOTHING = "(?!)"


class Stars(Enum):
    """The meaning of one or more adjacent stars."""

    WITHIN = "*"  # any bytes of one name
    FOLDERS = "**/"  # any number of whole folders, or none
    SOME_FOLDERS = "**\\/"  # one folder or more
    REST = "**"  # everything, at the end of a pattern


Token = int | str | Stars
"""A literal byte, the regular expression of one byte, or stars."""


def tokenize(pattern: bytes, *, path: bool) -> tuple[Token, ...] | None:
    """Split a pattern into tokens; None if it can match nothing.

    It can match nothing with an unclosed `[` or a final backslash, or if it is too long.

    `path` says whether the pattern is matched against a path, where `**` crosses folders, or
    against a single name.
    """
    wildcard = _WILDCARD.search(pattern)
    fresh = wildcard.start() if wildcard and path else 0
    tokens: list[Token] = []
    size = at = 0
    while at < len(pattern):
        byte = pattern[at : at + 1]
        token: Token
        if byte == b"*":
            token, at = _stars(pattern, at, path and (at == fresh or pattern[at - 1] == _SLASH))
            if tokens and tokens[-1] is token in (Stars.WITHIN, Stars.FOLDERS):
                continue
        elif byte == b"[":
            found = _bracket(pattern, at + 1)
            if found is None:
                return None
            token, at = found
        elif byte == b"?":
            token, at = _ANY, at + 1
        else:
            at += byte == b"\\"
            if at == len(pattern):
                return None
            token, at = pattern[at], at + 1
        size += token not in (Stars.WITHIN, Stars.FOLDERS)
        if size > MAX_BYTES:
            return None
        tokens.append(token)
    return tuple(tokens)


def _stars(pattern: bytes, at: int, begins: bool) -> tuple[Stars, int]:
    """Return the meaning of the stars at `at`, and the offset after them (after `/` in `**/`)."""
    end = at
    while pattern[end : end + 1] == b"*":
        end += 1
    if begins and end - at > 1:
        if end == len(pattern):
            return Stars.REST, end
        if pattern[end] == _SLASH:
            return Stars.FOLDERS, end + 1
        if pattern.startswith(b"\\/", end):
            return Stars.SOME_FOLDERS, end + 2
    return Stars.WITHIN, end


def _members(test: str) -> frozenset[int]:
    return frozenset(test.encode("ascii"))


_CLASSES: dict[bytes, frozenset[int]] = {
    b"alnum": _members(string.ascii_letters + string.digits),
    b"alpha": _members(string.ascii_letters),
    b"blank": _members(" \t"),
    b"cntrl": frozenset([*range(0x20), 0x7F]),
    b"digit": _members(string.digits),
    b"graph": frozenset(range(0x21, 0x7F)),
    b"lower": _members(string.ascii_lowercase),
    b"print": frozenset(range(0x20, 0x7F)),
    b"punct": _members(string.punctuation),
    b"space": _members(" \t\n\r"),
    b"upper": _members(string.ascii_uppercase),
    b"xdigit": _members(string.hexdigits),
}


def _bracket(pattern: bytes, at: int) -> tuple[Token, int] | None:
    """Return the byte set whose `[` precedes `at`, and its end; None if it is malformed."""
    negated = pattern[at : at + 1] in (b"!", b"^")
    start = at = at + negated
    members: set[int] = set()
    previous = 0  # the byte before a dash; 0 where a dash is literal
    while at == start or pattern[at : at + 1] != b"]":
        if at >= len(pattern):
            return None
        byte = pattern[at]
        if byte == ord("[") and pattern[at + 1 : at + 2] == b":":
            close = pattern.find(b"]", at + 2)
            if close < 0:
                return None
            if close > at + 2 and pattern[close - 1] == ord(":"):
                named = _CLASSES.get(pattern[at + 2 : close - 1])
                if named is None:
                    return None
                members |= named
                previous, at = 0, close + 1
                continue
        ranged = byte == ord("-") and previous and pattern[at + 1 : at + 2] not in (b"", b"]")
        at += ranged or 0
        if pattern[at] == ord("\\") and (ranged or byte == ord("\\")):
            at += 1
            if at >= len(pattern):
                return None
        byte = pattern[at]
        members.update(range(previous, byte + 1) if ranged else (byte,))
        previous, at = 0 if ranged else byte, at + 1
    chosen = (frozenset(range(256)) - members if negated else members) - {_SLASH}
    return _one_of(chosen), at + 1


def _one_of(chosen: Set[int]) -> Token:
    if len(chosen) == 1:
        return next(iter(chosen))
    firsts = sorted(byte for byte in chosen if byte - 1 not in chosen)
    lasts = sorted(byte for byte in chosen if byte + 1 not in chosen)
    ranges = zip(firsts, lasts, strict=True)
    return "[" + "".join(f"\\x{a:02x}-\\x{z:02x}" for a, z in ranges) + "]" if chosen else _NOTHING


def literal(tokens: Sequence[Token]) -> bytes | None:
    """Return the only text that the tokens match; None if they have wildcards."""
    plain = [token for token in tokens if isinstance(token, int)]
    return bytes(plain) if len(plain) == len(tokens) else None


def least_bytes(tokens: Sequence[Token]) -> int:
    """Return a lower bound for the bytes in a match: the number of tokens that are not stars."""
    return sum(not isinstance(token, Stars) for token in tokens)


def depth(tokens: Sequence[Token]) -> int | None:
    """Return the number of slashes in a match; None if it varies."""
    if any(isinstance(token, Stars) and token is not Stars.WITHIN for token in tokens):
        return None
    return sum(token == _SLASH for token in tokens)


def longest_literal(tokens: Sequence[Token]) -> bytes:
    """Return the longest run of literal bytes, which every match contains."""
    runs = [bytearray()]
    for token in tokens:
        if isinstance(token, int):
            runs[-1].append(token)
        elif runs[-1]:
            runs.append(bytearray())
    return bytes(max(runs, key=len))


def regex(tokens: Sequence[Token], end: str = r"\Z") -> str:
    """Return the tokens as a regular expression that must match from the start of a text.

    Texts are bytes, so encode the expression as Latin-1. `end` is the expression for what must
    follow: the end of the text, or the end of a path component in it.
    """
    runs: list[tuple[str, list[Token]]] = [("", [])]
    for token in tokens:
        if token is Stars.FOLDERS:
            runs.append(("(?:.*?/)??", []))
        elif token is Stars.SOME_FOLDERS:
            runs.append((".*?/", []))
        elif token is Stars.REST:
            runs.append((".*", []))
        else:
            runs[-1][1].append(token)
    sources = [lead + _run(run) for lead, run in runs]
    sources[-1] += end
    middle = [f"(?>{source})" for source in sources[1:-1]]
    return "(?s:" + "".join([sources[0], *middle, *sources[1:][-1:]]) + ")"


def _run(tokens: Sequence[Token]) -> str:
    """Return the regular expression for tokens that include no folder-crossing stars."""
    names: list[list[str]] = [[""]]  # for each name, the pieces between its stars
    for token in tokens:
        if token is Stars.WITHIN:
            names[-1].append("")
        elif token == _SLASH:
            names.append([""])
        elif isinstance(token, int):
            names[-1][-1] += re.escape(chr(token))
        elif isinstance(token, str):
            names[-1][-1] += token
    return "/".join(map(_name, names))


def _name(pieces: Sequence[str]) -> str:
    first, *rest = pieces
    if not rest:
        return first
    middle = "".join(f"(?>[^/]*?{piece})" for piece in rest[:-1])
    return f"{first}{middle}[^/]*{rest[-1]}"
