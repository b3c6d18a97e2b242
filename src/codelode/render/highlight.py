"""Syntax highlighting: lines of source as (token class, text) pairs, for any writer.

pygments finds the tokens. It is imported only here, and only when a line is highlighted. The writer
for terminals is `ansi`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pygments.lexer import Lexer

    Token = tuple[str, str]
    """A token class (empty for plain text, several with spaces between), and text."""

MATCH = "match"
"""The class of words that match the query. It comes on top of the class of the token."""

MAX_CHARACTERS = 20_000
"""Longer texts stay plain: a lexer may be slow on them."""

_CLASSES = {  # by pygments' token type; the longest prefix decides
    "Comment": "comment",
    "Keyword": "keyword",
    "Literal.Number": "number",
    "Literal.String": "string",
    "Name.Builtin": "builtin",
    "Name.Class": "class",
    "Name.Decorator": "decorator",
    "Name.Function": "function",
    "Name.Tag": "tag",
    "Operator.Word": "keyword",
}
_LEXERS = {  # languages that pygments calls by another name
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


def highlight(
    lines: Sequence[str], language: str | None, most: int = MAX_CHARACTERS
) -> list[list[Token]]:
    """Return the tokens of each line; their texts, joined, are the line.

    Each line is one plain token if the language is unknown, if the lines have more than `most`
    characters together, or if pygments changes their text.
    """
    plain = [[("", line)] for line in lines]
    lexer = _lexer(language) if sum(map(len, lines)) <= most else None
    if lexer is None:
        return plain
    found: list[list[Token]] = [[]]
    for name, value in _tokens(lexer, "\n".join(lines)):
        first, *others = value.split("\n")
        found[-1] += [(name, first)] if first else []
        found += [[(name, other)] if other else [] for other in others]
    texts = ["".join(text for _, text in tokens) for tokens in found]
    return found if texts == list(lines) else plain


def mark(tokens: Iterable[Token], spans: Sequence[tuple[int, int]]) -> list[Token]:
    """Return the tokens of a line with the class `MATCH` added to the text within `spans`.

    `spans` are character ranges `[start, end)`, ascending and disjoint. A token that crosses an
    end of a span is split there.
    """
    marked: list[Token] = []
    cuts = [cut for span in spans for cut in span]
    at = inside = 0
    for name, text in tokens:
        end = at + len(text)
        while at < end:
            while inside < len(cuts) and cuts[inside] <= at:
                inside += 1
            stop = min(end, cuts[inside]) if inside < len(cuts) else end
            part = text[len(text) - (end - at) : len(text) - (end - stop)]
            marked.append((f"{name} {MATCH}".strip() if inside % 2 else name, part))
            at = stop
    return marked


def _tokens(lexer: Lexer, text: str) -> Iterator[Token]:
    classes: dict[object, str] = {}
    for token, value in lexer.get_tokens(text):
        if token not in classes:
            name = ".".join(token)
            prefixes = [prefix for prefix in _CLASSES if f"{name}.".startswith(f"{prefix}.")]
            classes[token] = _CLASSES[max(prefixes, key=len)] if prefixes else ""
        yield classes[token], value


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
