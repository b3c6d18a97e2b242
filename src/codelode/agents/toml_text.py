"""Edit tables of a TOML file in place, checked with the parser of the standard library."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from typing import Any

from codelode.errors import UsageError

_TABLE = re.compile(r"^[ \t]*\[(?!\[)(?P<name>[^\]\n]+)\][ \t]*(?:#[^\n]*)?$", re.MULTILINE)
_HEADER = re.compile(r"^[ \t]*\[", re.MULTILINE)


def get(text: str, path: Sequence[str]) -> Any:
    """Return the value at a path of keys, or None. Raises `UsageError` for invalid TOML."""
    value: Any = _parse(text)
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def put(text: str, path: Sequence[str], table: Mapping[str, Any]) -> str:
    """Return the text with `table` at a path of keys, in place of an existing table or at the end.

    The values of `table` are strings and lists of strings. Raises `UsageError` for invalid TOML, or
    if the path cannot hold a table.
    """
    newline = "\r\n" if "\r\n" in text else "\n"
    rows = [f"[{'.'.join(path)}]", *(f"{key} = {_literal(each)}" for key, each in table.items())]
    block = "".join(f"{row}{newline}" for row in rows)
    if get(text, path) is not None:
        start, end = _table_span(text, path)
        tail = text[end:]
        new = f"{text[:start]}{block}{newline if tail.strip() else ''}{tail}"
    else:
        ended = text if not text or text.endswith("\n") else text + newline
        new = f"{ended}{newline if ended.strip() else ''}{block}"
    return _checked(text, new, path, dict(table))


def remove(text: str, path: Sequence[str]) -> str:
    """Return the text without the table at a path. Raises what `put` raises."""
    if get(text, path) is None:
        return text
    start, end = _table_span(text, path)
    return _checked(text, text[:start] + text[end:], path, None)


def _checked(old: str, new: str, path: Sequence[str], table: Any) -> str:
    """Return `new`; raise `UsageError` unless it reads as `old` with `table` at the path."""
    try:
        after = tomllib.loads(new.removeprefix("\ufeff"))
    except tomllib.TOMLDecodeError:
        after = {}
    if _without(_parse(old), path) == _without(after, path) and get(new, path) == table:
        return new
    raise UsageError(f"{'.'.join(path)} is written in a way that cannot be edited safely")


def _without(values: dict[str, Any], path: Sequence[str]) -> dict[str, Any]:
    """Return `values` without the value at a path, and without tables that become empty."""
    name, *others = path
    inner = values.get(name)
    rest = {key: value for key, value in values.items() if key != name}
    if others and isinstance(inner, dict):
        kept = _without(inner, others)
        return {**rest, name: kept} if kept else rest
    return rest


def _table_span(text: str, path: Sequence[str]) -> tuple[int, int]:
    """Return the start and end of a table in `text`, with the subtables directly after it."""
    start = end = -1
    for match in _HEADER.finditer(text):
        name = _names(text, match.start())
        if name[: len(path)] == list(path):
            start = match.start() if start < 0 else start
            end = len(text)
        elif start >= 0 and end == len(text):
            return start, match.start()
    if start < 0:
        raise UsageError(f"{'.'.join(path)} is written in a way that cannot be edited safely")
    return start, end


def _names(text: str, at: int) -> list[str]:
    """Return the keys of the table header at an offset; an empty list if there is no header."""
    match = _TABLE.match(text, at)
    if match is None:
        return []
    try:
        value: Any = tomllib.loads(f"{match['name']} = 0")
    except tomllib.TOMLDecodeError:
        return []
    names = []
    while isinstance(value, dict):
        ((name, value),) = value.items()
        names.append(name)
    return names


def _literal(value: str | bool | Sequence[str]) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_literal, value))}]"
    return json.dumps(value)  # a basic string of TOML has JSON's escapes


def _parse(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text.removeprefix("\ufeff"))
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"not valid TOML: {error}") from None
