"""Set or remove one value in a TOML text; all else, comments and layout too, stays as it is.

The line of the value is found by rules that do not know all of TOML. So the parser has the last
word: an edit that changes anything else is refused.
"""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Names = tuple[str, ...]

_HEADER = re.compile(r"[ \t]*\[(?P<name>[^\[\]]+)\][ \t]*(?:#.*)?")
_ANY_HEADER = re.compile(r"[ \t]*\[")
_ELSEWHERE: Names = ("", "")
"""Stands for the name of a table that holds no settings."""

_MOST_MARKS = 100
"""The most `#` in a line that are tried as the beginning of its comment."""


def edited(text: str, path: Names, literal: str | None) -> str | None:
    """Return a text with `literal` as the value at a path of names; None removes the value.

    A new line is added after the last one of its table, and a new table at the end. Returns None if
    the text is written in a way that cannot be edited safely. `text` is valid TOML.
    """
    new = _with_line(text, path, literal)
    if new is None:
        return None
    wanted = None if literal is None else tomllib.loads(f"value = {literal}")["value"]
    try:
        after = tomllib.loads(new)
    except tomllib.TOMLDecodeError:
        return None
    before = tomllib.loads(text)
    same = _flat(_without(before, path)) == _flat(_without(after, path))
    return new if same and _at(after, path) == wanted else None


def _with_line(text: str, path: Names, literal: str | None) -> str | None:
    """Return the text with the line of `path` replaced, added or removed; None if impossible."""
    *table, word = path
    end = "\r" if "\r\n" in text else ""
    lines = text.split("\n")
    place, last = _find(lines, path)
    if place is not None:
        bare = lines[place].removesuffix("\r")
        key, _, rest = bare.partition("=")
        value = rest.lstrip()
        comment = _comment(value)
        if comment is None:
            return None
        blanks = rest.removesuffix(value)
        new = f"{key}={blanks}{literal}{comment}{lines[place].removeprefix(bare)}"
        lines[place : place + 1] = [] if literal is None else [new]
        return "\n".join(lines)
    if literal is None:
        return text
    pair = f"{word} = {literal}{end}"
    if last == len(lines):  # the text does not end with a newline
        lines[-1] += end
        return "\n".join([*lines, pair.removesuffix("\r")])
    if last is not None:
        lines.insert(last, pair)
        if last == 0 and lines[1].strip():
            lines.insert(1, end)
        return "\n".join(lines)
    while lines and not lines[-1].strip():
        lines.pop()
    if lines and not lines[-1].endswith(end):
        lines[-1] += end
    above = [*lines, end] if lines else []
    return "\n".join([*above, f"[{'.'.join(table)}]{end}", pair, ""])


def _find(lines: Iterable[str], path: Names) -> tuple[int | None, int | None]:
    """Return the index of the value's line, and the index at which a new line would go.

    The first is None if the value has no line, the second if its table is not in the text.
    """
    header: Names = ()
    place, last = None, 0 if len(path) == 1 else None
    for number, line in enumerate(lines):
        bare = line.removesuffix("\r")
        if _ANY_HEADER.match(bare):
            match = _HEADER.fullmatch(bare)
            header = (match and _names(match["name"])) or _ELSEWHERE
            if header == path[:-1]:
                last = number + 1
        elif "=" in bare and (names := _names(bare.partition("=")[0])):
            if (*header, *names) == path:
                place = number
            if header == path[:-1]:
                last = number + 1
    return place, last


def _names(key: str) -> Names:
    """Return the names in a key, which may be dotted; an empty tuple if the text is not a key."""
    try:
        value: object = tomllib.loads(f"{key} = 0")
    except (tomllib.TOMLDecodeError, RecursionError):
        return ()
    names = []
    while isinstance(value, dict) and value:  # a comment gives an empty table
        ((name, value),) = value.items()
        names.append(name)
    return tuple(names)


def _comment(rest: str) -> str | None:
    """Return the comment of a line, with the blanks before it; `rest` begins with the value.

    Returns None if the value does not end in this line.
    """
    marks = [match.start() for match in re.finditer("#", rest)][:_MOST_MARKS]
    for end in (*marks, len(rest)):
        try:
            tomllib.loads(f"value = {rest[:end]}")
        except (tomllib.TOMLDecodeError, RecursionError):
            continue
        return rest[len(rest[:end].rstrip()) :]
    return None


def _at(values: Mapping[str, object], path: Names) -> object:
    value: object = values
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _without(values: Mapping[str, object], path: Names) -> dict[str, object]:
    """Return a copy of the values without the value at a path."""
    name, *others = path
    result = dict(values)
    inner = result.pop(name, None)
    if others and isinstance(inner, dict):
        result[name] = _without(inner, tuple(others))
    elif others and inner is not None:
        result[name] = inner
    return result


def _flat(values: Mapping[str, object], above: Names = ()) -> dict[Names, object]:
    """Return the values of nested tables by their paths; an empty table has no values."""
    result: dict[Names, object] = {}
    for name, value in values.items():
        inner = (*above, name)
        result |= _flat(value, inner) if isinstance(value, dict) else {inner: value}
    return result
