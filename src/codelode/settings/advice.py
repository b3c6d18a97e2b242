"""Advice for a wrong setting: the nearest name, or the lines to write in a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codelode.settings import files
from codelode.settings.keys import BY_NAME, Key

if TYPE_CHECKING:
    from pathlib import Path


def unknown_setting(name: str) -> str:
    """Return the message that a setting is unknown, with the nearest name."""
    import difflib

    last = name[:80].rpartition(".")[2]
    if last in ("exclude", "ignore"):
        return f"unknown setting {name[:80]!r}: what to leave out is listed in .lodeignore"
    ends = {known.rpartition(".")[2]: known for known in BY_NAME}
    same = [known for end, known in ends.items() if len(last) > 1 and end.startswith(last)]
    near = same or difflib.get_close_matches(name[:80], BY_NAME, 1)
    near = near or [ends[end] for end in difflib.get_close_matches(last, ends, 1)]
    advice = f"did you mean {near[0]!r}?" if near else "`lode config` lists all settings"
    return f"unknown setting {name[:80]!r}: {advice}"


def unknown_table(name: str, path: Path) -> str:
    """Return the message that a table of a file is unknown; "" if no known table is near."""
    import difflib

    tables = {known.partition(".")[0] for known in BY_NAME if "." in known}
    near = difflib.get_close_matches(name[:80], tables, 1)
    above = "tool.codelode." if path.name == files.PYPROJECT else ""
    return f"unknown table [{above}{name}]: did you mean [{above}{near[0]}]?" if near else ""


def to_write(key: Key, text: str) -> str:
    """Return advice to set `key` to `text` by lines in a file; "" if `text` is no valid value."""
    import json

    raw = key.kind.from_text(text)
    try:
        key.kind.check(raw)
    except ValueError:
        return ""
    value = json.dumps(raw, ensure_ascii=False)
    table, _, word = key.name.rpartition(".")
    line = f"`{word} = {value}`"
    lines = f"the lines `[{table}]` and {line}" if table else f"the line {line}, above all tables,"
    return f"settings are written in a file: put {lines} into {files.user_file()}"
