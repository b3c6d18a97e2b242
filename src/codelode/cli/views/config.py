"""The output of `lode config`: a table of settings, and the files that were looked for."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from codelode.cli import streams
from codelode.render.sanitize import visible_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from codelode.cli.settings_list import Listed
    from codelode.settings.effective import Setting, SettingsFile


def print_settings(found: Sequence[Listed], files: Iterable[SettingsFile]) -> None:
    """Print one line per setting, and one per file."""
    names = max((len(each.key.name) for each in found), default=0)
    sources = max((len(_source(each)) for each in found), default=0)
    for each in found:
        _print(f"{each.key.name:{names}}  {_source(each):{sources}}  {each.text}")
    if found:
        print()
    for file in files:
        _print(f"{file.source + ' file:':14}{file.path}{'' if file.exists else ' (none)'}")


def print_setting(each: Listed, given: Sequence[Setting]) -> None:
    """Print a setting: its value, source and meaning, the possible values, and all ways to set it.

    `given` has the values of all sources, by ascending precedence; overridden values are printed
    too.
    """
    key = each.key
    ways = ["codelode.toml"] if key.project else []
    ways += ["your config.toml", key.variable, *([key.flag] if key.flag else [])]
    _print(f"{key.name} = {each.text}")
    _print(f"from:     {each.place or each.source}")
    for other in reversed(given):
        if other.place != each.place:
            _print(f"          overrides {key.kind.to_text(other.value)} from {other.place}")
    _print(f"meaning:  {key.help}")
    _print(f"values:   {key.kind.wanted}")
    _print(f"set by:   {', '.join(ways)}")


def print_change(name: str, text: str | None, path: Path) -> None:
    """Print that a setting was written into a file, or removed if `text` is None."""
    _print(f"removed {name} from {path}" if text is None else f"{name} = {text}, in {path}")


def _source(each: Listed) -> str:
    """Return a setting's source in a word or two: `print_settings` lists the paths of files."""
    return f"{each.source} file" if each.source in ("project", "user") else each.place or "default"


def _print(line: str) -> None:
    print(visible_name(line) if streams.is_terminal(sys.stdout) else line)
