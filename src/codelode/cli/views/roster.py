"""The output of `lode roster list`: a table of repositories."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from codelode.cli import streams
from codelode.render.units import age, count, size

if TYPE_CHECKING:
    from codelode.roster.roster import Selection

_LANGUAGES = 3


def print_repositories(selection: Selection) -> None:
    """Print a table of repositories, and their totals. Names and labels are plain ASCII."""
    if not len(selection):
        streams.say(f"no repositories in {selection.roster.place}")
        return
    now = time.time()
    print(f"{'size':>9}  {'files':>9}  {'updated':<14}  name")
    for each in selection:
        most = sorted(each.languages, key=lambda name: (-each.languages[name], name))
        notes = [", ".join(most[:_LANGUAGES]) or "no code"]
        notes += [f"label {each.label}"] if each.label else []
        notes += [] if each.complete else ["incomplete"]
        updated = f"{age(max(now - each.updated, 0)):<14}"
        numbers = f"{size(each.index_bytes):>9}  {each.files:>9,}"
        print(f"{numbers}  {updated}  {each.name}  ({'; '.join(notes)})")
    if len(selection) > 1:
        total = f"{size(selection.index_bytes):>9}  {selection.files:>9,}"
        print(f"{total}  in {count(len(selection), 'repository')}")
    sys.stdout.flush()
