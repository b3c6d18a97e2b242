"""The output of `lode config`: a table of settings, and the files that were looked for."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from codelode.cli import streams
from codelode.render.sanitize import visible_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from codelode.cli.settings_list import Listed
    from codelode.settings.effective import SettingsFile


def print_settings(found: Sequence[Listed], files: Iterable[SettingsFile]) -> None:
    """Print one line per setting, and one per file."""
    guard = visible_name if streams.is_terminal(sys.stdout) else str
    names = max((len(each.key.name) for each in found), default=0)
    values = min(max((len(each.text) for each in found), default=0), 24)
    for each in found:
        place = each.place or each.source
        print(guard(f"{each.key.name:{names}}  {each.text:{values}}  {place}"))
    if found:
        print()
    for file in files:
        print(guard(f"{file.source + ' file:':14}{file.path}{'' if file.exists else ' (none)'}"))
