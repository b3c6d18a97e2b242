"""Suggests the word that a misspelled one may stand for."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_LEAST_BEGINNING = 2
"""The letters from which on the beginning of a word stands for it."""


def nearest(given: str, known: Iterable[str], likeness: float = 0.6) -> str:
    """Return the known word that begins with `given`, else the one most like it, else "".

    A word counts only if its likeness to `given`, from 0 to 1, is at least `likeness`.
    """
    import difflib  # only errors need it

    words = {word.casefold(): word for word in known}
    asked = given.casefold()
    if len(asked) >= _LEAST_BEGINNING:
        for folded, word in words.items():
            if folded.startswith(asked):
                return word
    near = difflib.get_close_matches(asked[:80], words, 1, likeness)
    return words[near[0]] if near else ""


def not_one_of(given: str, known: Iterable[str]) -> str:
    """Return the message that a word is not known, with the known words and the nearest one."""
    known = [*known]
    near = nearest(given, known)
    advice = f": did you mean {near!r}?" if near else ""
    return f"{given!r} is not one of {', '.join(known)}{advice}"
