"""Syntax colour by pygments, which is imported only here and only when colour is on.

Pygments finds the tokens; the colours are the terminal's own sixteen, so that they suit its theme.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pygments.lexer import Lexer

RESET = "\x1b[0m"
BOLD, DIM = "1", "2"
RED, GREEN, YELLOW, BLUE, MAGENTA, CYAN = "31", "32", "33", "34", "35", "36"

MAX_CHARACTERS = 20_000
"""Longer texts stay plain: a lexer may be slow on them."""

_COLOURS = {
    "Comment": DIM,
    "Keyword": MAGENTA,
    "Literal.Number": CYAN,
    "Literal.String": GREEN,
    "Name.Builtin": CYAN,
    "Name.Class": YELLOW,
    "Name.Decorator": BLUE,
    "Name.Function": BLUE,
    "Name.Tag": BLUE,
    "Operator.Word": MAGENTA,
}
_LEXERS = {  # where pygments calls a language otherwise
    "assembly": "gas",
    "batch": "bat",
    "elisp": "emacs-lisp",
    "gettext": "po",
    "linker-script": "c",
    "devicetree": "dts",
    "proto": "protobuf",
    "sass": "scss",
    "starlark": "python",
    "visual-basic": "vb.net",
}


def paint(text: str, *codes: str) -> str:
    """The text in a colour or style."""
    return f"\x1b[{';'.join(codes)}m{text}{RESET}" if text else ""


def highlight(lines: Sequence[str], language: str | None) -> list[str]:
    """The lines, coloured. They must be free of controls: see `visible`."""
    lexer = _lexer(language) if sum(map(len, lines)) <= MAX_CHARACTERS else None
    if lexer is None:
        return list(lines)
    coloured = [""]
    for colour, value in _tokens(lexer, "\n".join(lines)):
        first, *others = value.split("\n")
        coloured[-1] += _styled(first, colour)
        coloured += [_styled(other, colour) for other in others]
    return coloured if len(coloured) == len(lines) else list(lines)


def _tokens(lexer: Lexer, text: str) -> Iterator[tuple[str | None, str]]:
    names: dict[object, str | None] = {}
    for token, value in lexer.get_tokens(text):
        if token not in names:
            name = ".".join(token)
            prefixes = [prefix for prefix in _COLOURS if f"{name}.".startswith(f"{prefix}.")]
            names[token] = _COLOURS[max(prefixes, key=len)] if prefixes else None
        yield names[token], value


def _styled(text: str, colour: str | None) -> str:
    return paint(text, colour) if colour and text else text


def _lexer(language: str | None) -> Lexer | None:
    from pygments.lexers import get_lexer_by_name
    from pygments.util import ClassNotFound

    if language is None:
        return None
    options = {"stripnl": False, "ensurenl": False}
    if language == "php":
        options["startinline"] = True
    try:
        return get_lexer_by_name(_LEXERS.get(language, language), **options)
    except ClassNotFound:
        return None
