"""Flags that clash: the table of flags of which a command takes only one.

Unlike ripgrep, where the last of them wins, `lode` refuses two that differ: whichever it obeyed,
half of those who typed both would get an answer that they did not ask for. The values of one choice
(`--semantic --lexical`, `--pager --no-pager`) do not clash: the last wins, so that an alias can be
overridden. A setting never clashes with a flag: the flag wins.
"""

from __future__ import annotations

EXCLUSIVE = (
    ("--json", "--jsonl", "--files-with-matches", "--vimgrep", "--agent"),
    ("--no-snippet", "--full-section"),
)
"""Sets of flags; a command takes at most one of each set."""


def set_of(flags: tuple[str, ...]) -> int | None:
    """Return the number in `EXCLUSIVE` of the set that has any spelling in `flags`, or None."""
    for number, each in enumerate(EXCLUSIVE):
        if not set(flags).isdisjoint(each):
            return number
    return None
