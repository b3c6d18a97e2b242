"""Advice for a line that is not valid TOML because its text lacks quotes."""

from __future__ import annotations

import re
import tomllib

_BARE = re.compile(r"""\s*([\w.-]+)\s*=\s*([^\s"'\[{#][^"'#]*?)\s*(?:#.*)?""")
"""A line with a value that is neither quoted nor a list nor a table."""

_MOST = 200
"""The longest line, in characters, that is corrected."""


def corrected_line(data: bytes, error: str) -> str:
    """Return advice on how to correct the line that an error of tomllib names; "" for none."""
    at = re.search(r"\(at line (\d+),", error)
    lines = data.decode("utf-8", "replace").replace("\r\n", "\n").split("\n")
    line = lines[int(at[1]) - 1] if at and int(at[1]) <= len(lines) else ""
    match = _BARE.fullmatch(line) if len(line) <= _MOST else None
    if match is None or _is_toml(line):
        return ""
    key, value = match.groups()
    word = value.lower()
    if word in ("true", "false"):
        return f"write it in lower case: {key} = {word}"
    corrected = f'{key} = "{value}"'
    return f"put text in quotes: {corrected}" if _is_toml(corrected) else ""


def _is_toml(text: str) -> bool:
    try:
        tomllib.loads(text)
    except ValueError:
        return False
    return True
