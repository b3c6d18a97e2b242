"""Colors and styles of a terminal, as escape sequences.

Only the sixteen colors of the terminal's own theme are used. Matching words are bold, and a
difference in color alone never means anything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from codelode.render.highlight import MATCH

if TYPE_CHECKING:
    from collections.abc import Iterable

    from codelode.render.highlight import Token

RESET = "\x1b[0m"
BOLD, DIM = "1", "2"
RED, GREEN, YELLOW, BLUE, MAGENTA, CYAN = "31", "32", "33", "34", "35", "36"

_STYLES = {
    "builtin": CYAN,
    "class": YELLOW,
    "comment": DIM,
    "decorator": BLUE,
    "function": BLUE,
    "keyword": MAGENTA,
    "number": CYAN,
    "string": GREEN,
    "tag": BLUE,
}


def paint(text: str, *codes: str) -> str:
    """Return a text in a color or style."""
    return f"\x1b[{';'.join(codes)}m{text}{RESET}" if text and codes else text


def paint_tokens(tokens: Iterable[Token]) -> str:
    """Return a highlighted line for a terminal."""
    return "".join(paint(text, *_codes(name)) for name, text in tokens)


def _codes(name: str) -> list[str]:
    names = name.split()
    codes = [_STYLES[each] for each in names if each in _STYLES]
    if MATCH in names:  # bold and dim exclude each other
        return [BOLD, *(code for code in codes if code != DIM)]
    return codes
