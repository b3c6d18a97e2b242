"""Advice for a wrong setting: the nearest name, or the lines to write in a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codelode.nearest import nearest
from codelode.settings import files
from codelode.settings.keys import BY_NAME, Key

if TYPE_CHECKING:
    from pathlib import Path

    Names = tuple[str, ...]

_LIKENESS = 0.7
"""The least likeness of two words of settings for one to be suggested for the other."""


def unknown_setting(name: str) -> str:
    """Return the message that a setting is unknown, with the nearest name.

    The two parts of a name, the table and the word in it, are compared separately: otherwise, the
    table alone would make all its settings look alike.
    """
    table, _, last = name[:80].rpartition(".")
    if last in ("exclude", "ignore"):
        return f"unknown setting {name[:80]!r}: what to leave out is listed in .lodeignore"
    ends = {known.rpartition(".")[2]: known for known in BY_NAME}
    meant = nearest(table, [known.rpartition(".")[0] for known in BY_NAME]) if table else ""
    mine = {end: known for end, known in ends.items() if known == f"{meant}.{end}"}
    same = nearest(last, ends, likeness=1.0)  # an end that equals `last` or begins with it
    near = mine.get(nearest(last, mine, _LIKENESS)) or ends.get(same)
    near = near or ends.get(nearest(last, ends, _LIKENESS))
    advice = f"did you mean {near!r}?" if near else "`lode config` lists all settings"
    return f"unknown setting {name[:80]!r}: {advice}"


def unknown_table(name: str, path: Path) -> str:
    """Return the message that a settings file has an unknown table; "" if no known name is near."""
    near = nearest(name, [known.partition(".")[0] for known in BY_NAME if "." in known])
    above = "tool.codelode." if path.name == files.PYPROJECT else ""
    return f"unknown table [{above}{name}]: did you mean [{above}{near}]?" if near else ""


def to_type(key: Key, text: str) -> str:
    """Return advice to set `key` by `lode config set`; "" if `text` is no valid value for it."""
    import shlex

    try:
        key.kind.check(key.kind.from_text(text))
    except ValueError:
        return ""
    return f"to set it: `lode config set {key.name} {shlex.quote(text)}`"


def lines_of(path: Names, literal: str) -> str:
    """Return, in words, the lines of a TOML file that set the value at `path` to `literal`."""
    *table, word = path
    line = f"`{word} = {literal}`"
    return f"the lines `[{'.'.join(table)}]` and {line}" if table else f"{line}, above all tables"


def not_in_a_project(key: Key) -> str:
    """Return the message that a project file may not have a setting."""
    flag = f" or {key.flag}" if key.flag else ""
    return (
        f"a project file may not set {key.name!r}: set it in {files.user_file()}, or by"
        f" {key.variable}{flag}"
    )
