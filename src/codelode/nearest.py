"""Suggests what a misspelled word or path may stand for: one rule for every "did you mean"."""

from __future__ import annotations

import os
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

LIKENESS = 0.6
"""How alike two words must be for one to be suggested for the other, from 0 to 1."""

_LEAST_BEGINNING = 2
"""The letters from which on the beginning of a word stands for it."""

_LONGEST = 80
"""The letters of a misspelled word that are compared: the time grows with them."""

_MOST = 3
"""The most words that are suggested."""

_MOST_NAMES = 2000
"""The names of a folder among which a missing one is looked for: the time grows with them."""
_PATH_LIKENESS = 0.75
"""The least likeness of a missing name and the one that is suggested."""
_LEAST_WORD = 4
"""A shorter name without a dot or slash is taken for a word of the query, not for a path."""


def nearest(given: str, known: Iterable[str], likeness: float = LIKENESS) -> str:
    """Return the known word that is most likely meant, or "": see `all_near`."""
    near = all_near(given, known, likeness)
    return near[0] if near else ""


def all_near(given: str, known: Iterable[str], likeness: float = LIKENESS) -> list[str]:
    """Return the known words that `given` may stand for, the most likely first; perhaps none.

    Case does not count. The same word in another case is returned alone, and so is the first known
    word that begins with `given`, unless `given` is a single letter. Otherwise, up to three words
    are returned whose likeness to `given` (the ratio of `difflib`, from 0 to 1) is at least
    `likeness`.
    """
    words = {word.casefold(): word for word in known}
    asked = given.casefold()
    if asked in words:
        return [words[asked]]
    if len(asked) >= _LEAST_BEGINNING:
        for folded, word in words.items():
            if folded.startswith(asked):
                return [word]
    import difflib  # only errors need it

    near = difflib.get_close_matches(asked[:_LONGEST], words, _MOST, likeness)
    return [words[each] for each in near]


def not_one_of(given: str, known: Iterable[str]) -> str:
    """Return the message that a word is not known, with the known words and the nearest one."""
    known = [*known]
    near = nearest(given, known)
    advice = f": did you mean {near!r}?" if near else ""
    return f"{given!r} is not one of {', '.join(known)}{advice}"


def no_such_path(given: str) -> str:
    """Return the message that a path is missing, with a similar path if there is one."""
    near = near_path(given)
    return f"no such file or folder: {given}{f'; did you mean {near}?' if near else ''}"


def near_path(given: str) -> str:
    """Return the path that a missing path may stand for, in its folder; "" if no name is near.

    A name without a dot or slash may be a word of the query. So it must have at least
    `_LEAST_WORD` letters, and at most one letter more or less than the name that is found.
    """
    folder, name = os.path.split(given.rstrip("/"))
    try:
        with os.scandir(folder or ".") as entries:
            names = [entry.name for entry in islice(entries, _MOST_NAMES)]
    except (OSError, ValueError):
        return ""
    near = nearest(name, names, _PATH_LIKENESS)
    is_path = folder or "." in name
    close = bool(near) and abs(len(near) - len(name)) <= 1 and len(name) >= _LEAST_WORD
    return os.path.join(folder, near) if near and (is_path or close) else ""  # noqa: PTH118
