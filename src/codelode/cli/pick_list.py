"""`lode pick` without a full screen: a numbered list, and a question."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

from codelode.cli import streams
from codelode.cli.live_search import Found, Picked
from codelode.render.paths import from_here, joined
from codelode.render.sanitize import visible_name

if TYPE_CHECKING:
    import argparse

    from codelode.cli.live_search import LiveSearch

_REPLY = re.compile(r"(p?)\s*(\d{1,9})")


def pick(live: LiveSearch, options: argparse.Namespace) -> Picked | None:
    """Ask for a query if none was given, list the hits, and ask for a hit's number.

    Prompts and the list go to standard error, so that standard output has only the picked hit.
    Returns None if nothing is found or picked.
    """
    query = options.query or _ask("query: ")
    if not query and not options.regex and not options.fixed_strings:
        return None
    found = live.find(query)
    if not found.hits:
        streams.say(found.problem)
        return None
    digits = len(str(len(found.hits)))
    for number, line in enumerate(described(found, live), 1):
        streams.write_error(f"{number:>{digits}}  {line}\n")
    while reply := _ask("number to open (p and a number to print it, nothing to leave): "):
        match = _REPLY.fullmatch(reply)
        if match and 1 <= int(match[2]) <= len(found.hits):
            return Picked(found.hits[int(match[2]) - 1], found.root, opens=not match[1])
        streams.say(f"{reply!r} is not a number from 1 to {len(found.hits)}")
    return None


def described(found: Found, live: LiveSearch) -> list[str]:
    """Return the place, name and kind of each hit, without control characters."""
    lines = []
    for hit in found.hits:
        place = f"{from_here(joined(found.root, hit.path), live.several.given)}:{hit.line}"
        name = f"  {hit.symbol} ({hit.kind})" if hit.symbol else ""
        lines.append(visible_name(place + name))
    return lines


def _ask(prompt: str) -> str:
    """Return a line of standard input, stripped; empty at the end of input."""
    streams.write_error(prompt)
    line = sys.stdin.readline()
    if not line.endswith("\n"):
        streams.write_error("\n")
    return line.strip()
