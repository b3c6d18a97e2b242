r"""Make visible the characters that a terminal would obey or hide.

File names and source text come from strangers. An escape sequence in them could rewrite the screen
or the window title, a newline in a name could forge a hit, and a bidirectional control could show
code in another order than it runs in (CVE-2021-42574). On a terminal these appear as escapes:
`\x1b`, `\n`, `\u202e`; bytes of a name that are not UTF-8 as `\xff`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

_IN_TEXT = (
    "\x00-\x08\x0a-\x1f\x7f-\x9f"  # C0 without the tab; DEL; C1
    "\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff"  # bidi, line ends, invisibles
    "\U000e0000-\U000e007f"  # tags: an invisible copy of ASCII
    "\ud800-\udfff"  # undecodable bytes, as surrogate escapes
)
_HOSTILE_IN_TEXT = re.compile(f"[{_IN_TEXT}]")
_HOSTILE_IN_NAME = re.compile(f"[\t{_IN_TEXT}]")
_SHORT = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}


def visible_name(name: str) -> str:
    """Return a path or a symbol for a terminal: on one line, hostile characters as escapes."""
    return _HOSTILE_IN_NAME.sub(_escape, name)


def visible_text(line: str) -> str:
    """Return a line of source text for a terminal: hostile characters as escapes, tabs as tabs."""
    return _HOSTILE_IN_TEXT.sub(_escape, line)


def _escape(match: re.Match[str]) -> str:
    character = match[0]
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # a byte that `surrogateescape` kept
        code -= 0xDC00
    if code < 0x100:
        return _SHORT.get(character, f"\\x{code:02x}")
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def width(text: str) -> int:
    """Return the number of columns that a text without controls takes on a terminal."""
    return len(text) if text.isascii() else sum(map(_columns, text))


ELLIPSIS = "…"
"""It stands for what was cut off."""


def cut(text: str, columns: int) -> str:
    """Return the text, cut and ended with an ellipsis if it is wider than `columns`."""
    if width(text) <= columns:
        return text
    room = max(columns - 1, 0)
    for end, character in enumerate(text):
        room -= _columns(character)
        if room < 0:
            return text[:end] + ELLIPSIS
    return text


def cut_around(text: str, spans: Sequence[tuple[int, int]], columns: int) -> str:
    """Return the text cut at both ends to fit `columns`, with as many spans visible as possible.

    `spans` are character ranges `[start, end)`, ascending; the first of equally good cuts wins. An
    ellipsis stands for what is cut off.
    """
    if width(text) <= columns or not spans or width(text[: spans[0][1]]) < columns:
        return cut(text, columns)
    room = max(columns - 2, 1)  # without the ellipses
    margin = room // 4
    best = most = after = 0
    for number, (start, _) in enumerate(spans):
        begin = max(start - margin, 0)
        while after < len(spans) and spans[after][1] <= begin + room:
            after += 1
        if after - number > most:
            most, best = after - number, begin
    return ELLIPSIS + cut(text[best or max(spans[0][0] - margin, 0) :], columns - 1)


def _columns(character: str) -> int:
    if character.isascii():
        return 1
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
